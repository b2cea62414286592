using System.Diagnostics;
using HeliosSync.Load.Clients;
using HeliosSync.Load.Engine;
using HeliosSync.Load.Reports;

namespace HeliosSync.Load.Commands;

/// <summary>
/// Scenario <c>push-batches</c>: clients of one tenant push durable batches of new rows, as arrays of integers. What it is about is
/// the server's CPU time for a row; the wall clock shares a small machine with the tool itself.
/// </summary>
internal sealed class PushBatches(LoadRun run)
{
    private const int BatchChanges = 100;
    private readonly List<Reading> _readings = [];

    public async Task RunAsync(CancellationToken ct)
    {
        var options = run.Options;
        var plan = new PushPlan("push-batches", options.Clients, options.Batch ?? BatchChanges, options.DataBytes, Base64: false);
        using var clients = new PushingClients(plan, run.Site.Tokens);
        var server = await run.Site.StartServerAsync(ct);
        clients.Connect(server.Address);
        var scenario = new Scenario
        {
            Name = options.Name,
            Init = clients.RegisterAsync,
            Prepare = clients.Prepare,
            Run = step => clients.PushAsync(step.Copy, step.Stop),
            Clean = async stop => run.Report.Add(await clients.SettleAsync(stop)),
            WarmUp = TimeSpan.FromSeconds(options.WarmUp),
            Simulations =
            [
                .. Enumerable.Repeat(
                    LoadSimulation.KeepConstant(options.Clients, TimeSpan.FromSeconds(options.Seconds)), options.Rounds),
            ],
            Thresholds = [Threshold.NoFailures],
        };
        var stats = await new ScenarioRunner(scenario, run.Output, run.Live).RunAsync(
            phase =>
            {
                if (phase is RunPhase.Measuring or RunPhase.Clean)
                {
                    _readings.Add(Reading.Take(server.Usage.Cpu, clients.Ledger.Count));
                }
            },
            ct);
        run.Report.Add(stats, scenario.Thresholds);
        AddMeasures();
        run.Report.Add(Measure.Of("server's memory at the end (RSS)", "MB", server.Usage.ResidentBytes / 1e6));
        run.Report.Add(await clients.AuditAsync(ct));
    }

    private void AddMeasures()
    {
        var pairs = _readings.Zip(_readings.Skip(1), static (a, b) => (From: a, To: b));
        var rounds = pairs.Where(static r => r.To.Rows > r.From.Rows).ToArray();
        if (rounds.Length == 0)
        {
            return;
        }

        Add("server's CPU per 1,000 rows", "ms", static (a, b) => (b.Server - a.Server).TotalMilliseconds / (b.Rows - a.Rows) * 1_000);
        Add("the tool's CPU per 1,000 rows", "ms", static (a, b) => (b.Tool - a.Tool).TotalMilliseconds / (b.Rows - a.Rows) * 1_000);
        Add("rows acknowledged", "1/s", static (a, b) => (b.Rows - a.Rows) / Stopwatch.GetElapsedTime(a.At, b.At).TotalSeconds);

        void Add(string name, string unit, Func<Reading, Reading, double> value) =>
            run.Report.Add(new Measure(name, unit, [.. rounds.Select(r => value(r.From, r.To))]));
    }

    /// <summary>Meters read between two rounds.</summary>
    private readonly record struct Reading(long At, TimeSpan Server, TimeSpan Tool, long Rows)
    {
        public static Reading Take(TimeSpan server, long rows)
        {
            using var tool = Process.GetCurrentProcess();
            return new Reading(Stopwatch.GetTimestamp(), server, tool.TotalProcessorTime, rows);
        }
    }
}
