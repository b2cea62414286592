namespace HeliosSync.Micro;

/// <summary>The gate: what an operation allocates is what the committed file says.</summary>
public sealed class AllocationTests
{
    private static readonly Dictionary<string, long> File = new() { ["A.Ours"] = 0, ["B.Ours"] = 10_000 };

    /// <summary>In a Debug build only less is wrong, so that a file with figures too high is seen there too.</summary>
    [Fact]
    public void Every_operation_allocates_what_the_file_says_and_gives_what_it_should()
    {
        var wrong = AllocationGate.Judge(Allocations.Committed(), Allocations.Measure(), exact: Allocations.IsRelease);
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Theory]
    [InlineData(0, 10_000, true)]
    [InlineData(16, 10_200, true)]
    [InlineData(0, 9_800, true)]
    [InlineData(24, 10_000, false)]
    [InlineData(0, 10_201, false)]
    [InlineData(0, 9_799, false)]
    public void A_figure_may_differ_by_little(long a, long b, bool isGood) =>
        Assert.Equal(isGood, AllocationGate.Judge(File, Figures(a, b), exact: true).Count == 0);

    [Theory]
    [InlineData(5_000, 50_000, true)]
    [InlineData(0, 9_799, false)]
    public void Code_that_is_not_optimized_may_only_allocate_more(long a, long b, bool isGood) =>
        Assert.Equal(isGood, AllocationGate.Judge(File, Figures(a, b), exact: false).Count == 0);

    [Fact]
    public void A_complaint_names_the_operation_and_both_figures() =>
        Assert.Equal(
            ["B.Ours allocates 12345 bytes an operation, more than the 10000 of the file."],
            AllocationGate.Judge(File, Figures(0, 12_345), exact: true));

    [Fact]
    public void The_file_names_all_operations_and_no_others()
    {
        var wrong = AllocationGate.Judge(File, new Dictionary<string, long> { ["A.Ours"] = 0, ["C.Ours"] = 0 }, exact: true);
        Assert.Equal(2, wrong.Count);
        Assert.Contains(wrong, w => w.StartsWith("C.Ours is not in the file", StringComparison.Ordinal));
        Assert.Contains(wrong, w => w.StartsWith("B.Ours is in the file", StringComparison.Ordinal));
    }

    private static Dictionary<string, long> Figures(long a, long b) => new() { ["A.Ours"] = a, ["B.Ours"] = b };
}
