using HeliosSync.Load.Clients;
using HeliosSync.Load.Engine;

namespace HeliosSync.Load.Commands;

/// <summary>
/// Scenario <c>small-pushes-many-tenants</c>: pushes of one change, each client in a tenant of its own. First as fast as they are
/// answered, then at half of that rate, whether answered or not.
/// </summary>
internal sealed class SmallPushes(LoadRun run)
{
    private const int Tenants = 200;
    private const double P99MillisMax = 50;

    public async Task RunAsync(CancellationToken ct)
    {
        var options = run.Options;
        var server = await run.Site.StartServerAsync(ct);
        var plan = new PushPlan("small", options.ClientsGiven ?? 1, options.Batch ?? 1, options.DataBytes, Base64: false);
        using var fleet = new Fleet(options.TenantsGiven ?? Tenants, plan, run.Site.Tokens, server.Address);
        var during = TimeSpan.FromSeconds(options.Seconds);
        var peak = new Scenario
        {
            Name = options.Name,
            Init = fleet.RegisterAsync,
            Prepare = fleet.Prepare,
            Run = step => fleet.PushAsync(step.Copy, step.Stop),
            WarmUp = TimeSpan.FromSeconds(options.WarmUp),
            Simulations = run.Rounds(LoadSimulation.KeepConstant(fleet.Clients, during)),
            Thresholds = [Threshold.NoFailures],
        };
        var metered = new Metered(run, server);
        await metered.RunAsync(peak, ct);
        var half = peak with
        {
            Name = "at half of that rate",
            Init = null,
            WarmUp = TimeSpan.Zero,
            Simulations = run.Rounds(LoadSimulation.Inject(Math.Max(1, metered.Rate.Median / 2), during, fleet.Clients)),
            Thresholds = options.Limits ? [Threshold.NoFailures, Threshold.P99Below(P99MillisMax)] : [Threshold.NoFailures],
        };
        await new Metered(run, server).RunAsync(half, ct);
        run.Report.Add(await fleet.SettleAsync(ct));
        run.Report.Add(await fleet.AuditAsync(ct));
    }
}
