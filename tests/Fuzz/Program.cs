using HeliosSync.Load.Engine;

namespace HeliosSync.Fuzz;

/// <summary>A fuzzer's long form: takes the arguments behind its name, writes a progress line and a verdict, gives the exit code.</summary>
internal delegate Task<int> FuzzCommand(IReadOnlyList<string> args, TextWriter output, CancellationToken ct);

/// <summary>The program's entry: one command for each fuzzer.</summary>
internal static class Program
{
    /// <summary>Exit code of wrong usage; 0 is a run without a finding, 1 one with.</summary>
    public const int Misused = 2;

    private static readonly SortedDictionary<string, FuzzCommand> Commands = new(StringComparer.Ordinal)
    {
        ["codec"] = Codec.CodecFuzzer.RunAsync,
        ["http"] = Http.HttpFuzz.RunAsync,
    };

    public static async Task<int> Main(string[] args)
    {
        if (args.Length > 0 && Commands.TryGetValue(args[0], out var command))
        {
            return await StopSignals.RunAsync(ct => command(args[1..], Console.Out, ct));
        }

        await Console.Error.WriteLineAsync(
            $"dotnet run -c Release --project tests/Fuzz -- {string.Join(" | ", Commands.Keys)} [--minutes N] [--seed N]");
        return Misused;
    }
}
