using HeliosSync.Load.Commands;
using HeliosSync.Load.Reports;

namespace HeliosSync.Load;

/// <summary>The load tool: runs one scenario or command against a server of its own and says what it found.</summary>
/// <param name="output">Where progress and the report go.</param>
/// <param name="live">Whether that is a terminal.</param>
public sealed class LoadProgram(TextWriter output, bool live)
{
    private const int Passed = 0;
    private const int Failed = 1;
    private const int Misused = 2;

    /// <summary>No run takes longer than it is told and this; one that does is stuck.</summary>
    private static readonly TimeSpan RunTimeMax = TimeSpan.FromHours(1);

    private const string Usage = """
        dotnet run -c Release --project tests/Load -- [scenario or command] [options]

          push-batches   clients push durable batches into one tenant            --seconds 10 --rounds 5 --warm-up 10 --batch 100
          large-tenant   a tenant of a million rows: restart, memory, pages      --rows 1000000 --restarts 5 --pages 60 --batch 1000

          overload       twice the pushes a second that the server can serve     --minutes 10 --tenants 32 --clients 500 --batch 50
          soak           clients and tenants that come and go                    --minutes 30

        All: --clients 8, --data-bytes 200, --report FILE, and --no-limits: show figures, and let only correctness decide.
        --seconds instead of --minutes makes a short run of overload or soak.
        Exit code: 0 all checks hold, 1 one does not, 2 wrong usage.
        """;

    /// <summary>Runs what the arguments ask for; gives the exit code.</summary>
    public async Task<int> RunAsync(IReadOnlyList<string> args, CancellationToken ct)
    {
        if (!LoadOptions.TryParse(args, out var options, out var mistake))
        {
            await output.WriteLineAsync($"{mistake}{Environment.NewLine}{Usage}");
            return Misused;
        }

        using var guard = CancellationTokenSource.CreateLinkedTokenSource(ct);
        guard.CancelAfter(RunTimeMax + TimeSpan.FromMinutes(options.Minutes ?? 0));
        var report = new Report($"{options.Name} {string.Join(' ', args.Skip(1))}".TrimEnd());
        await using var site = new Site();
        var run = new LoadRun(options, site, report, output, live);
        Func<CancellationToken, Task>? work = options.Name switch
        {
            "push-batches" => new PushBatches(run).RunAsync,
            "overload" => new Overload(run).RunAsync,
            "soak" => new Soak(run).RunAsync,
            "large-tenant" => new LargeTenant(run).RunAsync,
            _ => null,
        };
        if (work is null)
        {
            await output.WriteLineAsync($"There is no scenario '{options.Name}'.{Environment.NewLine}{Usage}");
            return Misused;
        }

        report.AddMachine(Machine.Describe(site.DataDir));
        report.AddMachine([("load average before", Measure.Text(Machine.LoadAverage()))]);
        report.Add(Machine.Flushes(site.DataDir));
        try
        {
            await work(guard.Token);
        }
        catch (OperationCanceledException) when (guard.IsCancellationRequested)
        {
            await output.WriteLineAsync("Given up.");
            return Failed;
        }

        report.AddMachine([("load average after", Measure.Text(Machine.LoadAverage()))]);
        var page = report.Markdown();
        await output.WriteLineAsync(page);
        if (options.Report is not null)
        {
            await File.WriteAllTextAsync(options.Report, page, ct);
        }

        return report.Passed ? Passed : Failed;
    }
}

/// <summary>What every scenario and command works with.</summary>
internal sealed record LoadRun(LoadOptions Options, Site Site, Report Report, TextWriter Output, bool Live)
{
    /// <summary>Adds a limit on time or memory, where such decide.</summary>
    public void Limit(string claim, bool holds, string found)
    {
        if (Options.Limits)
        {
            Report.Add(new Engine.Check(claim, holds, found));
        }
    }
}
