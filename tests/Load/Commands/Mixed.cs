using HeliosSync.Load.Clients;
using HeliosSync.Load.Engine;

namespace HeliosSync.Load.Commands;

/// <summary>
/// Scenario <c>mixed</c>: clients of several tenants as they are while people work: each pushes a few changes to its rows, pulls what the
/// others did, and now and then says that it is there.
/// </summary>
internal sealed class Mixed(LoadRun run)
{
    private const int Tenants = 8;
    private const int ClientsEach = 4;
    private const int BatchChanges = 10;
    private const int RowsEach = 500;
    private const int BeatEvery = 10;

    public async Task RunAsync(CancellationToken ct)
    {
        var options = run.Options;
        var server = await run.Site.StartServerAsync(ct);
        var batch = options.Batch ?? BatchChanges;
        var clients = options.ClientsGiven ?? ClientsEach;
        var plan = new PushPlan("mixed", clients, batch, options.DataBytes, Base64: true, Math.Max(batch, RowsEach));
        using var fleet = new Fleet(options.TenantsGiven ?? Tenants, plan, run.Site.Tokens, server.Address);
        var readers = new Readers(fleet, base64: true);
        var steps = new int[fleet.Clients];
        var scenario = new Scenario
        {
            Name = options.Name,
            Init = fleet.RegisterAsync,
            Prepare = fleet.Prepare,
            Run = async step =>
            {
                var pushed = await step.PartAsync("push", () => fleet.PushAsync(step.Copy, step.Stop));
                var pulled = await step.PartAsync("pull", () => readers[step.Copy].PullToHeadAsync(step.Stop));
                var (both, at) = (pushed.Then(pulled), readers[step.Copy].Position);
                return steps[step.Copy]++ % BeatEvery == 0
                    ? both.Then(await step.PartAsync("heartbeat", () => BeatAsync(fleet.Of(step.Copy), at, step.Stop)))
                    : both;
            },
            Clean = async stop => run.Report.Add(await fleet.SettleAsync(stop)),
            WarmUp = TimeSpan.FromSeconds(options.WarmUp),
            Simulations = run.Rounds(LoadSimulation.KeepConstant(fleet.Clients, TimeSpan.FromSeconds(options.Seconds))),
            Thresholds = [Threshold.NoFailures],
        };
        await new Metered(run, server).RunAsync(scenario, ct);
        run.Report.Add(await readers.CatchUpAsync(ct));
        run.Report.Add(await readers.AuditAsync(ct));
    }

    private static async Task<StepResult> BeatAsync(SyncClient client, long position, CancellationToken ct)
    {
        var answer = await client.HeartbeatAsync(position, ct);
        return answer.Ok ? StepResult.Ok(0, answer.Bytes) : StepResult.Fail(answer.ErrorCode());
    }
}
