using HeliosSync.Load.Clients;
using HeliosSync.Load.Engine;

namespace HeliosSync.Load.Commands;

/// <summary>
/// Scenarios <c>pull-from-zero</c> and <c>pull-hot</c>: clients of one tenant that is filled before pull all of it, or only the newest of
/// it, which the server has in memory; again and again, as arrays of integers. A step is one way from where it begins to the head.
/// </summary>
internal sealed class Pulls(LoadRun run, bool hot)
{
    private const int RowsPulled = 20_000;
    private const int BatchChanges = 100;

    /// <summary>A tenant keeps at most 4 MiB of its newest events in memory: so many rows of 200 bytes fit well.</summary>
    private const int RowsHot = 10_000;

    public async Task RunAsync(CancellationToken ct)
    {
        var options = run.Options;
        var server = await run.Site.StartServerAsync(ct);
        var plan = new PushPlan("pull", options.Clients, options.Batch ?? BatchChanges, options.DataBytes, Base64: false);
        using var fleet = new Fleet(1, plan, run.Site.Tokens, server.Address);
        await fleet.RegisterAsync(ct);
        await fleet.FillAsync(run, ((options.RowsGiven ?? RowsPulled) + plan.BatchChanges - 1) / plan.BatchChanges, ct);
        var readers = new Readers(fleet, base64: false);
        var from = hot ? Math.Max(0, fleet.Acknowledged - RowsHot) : 0;
        var scenario = new Scenario
        {
            Name = options.Name,
            Prepare = copy => readers[copy].Position = from,
            Run = step => readers[step.Copy].PullToHeadAsync(step.Stop),
            WarmUp = TimeSpan.FromSeconds(options.WarmUp),
            Simulations = run.Rounds(LoadSimulation.KeepConstant(options.Clients, TimeSpan.FromSeconds(options.Seconds))),
            Thresholds = [Threshold.NoFailures],
        };
        await new Metered(run, server).RunAsync(scenario, ct);
        run.Report.Add(await readers.CatchUpAsync(ct));
        run.Report.Add(await readers.AuditAsync(ct));
    }
}
