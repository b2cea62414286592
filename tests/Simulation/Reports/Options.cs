using System.Globalization;

namespace HeliosSync.Simulation;

/// <summary>What the program is asked to do.</summary>
internal sealed record Options
{
    public const string Usage = """
        usage: --seeds A..B | --seed N   which seeds to run (default 1..1000)
               --minutes M               go on with further seeds until so many minutes are over
               --threads T               threads (default: one a core)
               --once                    run each seed once instead of twice with the same trace
               --quick                   a first look: seeds 1..300, each once
               --trace                   print every line of the trace (with --seed)
        """;

    public ulong From { get; private set; } = 1;

    public ulong To { get; private set; } = 1_000;

    public double? Minutes { get; private set; }

    public int Threads { get; private set; } = Environment.ProcessorCount;

    public bool Once { get; private set; }

    public bool Trace { get; private set; }

    /// <summary>Null where the arguments cannot be understood.</summary>
    public static Options? Parse(IReadOnlyList<string> args)
    {
        var options = new Options();
        for (var i = 0; i < args.Count; i++)
        {
            if (!options.Take(args[i], i + 1 < args.Count ? args[i + 1] : "", ref i))
            {
                return null;
            }
        }

        return options.From <= options.To ? options : null;
    }

    private bool Take(string name, string value, ref int at)
    {
        switch (name)
        {
            case "--once":
                return Once = true;
            case "--trace":
                return Trace = true;
            case "--quick":
                (From, To) = (1, 300);
                return Once = true;
            case "--seed" when Number(value, out var seed):
                (From, To) = (seed, seed);
                break;
            case "--seeds" when value.Split("..") is [var from, var to] && Number(from, out var first) && Number(to, out var last):
                (From, To) = (first, last);
                break;
            case "--minutes" when double.TryParse(value, CultureInfo.InvariantCulture, out var minutes):
                (Minutes, To) = (minutes, ulong.MaxValue);
                break;
            case "--threads" when int.TryParse(value, CultureInfo.InvariantCulture, out var threads) && threads > 0:
                Threads = threads;
                break;
            default:
                return false;
        }

        at++;
        return true;
    }

    private static bool Number(string text, out ulong number) => ulong.TryParse(text, CultureInfo.InvariantCulture, out number);
}
