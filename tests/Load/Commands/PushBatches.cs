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
            Simulations = run.Rounds(LoadSimulation.KeepConstant(options.Clients, TimeSpan.FromSeconds(options.Seconds))),
            Thresholds = [Threshold.NoFailures],
        };
        await new Metered(run, server).RunAsync(scenario, ct);
        run.Report.Add(Measure.Of("server's memory at the end (RSS)", "MB", server.Usage.ResidentBytes / 1e6));
        run.Report.Add(await clients.AuditAsync(ct));
    }
}
