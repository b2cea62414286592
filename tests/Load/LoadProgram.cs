using HeliosSync.Load.Commands;
using HeliosSync.Load.Compare;
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

          push-batches               clients push durable batches into one tenant   --seconds 10 --rounds 5 --warm-up 10 --batch 100
          small-pushes-many-tenants  one change a push, then at half the rate       the same, --tenants 200
          pull-from-zero             clients pull a whole tenant                    the same, --rows 20000
          pull-hot                   clients pull the newest rows of one            the same, --rows 20000
          mixed                      clients push, pull and beat                    the same, --tenants 8 --clients 4 --batch 10
          reconnect-storm            2,000 clients register and pull at once        --tenants 20 --clients 100
          compare                    ours and the baselines in turn                 --seconds 5 --rounds 5 --warm-up 30
          versus                     this build and another, in turn                --seconds 2 --rounds 5 --other FOLDER --set NAME=VALUE
          flat                       a row's cost in large and in many tenants      --seconds 5 --rounds 5 --rows 1000000
          memory                     what rows, clients and load leave behind       --rows 1000000
          streams                    a push until all streams have it, idle streams --streams 1000 --tenants 1 --rounds 5 --seconds 10
          slow-readers               streams read at 1 KB/s beside a full load      --seconds 10 --rounds 5 --clients 8
          noisy-neighbour            a tenant over its rate beside a quiet one      --seconds 10 --rounds 5
          first-sync                 rows written twenty times over, and once       --rows 50000 --rounds 5 --batch 100
          compaction                 a tenant rewritten, compacted, pulled anew      --rows 50000 --rewrites 100 --batch 100 --rounds 5
          large-tenant               a tenant of a million rows, and restarts       --rows 1000000 --restarts 5 --pages 60 --batch 1000

          overload                   twice the pushes that it can serve             --minutes 10 --tenants 32 --clients 500 --batch 50
          soak                       clients and tenants that come and go           --minutes 30

        All: --clients 8, --data-bytes 200, --report FILE.md (a page for a browser, FILE.html, goes beside it),
        and --no-limits: show figures, and let only correctness decide.
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
        var work = WorkOf(run);
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
        if (options.Report is { } file)
        {
            await File.WriteAllTextAsync(file, page, ct);
            await File.WriteAllTextAsync(Path.ChangeExtension(file, ".html"), HtmlPage.Of(report), ct);
        }

        return report.Passed ? Passed : Failed;
    }

    private static Func<CancellationToken, Task>? WorkOf(LoadRun run) => run.Options.Name switch
    {
        "push-batches" => new PushBatches(run).RunAsync,
        "overload" => new Overload(run).RunAsync,
        "soak" => new Soak(run).RunAsync,
        "small-pushes-many-tenants" => new SmallPushes(run).RunAsync,
        "pull-from-zero" => new Pulls(run, hot: false).RunAsync,
        "pull-hot" => new Pulls(run, hot: true).RunAsync,
        "mixed" => new Mixed(run).RunAsync,
        "reconnect-storm" => new ReconnectStorm(run).RunAsync,
        "flat" => new Flat(run).RunAsync,
        "memory" => new MemoryUse(run).RunAsync,
        "compare" => new Comparison(run).RunAsync,
        "versus" => new Versus(run).RunAsync,
        "streams" => new Streams(run).RunAsync,
        "slow-readers" => new SlowReaders(run).RunAsync,
        "noisy-neighbour" => new NoisyNeighbour(run).RunAsync,
        "first-sync" => new FirstSync(run).RunAsync,
        "compaction" => new Compacted(run).RunAsync,
        "large-tenant" => new LargeTenant(run).RunAsync,
        _ => null,
    };
}

/// <summary>What every scenario and command works with.</summary>
internal sealed record LoadRun(LoadOptions Options, Site Site, Report Report, TextWriter Output, bool Live)
{
    /// <summary>A simulation as often as there are to be rounds.</summary>
    public IReadOnlyList<Engine.LoadSimulation> Rounds(Engine.LoadSimulation each) => [.. Enumerable.Repeat(each, Options.Rounds)];

    /// <summary>Adds a limit on time or memory, where such decide.</summary>
    public void Limit(string claim, bool holds, string found)
    {
        if (Options.Limits)
        {
            Report.Add(new Engine.Check(claim, holds, found));
        }
    }

    /// <summary>Adds figures of one kind; their targets decide where limits do.</summary>
    public void Judge(string title, params IReadOnlyList<Goal> goals)
    {
        Report.Add(title, goals);
        foreach (var check in goals.Select(static g => g.AsCheck()).OfType<Engine.Check>().Where(_ => Options.Limits))
        {
            Report.Add(check);
        }
    }
}
