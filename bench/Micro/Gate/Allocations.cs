using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace HeliosSync.Micro;

/// <summary>
/// The command <c>allocations</c>: measures all operations and holds them against the committed file, or writes the file anew. It does so
/// in a process of its own that compiles everything at once and fully: what code allocates depends on how far it is optimized, and that
/// must not depend on how often it ran so far.
/// </summary>
internal static class Allocations
{
    /// <summary>Exit code of wrong usage; 0 is a good end, 1 figures that are not those of the file.</summary>
    private const int Misused = 2;

    private const string File = "allocations.json";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Whether this is the build whose figures the file has.</summary>
    public static bool IsRelease =>
#if DEBUG
        false;
#else
        true;
#endif

    /// <summary>The committed file, by operation, as it stands beside the program.</summary>
    public static IReadOnlyDictionary<string, long> Committed() =>
        Read(System.IO.File.ReadAllText(Path.Combine(AppContext.BaseDirectory, File)));

    /// <summary>Measures in a process of its own.</summary>
    public static IReadOnlyDictionary<string, long> Measure()
    {
        var start = new ProcessStartInfo("dotnet", [typeof(Allocations).Assembly.Location, "allocations", "--here"])
        {
            RedirectStandardOutput = true,
        };
        start.Environment["DOTNET_TieredCompilation"] = "0";
        start.Environment["DOTNET_ReadyToRun"] = "0";
        using var process = Process.Start(start)!;
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? Read(text)
            : throw new InvalidOperationException($"Measuring ended with exit code {process.ExitCode}.");
    }

    /// <summary>Runs the command.</summary>
    public static int Run(IReadOnlyList<string> args, TextWriter output)
    {
        switch (args)
        {
            case ["--here"]:
                output.Write(Write(OperationList.All().Select(static o => KeyValuePair.Create(o.Name, AllocationMeter.Measure(o)))));
                return 0;
            case ["--write"] when IsRelease:
                var path = Path.Combine(Environment.CurrentDirectory, "bench", "Micro", File);
                System.IO.File.WriteAllText(path, Write(Measure()) + "\n");
                return 0;
            case [] when IsRelease:
                var wrong = AllocationGate.Judge(Committed(), Measure(), exact: true);
                output.WriteLine(wrong.Count == 0 ? "Every operation allocates what the file says." : string.Join('\n', wrong));
                return wrong.Count == 0 ? 0 : 1;
            default:
                output.WriteLine("dotnet run -c Release --project bench/Micro -- allocations [--write]   (from the repository's root)");
                return Misused;
        }
    }

    private static string Write(IEnumerable<KeyValuePair<string, long>> figures) =>
        new JsonObject(figures.Select(static f => KeyValuePair.Create(f.Key, (JsonNode?)f.Value))).ToJsonString(Indented);

    private static Dictionary<string, long> Read(string text) => JsonSerializer.Deserialize<Dictionary<string, long>>(text)!;
}
