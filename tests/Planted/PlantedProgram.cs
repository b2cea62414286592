using System.Globalization;

namespace HeliosSync.Planted;

/// <summary>The long form: every bug through every layer, whole, and the table of what caught it.</summary>
internal static class PlantedProgram
{
    private const int AllCaught = 0;
    private const int SomeNot = 1;
    private const int Misused = 2;

    private const string Usage = """
        dotnet run -c Release --project tests/Planted -- [layer or word ...]

        Plants each bug, runs each layer whole, and prints what caught it. A layer (law, actor, protocol, simulation) limits it to that
        layer, any other word to the bugs with that word in their names.
        Exit code: 0 every bug is caught and the control passes, 1 not so, 2 no such bug.
        """;

    private static readonly TimeSpan PatienceForALayer = TimeSpan.FromMinutes(20);

    private static readonly Dictionary<string, Layer> LayerNames = new()
    {
        ["law"] = Layer.Law,
        ["actor"] = Layer.ActorTest,
        ["protocol"] = Layer.ProtocolTest,
        ["simulation"] = Layer.Simulation,
    };

    /// <summary>Runs what the arguments ask for; gives the exit code.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> args)
    {
        Layer[] layers = [.. args.Where(LayerNames.ContainsKey).Select(a => LayerNames[a])];
        layers = layers.Length == 0 ? Enum.GetValues<Layer>() : layers;
        string[] words = [.. args.Where(a => !LayerNames.ContainsKey(a))];
        PlantedBug[] bugs =
        [
            .. PlantedBugs.All.Where(b => words.Length == 0 || words.Any(w => b.Name.Contains(w, StringComparison.OrdinalIgnoreCase))),
        ];
        if (bugs.Length == 0)
        {
            Console.WriteLine(Usage);
            return Misused;
        }

        using var bench = new Bench(PatienceForALayer);
        var controls = await ThroughAsync("control", layers, bench.ControlAsync);
        var rows = new List<(PlantedBug Bug, IReadOnlyDictionary<Layer, Finding> Findings)>();
        foreach (var bug in bugs)
        {
            rows.Add((bug, await ThroughAsync(bug.Name, layers, probe => bench.TryAsync(bug, probe))));
        }

        var sound = controls.Values.All(c => c.Ending == Ending.Passes);
        var caught = rows.Count(r => r.Findings.Values.Any(f => f.Ending == Ending.Caught));
        Console.WriteLine(Table.Of(rows, controls));
        Console.WriteLine($"{caught} of {rows.Count} caught; the control {(sound ? "passes" : "FAILS")}.");
        return sound && caught == rows.Count ? AllCaught : SomeNot;
    }

    private static async Task<IReadOnlyDictionary<Layer, Finding>> ThroughAsync(
        string what, IEnumerable<Layer> layers, Func<Probe, Task<Finding>> run)
    {
        var findings = new Dictionary<Layer, Finding>();
        foreach (var layer in layers)
        {
            findings.Add(layer, await run(Probe.Whole(layer)));
            await Console.Error.WriteLineAsync(
                $"{DateTime.Now.ToString("HH:mm:ss", CultureInfo.InvariantCulture)} {what}, {layer}: {findings[layer]}");
        }

        return findings;
    }
}
