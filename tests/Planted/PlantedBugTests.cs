namespace HeliosSync.Planted;

/// <summary>The short form: each planted bug is caught by its cheapest probe, and that probe passes without the bug.</summary>
public sealed class PlantedBugTests(Bench bench) : IClassFixture<Bench>
{
    public static TheoryData<string> Names() => [.. PlantedBugs.All.Select(b => b.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task It_is_caught(string bug)
    {
        var planted = PlantedBugs.All.Single(b => b.Name == bug);
        var finding = await bench.TryAsync(planted, planted.Probe);
        Assert.True(finding.Ending == Ending.Caught, $"{finding}");
    }

    /// <summary>Else a test that fails anyhow, or a mere exchange of assemblies, would pass for a catch.</summary>
    [Fact]
    public async Task Nothing_is_caught_where_nothing_is_planted()
    {
        foreach (var probe in PlantedBugs.All.Select(b => b.Probe).GroupBy(p => p.Layer).SelectMany(Together))
        {
            var finding = await bench.ControlAsync(probe);
            Assert.True(finding.Ending == Ending.Passes, $"{finding}");
        }
    }

    /// <summary>All tests of a layer in one run; seeds as they are.</summary>
    private static IEnumerable<Probe> Together(IGrouping<Layer, Probe> probes) => probes.Key == Layer.Simulation
        ? probes.Distinct()
        : [new Probe(probes.Key, string.Join('|', probes.Select(p => p.Selection).Distinct()))];
}
