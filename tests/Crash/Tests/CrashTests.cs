using HeliosSync.Crash.Driver;
using HeliosSync.Crash.Faults;
using Xunit.Abstractions;

// Each run takes all that a small machine has.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace HeliosSync.Crash.Tests;

/// <summary>The short form: real servers, real faults, a few of each kind. The long form is the program.</summary>
public sealed class CrashTests(ITestOutputHelper output) : IDisposable
{
    private const int Seed = 7;

    private readonly string _histories = Directory.CreateTempSubdirectory("heliossync-crash-histories-").FullName;

    [Fact]
    public async Task Twenty_kills_under_load_lose_and_double_nothing()
    {
        // Two folders: one that is compacted beside policies and resolutions, one that keeps everything.
        var verdict = await PassesAsync(new Plan(FaultKind.Kill, 20, Seed) { HistoryDir = _histories, FaultsPerFolder = 10 });

        // Or the kills would all have come at harmless moments, and prove nothing.
        Assert.True(verdict.Figures.FoundStored > 0, "No kill came between a write and its answer.");
        Assert.True(verdict.Figures.FoundAbsent > 0, "No kill came before a write.");
        Assert.True(verdict.Figures.Repeats > 0, "No answered push was sent again.");
        Assert.True(verdict.Figures.Compacted > 0, "Nothing was compacted.");
        Assert.True(verdict.Figures.Settled > 0, "No conflict was settled.");
    }

    [Fact]
    public Task Kills_in_the_midst_of_a_start_do_no_harm() =>
        PassesAsync(new Plan(FaultKind.RecoveryKill, 5, Seed) { HistoryDir = _histories });

    [Fact]
    public Task A_stop_by_SIGTERM_under_load_leaves_nothing_open_and_ends_with_exit_code_0() =>
        PassesAsync(new Plan(FaultKind.Stop, 3, Seed) { HistoryDir = _histories });

    [DiskFact]
    public Task Ten_power_cuts_under_load_lose_and_double_nothing() =>
        PassesAsync(new Plan(FaultKind.PowerCut, 10, Seed) { HistoryDir = _histories, FaultsPerFolder = 5 });

    /// <summary>The same harness, over a server that does not flush: it has to lose, or the test above is blind.</summary>
    [DiskFact]
    public Task Power_cuts_without_flushes_are_seen_to_lose() =>
        PassesAsync(new Plan(FaultKind.PowerCut, 3, Seed) { HistoryDir = _histories, Control = true });

    [DiskFact]
    public Task A_full_disk_is_said_to_be_one_and_does_no_harm() =>
        PassesAsync(new Plan(FaultKind.DiskFull, 2, Seed) { HistoryDir = _histories });

    /// <summary>The other way of writing the journal, which can be chosen in its place.</summary>
    [Fact]
    public Task Kills_with_the_journal_of_Akka_Persistence_Sql_lose_and_double_nothing() =>
        PassesAsync(new Plan(FaultKind.Kill, 4, Seed) { Journal = "akka-persistence-sql", HistoryDir = _histories });

    /// <inheritdoc cref="Kills_with_the_journal_of_Akka_Persistence_Sql_lose_and_double_nothing"/>
    [DiskFact]
    public Task Power_cuts_with_the_journal_of_Akka_Persistence_Sql_lose_and_double_nothing() =>
        PassesAsync(new Plan(FaultKind.PowerCut, 3, Seed) { Journal = "akka-persistence-sql", HistoryDir = _histories });

    public void Dispose()
    {
        // What is still there is the evidence of a failure, and its place has been told.
        if (Directory.GetFileSystemEntries(_histories).Length == 0)
        {
            Directory.Delete(_histories);
        }
    }

    private async Task<Verdict> PassesAsync(Plan plan)
    {
        using var said = new StringWriter();
        var verdict = await new Campaign(plan, said, live: false).RunAsync(CancellationToken.None);
        output.WriteLine($"{verdict}");
        Assert.True(verdict.Passed, $"{verdict}{Environment.NewLine}{said}");
        return verdict;
    }
}
