using System.Reflection;
using System.Text.RegularExpressions;

namespace HeliosSync.Integration.Documentation;

/// <summary>The table of hostile inputs in docs/reliability.md: every row names tests, and each of them is there and runs.</summary>
public sealed partial class HostileInputTests
{
    private const int Rows = 25;

    private static readonly Page Page = new("docs/reliability.md");

    [Fact]
    public void Every_row_names_tests_that_exist()
    {
        var rows = TableOf("## Hostile input").ToList();
        Assert.Equal(Rows, rows.Count);
        Assert.All(rows, static row =>
        {
            var tests = Name().Matches(row.Split('|')[3]).Select(static m => (m.Groups[1].Value, m.Groups[2].Value)).ToList();
            Assert.NotEmpty(tests);
            Assert.All(tests, static test => Assert.True(Exists(test.Item1, test.Item2), $"There is no test {test.Item1}.{test.Item2}."));
        });
    }

    [Fact]
    public void A_test_that_is_no_test_is_not_found()
    {
        Assert.True(Exists(nameof(HostileInputTests), nameof(A_test_that_is_no_test_is_not_found)));
        Assert.False(Exists(nameof(HostileInputTests), "Another"));
        Assert.False(Exists(nameof(HostileInputTests), nameof(Exists)));
    }

    private static bool Exists(string type, string method) => Assembly.GetExecutingAssembly().GetTypes()
        .Where(t => t.Name == type)
        .Any(t => t.GetMethod(method)?.GetCustomAttributes<FactAttribute>().Any() == true);

    private static IEnumerable<string> TableOf(string heading) => Page.Lines
        .SkipWhile(l => l != heading)
        .Skip(1)
        .TakeWhile(static l => !l.StartsWith("## ", StringComparison.Ordinal))
        .SkipWhile(static l => l != "| input | answer | tests |")
        .Skip(2)
        .TakeWhile(static l => l.StartsWith('|'));

    [GeneratedRegex("`([A-Za-z]+)\\.([A-Za-z_0-9]+)`")]
    private static partial Regex Name();
}
