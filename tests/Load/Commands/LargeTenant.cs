using System.Diagnostics;
using System.Globalization;
using HeliosSync.Load.Clients;
using HeliosSync.Load.Engine;
using HeliosSync.Load.Reports;

namespace HeliosSync.Load.Commands;

/// <summary>
/// Command <c>large-tenant</c>: one tenant with a change on each of a million rows. How long after a restart until it answers, what
/// its state costs in memory, and whether a page from the journal's beginning takes longer than one from its end.
/// </summary>
internal sealed class LargeTenant(LoadRun run)
{
    private const string Large = "large";
    private const int BatchChanges = 1_000;
    private const double FirstAnswerSecondsMax = 5;
    private const double StateBytesMax = 100;
    private static readonly TimeSpan BeforeRepeat = TimeSpan.FromMilliseconds(10);

    private readonly LoadOptions _options = run.Options;

    public async Task RunAsync(CancellationToken ct)
    {
        var batch = _options.Batch ?? BatchChanges;
        var plan = new PushPlan(Large, _options.Clients, batch, _options.DataBytes, Base64: true);
        using var clients = new PushingClients(plan, run.Site.Tokens);
        await PushAsync(clients, batch, ct);
        var pages = new PageRace(run, clients.Ledger.Count);
        await pages.RunAsync(clients.First, "the end still in memory", ct);
        await RestartAsync(clients, ct);
        await pages.RunAsync(clients.First, "after a restart", ct);
        await WeighProcessAsync(clients, ct);
        run.Report.Add(await clients.AuditAsync(ct));
        await StopAsync(ct);
        await WeighStateAsync(clients.Ledger.Count);
    }

    private async Task PushAsync(PushingClients clients, int batch, CancellationToken ct)
    {
        var server = await run.Site.StartServerAsync(ct);
        clients.Connect(server.Address);
        var scenario = new Scenario
        {
            Name = "fill",
            Init = clients.RegisterAsync,
            Prepare = clients.Prepare,
            Run = step => clients.PushAsync(step.Copy, step.Stop),
            Clean = async stop => run.Report.Add(await clients.SettleAsync(stop)),
            Simulations = [LoadSimulation.IterationsForConstant(_options.Clients, (_options.Rows + batch - 1) / batch)],
            Thresholds = [Threshold.NoFailures],
        };
        var stats = await new ScenarioRunner(scenario, run.Output, run.Live).RunAsync(null, ct);
        run.Report.Add(stats, scenario.Thresholds);
        var usage = server.Usage;
        run.Report.Add(Measure.Of(
            "server's CPU per 1,000 rows filled, start included", "ms", usage.Cpu.TotalMilliseconds / clients.Ledger.Count * 1_000));
        run.Report.Add(Measure.Of("server's memory after filling (RSS)", "MB", usage.ResidentBytes / 1e6));
    }

    /// <summary>Kills the server and stops it in turn, and times each start.</summary>
    private async Task RestartAsync(PushingClients clients, CancellationToken ct)
    {
        var (listening, answered, cpu) = (new List<double>(), new List<double>(), new List<double>());
        for (var i = 0; i < _options.Restarts; i++)
        {
            await (i % 2 == 0 ? run.Site.Server.KillAsync() : StopAsync(ct));
            var server = await run.Site.StartServerAsync(ct);
            listening.Add(Stopwatch.GetElapsedTime(server.Started).TotalSeconds);
            clients.Connect(server.Address);
            await FirstAnswerAsync(clients, ct);
            answered.Add(Stopwatch.GetElapsedTime(server.Started).TotalSeconds);
            cpu.Add(server.Usage.Cpu.TotalSeconds);
        }

        run.Report.Add(new Measure("from process start until it listens", "s", listening));
        var first = new Measure("from process start until the tenant's first answer", "s", answered);
        run.Report.Add(first);
        run.Report.Add(new Measure("server's CPU until the tenant's first answer", "s", cpu));
        run.Limit(
            $"after every restart the tenant answers within {FirstAnswerSecondsMax} s",
            first.Max < FirstAnswerSecondsMax,
            $"{Measure.Text(first.Max)} s at worst");
    }

    /// <summary>
    /// What a running server's memory grows by when the tenant is loaded: an upper bound, garbage of the recovery included.
    /// </summary>
    private async Task WeighProcessAsync(PushingClients clients, CancellationToken ct)
    {
        await StopAsync(ct);
        var server = await run.Site.StartServerAsync(ct);
        using var small = new PushingClients(new PushPlan("small", 1, BatchChanges, _options.DataBytes, Base64: true), run.Site.Tokens);
        small.Connect(server.Address);
        await small.RegisterAsync(ct);
        small.Prepare(0);
        await small.PushAsync(0, ct);
        run.Report.Add(await small.AuditAsync(ct));
        var before = server.Usage;
        clients.Connect(server.Address);
        await FirstAnswerAsync(clients, ct);
        var after = server.Usage;
        run.Report.Add(Measure.Of("server's memory before the tenant is loaded (RSS)", "MB", before.ResidentBytes / 1e6));
        run.Report.Add(Measure.Of("server's memory right after it is loaded (RSS)", "MB", after.ResidentBytes / 1e6));
        run.Report.Add(Measure.Of("server's greatest memory while it is loaded (RSS)", "MB", after.PeakResidentBytes / 1e6));
    }

    private async Task WeighStateAsync(long rows)
    {
        var perRow = await TenantState.WeighAsync(run.Site.DataDir, Large, Rows.ClientOf(0)) / (double)rows;
        run.Report.Add(Measure.Of("managed memory of the loaded tenant, per row", "B", perRow));
        run.Limit(
            $"the tenant's state takes less than {StateBytesMax} bytes a row",
            perRow < StateBytesMax,
            string.Create(CultureInfo.InvariantCulture, $"{perRow:F1} bytes"));
    }

    private async Task StopAsync(CancellationToken ct)
    {
        var code = await run.Site.Server.StopAsync(ct);
        if (code != 0)
        {
            run.Report.Add(new Check("SIGTERM ends the server in order", false, $"exit code {code}"));
        }
    }

    /// <summary>Asks until there is an answer, as a client at the other end would.</summary>
    private static async Task FirstAnswerAsync(PushingClients clients, CancellationToken ct)
    {
        while (true)
        {
            var answer = await clients.First.PullAsync(new PullOf(0, 1, Base64: true), ct);
            if (answer.Ok)
            {
                return;
            }

            if (answer.Status is not (0 or 503))
            {
                answer.OrThrow();
            }

            await Task.Delay(BeforeRepeat, ct);
        }
    }
}
