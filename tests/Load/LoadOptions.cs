using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace HeliosSync.Load;

/// <summary>What the command line asks for.</summary>
internal sealed record LoadOptions
{
    /// <summary>The scenario or command.</summary>
    public string Name { get; private init; } = "push-batches";

    /// <summary>Seconds of each round of a scenario. Null: what the scenario takes by itself, as with all that are named so.</summary>
    public int? SecondsGiven { get; private set; }

    /// <summary>Seconds of each round of a scenario.</summary>
    public int Seconds => SecondsGiven ?? 10;

    /// <summary>Rounds of a scenario: each gives one sample of every figure.</summary>
    public int Rounds { get; private set; } = 5;

    /// <summary>Seconds of work before anything counts.</summary>
    public int? WarmUpGiven { get; private set; }

    /// <summary>Seconds of work before anything counts.</summary>
    public int WarmUp => WarmUpGiven ?? 10;

    /// <summary>Clients that push at once; of each tenant, where there are several.</summary>
    public int? ClientsGiven { get; private set; }

    /// <summary>Clients that push at once.</summary>
    public int Clients => ClientsGiven ?? 8;

    /// <summary>Tenants, where a scenario has several.</summary>
    public int? TenantsGiven { get; private set; }

    /// <summary>Minutes of a long run.</summary>
    public double? Minutes { get; private set; }

    /// <summary>How long a long scenario is to run.</summary>
    public TimeSpan LongRun(double minutes) =>
        Minutes is null && SecondsGiven is { } seconds ? TimeSpan.FromSeconds(seconds) : TimeSpan.FromMinutes(Minutes ?? minutes);

    /// <summary>Rows of a tenant that is filled before it is measured.</summary>
    public int? RowsGiven { get; private set; }

    /// <summary>Rows of the large tenant.</summary>
    public int Rows => RowsGiven ?? 1_000_000;

    /// <summary>Changes of each push.</summary>
    public int? Batch { get; private set; }

    /// <summary>Live streams, of all tenants.</summary>
    public int Streams { get; private set; } = 1_000;

    /// <summary>Bytes of data of each row.</summary>
    public int DataBytes { get; private set; } = 200;

    /// <summary>How often each row is written before it is compacted.</summary>
    public int Rewrites { get; private set; } = 100;

    /// <summary>Restarts of the large tenant's server.</summary>
    public int Restarts { get; private set; } = 5;

    /// <summary>Pages that are timed at either end.</summary>
    public int Pages { get; private set; } = 60;

    /// <summary>A file for the report's Markdown; its HTML goes beside it. Null: standard output alone.</summary>
    public string? Report { get; private set; }

    /// <summary>The folder of the server's other build; null: the same.</summary>
    public string? Other { get; private set; }

    /// <summary>Environment variables of the other one.</summary>
    public Dictionary<string, string> Settings { get; } = [];

    /// <summary>Whether limits on time and memory decide; what must be correct always does.</summary>
    public bool Limits { get; private set; } = true;

    /// <summary>Reads arguments; says what is wrong with them where something is.</summary>
    public static bool TryParse(IReadOnlyList<string> args, out LoadOptions options, [NotNullWhen(false)] out string? mistake)
    {
        var named = args.Count > 0 && !args[0].StartsWith('-');
        options = named ? new LoadOptions { Name = args[0] } : new LoadOptions();
        mistake = null;
        for (var i = named ? 1 : 0; i < args.Count && mistake is null; i++)
        {
            if (args[i] == "--no-limits")
            {
                options.Limits = false;
            }
            else if (i + 1 == args.Count)
            {
                mistake = $"{args[i]} is no option, or lacks its value.";
            }
            else
            {
                mistake = options.Take(args[i], args[++i]);
            }
        }

        return mistake is null;
    }

    private string? Take(string option, string value)
    {
        if (option == "--report")
        {
            Report = value;
            return Path.GetExtension(value) == ".html" ? "--report names the Markdown file; the HTML goes beside it." : null;
        }

        if (option == "--other")
        {
            Other = value;
            return Directory.Exists(value) ? null : $"There is no folder '{value}'.";
        }

        if (option == "--set")
        {
            var parts = value.Split('=', 2);
            return parts.Length == 2 && Settings.TryAdd(parts[0], parts[1]) ? null : "--set takes NAME=VALUE, each name once.";
        }

        if (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return $"{option} is no option, or takes a whole number and not '{value}'.";
        }

        Action<int>? set = option switch
        {
            "--seconds" when number > 0 => n => SecondsGiven = n,
            "--rounds" when number > 0 => n => Rounds = n,
            "--warm-up" => n => WarmUpGiven = n,
            "--clients" when number is > 0 and <= 1_000 => n => ClientsGiven = n,
            "--tenants" when number is > 0 and <= 1_000 => n => TenantsGiven = n,
            "--streams" when number is > 0 and <= 10_000 => n => Streams = n,
            "--minutes" when number > 0 => n => Minutes = n,
            "--rows" when number > 0 => n => RowsGiven = n,
            "--batch" when number is > 0 and <= 1_000 => n => Batch = n,
            "--data-bytes" when number <= 4_000 => n => DataBytes = n,
            "--rewrites" when number > 0 => n => Rewrites = n,
            "--restarts" when number > 0 => n => Restarts = n,
            "--pages" when number > 0 => n => Pages = n,
            _ => null,
        };
        set?.Invoke(number);
        return set is null ? $"{option} is no option, or {number} is outside its bounds." : null;
    }
}
