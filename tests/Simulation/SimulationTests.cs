using System.Globalization;
using Xunit.Abstractions;

namespace HeliosSync.Simulation;

/// <summary>The short form: the seeds of CI.</summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private const string SeedVariable = "HELIOSSYNC_SIMULATION_SEED";

    [Fact]
    public void Five_hundred_seeds_keep_every_promise_twice_the_same_way_and_see_everything()
    {
        var campaign = new Campaign(
            1, SimulationProgram.SeedsForAllSights, Environment.ProcessorCount, true, static (seed, shop) => Run.Of(seed, shop));
        campaign.Run(null, TimeSpan.FromHours(1), static _ => { });
        Print(Summary.Of(campaign.Tally));
        if (campaign.Failure is { } failure)
        {
            Print(Summary.Of(failure));
            Assert.Fail(string.Join('\n', Summary.Of(failure).TakeLast(3)));
        }

        Assert.Equal(SimulationProgram.SeedsForAllSights, campaign.Tally.Runs);
        Assert.Empty(campaign.Tally.Unseen());
    }

    /// <summary>The seed that an environment variable names, with its trace; the first one where it names none.</summary>
    [Fact]
    public async Task The_named_seed_keeps_every_promise()
    {
        var named = Environment.GetEnvironmentVariable(SeedVariable);
        var seed = named is null ? 1 : ulong.Parse(named, CultureInfo.InvariantCulture);

        // Away from the test runner's synchronization context: it would carry the run on on other threads.
        var result = await Task.Run(() =>
        {
            using var workshop = new Workshop();
            return Run.Of(seed, workshop, output.WriteLine);
        });
        Assert.Null(result.Violation);
    }

    private void Print(IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            output.WriteLine(line);
        }
    }
}
