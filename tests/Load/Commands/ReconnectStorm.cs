using HeliosSync.Load.Clients;
using HeliosSync.Load.Engine;
using HeliosSync.Load.Reports;

namespace HeliosSync.Load.Commands;

/// <summary>
/// Scenario <c>reconnect-storm</c>: all clients come back in the same moment, register and pull everything: first to a server that runs,
/// then to one that was killed and has just started, as after an outage. Who is turned away comes again when told to.
/// </summary>
internal sealed class ReconnectStorm(LoadRun run)
{
    private const int Tenants = 20;
    private const int ClientsEach = 100;
    private const int ChangesEach = 5;

    public async Task RunAsync(CancellationToken ct)
    {
        var options = run.Options;
        var server = await run.Site.StartServerAsync(ct);
        var plan = new PushPlan(
            "storm", options.ClientsGiven ?? ClientsEach, options.Batch ?? ChangesEach, options.DataBytes, Base64: true);
        using var fleet = new Fleet(options.TenantsGiven ?? Tenants, plan, run.Site.Tokens, server.Address);
        await fleet.RegisterAsync(ct);
        await fleet.FillAsync(run, fleet.Clients, ct);
        await StormAsync("while it runs", fleet, ct);
        await run.Site.Server.KillAsync();
        fleet.Connect((await run.Site.StartServerAsync(ct)).Address);
        await StormAsync("right after a restart", fleet, ct);
    }

    private async Task StormAsync(string name, Fleet fleet, CancellationToken ct)
    {
        var readers = new Readers(fleet, base64: true);
        var refusals = new Refusals();
        var scenario = new Scenario
        {
            Name = $"{run.Options.Name}, {name}",
            Run = async step =>
            {
                var client = fleet.Of(step.Copy);
                var registered = await step.PartAsync("register", () => RegisterAsync(client, refusals, step.Stop));
                return registered.Then(await step.PartAsync("pull", () => readers[step.Copy].PullToHeadAsync(step.Stop)));
            },
            Simulations = [LoadSimulation.Once(fleet.Clients)],
            Thresholds = [Threshold.NoFailures],
        };
        var stats = await new Metered(run, run.Site.Server).RunAsync(scenario, ct);
        run.Report.Add(Measure.Of($"{name}: until the last client has everything", "s", stats.During.TotalSeconds));
        run.Report.Add(Refusals.Judge(readers.Refusals.Append(refusals)));
        run.Report.Add(await readers.CatchUpAsync(ct));
        run.Report.Add(await readers.AuditAsync(ct));
    }

    private static async Task<StepResult> RegisterAsync(SyncClient client, Refusals refusals, CancellationToken ct)
    {
        var answer = await refusals.InsistAsync(() => client.RegisterAsync(ct), ct);
        return answer.Ok ? StepResult.Ok(0, answer.Bytes) : StepResult.Fail(answer.ErrorCode());
    }
}
