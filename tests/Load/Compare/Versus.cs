using HeliosSync.Load.Clients;
using HeliosSync.Load.Reports;
using HeliosSync.Load.Server;

namespace HeliosSync.Load.Compare;

/// <summary>
/// Command <c>versus</c>: this build of the server against another one, or against itself with other settings, in turn and side by side, so
/// that a change of a few percent shows on a machine whose speed changes by more from one minute to the next.
/// </summary>
internal sealed class Versus(LoadRun run)
{
    private const int BatchChanges = 100;
    private const int SmallTenants = 200;
    private const int RowsPulled = 10_000;
    private const int RoundSeconds = 2;
    private const int WarmUpSeconds = 20;

    private readonly LoadOptions _options = run.Options;
    private readonly TimeSpan _round = TimeSpan.FromSeconds(run.Options.SecondsGiven ?? RoundSeconds);
    private readonly TimeSpan _warmUp = TimeSpan.FromSeconds(run.Options.WarmUpGiven ?? WarmUpSeconds);

    public async Task RunAsync(CancellationToken ct)
    {
        await using var otherSite = new Site();
        using var one = await Side.StartAsync("this", run, run.Site, static s => s, ct);
        using var other = await Side.StartAsync("the other", run, otherSite, Other, ct);
        foreach (var workload in one.All.Concat(other.All))
        {
            await workload.WarmUpAsync(run, _warmUp, ct);
        }

        for (var round = 0; round < _options.Rounds; round++)
        {
            for (var i = 0; i < one.All.Count; i++)
            {
                Workload[] turns = [one.All[i], other.All[i]];
                foreach (var turn in round % 2 == 0 ? turns : turns.Reverse())
                {
                    await turn.RoundAsync(run, _round, ct);
                }
            }
        }

        for (var i = 0; i < one.All.Count; i++)
        {
            var (a, b) = (PerStep(one.All[i]), PerStep(other.All[i]));
            run.Judge(one.Names[i], new Goal(a), new Goal(b), new Goal(Measure.Ratio("the other / this, round by round", b, a)));
        }

        await one.AuditAsync(run, ct);
        await other.AuditAsync(run, ct);
    }

    private ServerStart Other(ServerStart start) => start with
    {
        Program = _options.Other is { } folder ? Path.Combine(Path.GetFullPath(folder), start.Program) : start.Program,
        Variables = _options.Settings,
    };

    private static Measure PerStep(Workload w) => w.Measure("CPU for each step", "µs", static s => s.MicrosPerStep);

    /// <summary>One server, its clients and what they ask of it.</summary>
    private sealed class Side(Fleet batches, Fleet small, Fleet rows, Given given) : IDisposable
    {
        public IReadOnlyList<string> Names { get; } = ["Batches", "Small pushes", "Hot pages"];

        public IReadOnlyList<Workload> All { get; private set; } = [];

        public static async Task<Side> StartAsync(
            string name, LoadRun run, Site site, Func<ServerStart, ServerStart> how, CancellationToken ct)
        {
            var server = await site.StartAsync(how, ct);
            var plan = new PushPlan("push", run.Options.Clients, BatchChanges, run.Options.DataBytes, Base64: false);
            var batches = new Fleet(1, plan, site.Tokens, server.Address);
            var rows = new Fleet(1, plan with { Tenant = "pull" }, site.Tokens, server.Address);
            var tenants = run.Options.TenantsGiven ?? SmallTenants;
            var small = new Fleet(tenants, plan with { Tenant = "small", Clients = 1, BatchChanges = 1 }, site.Tokens, server.Address);
            await batches.RegisterAsync(ct);
            await rows.RegisterAsync(ct);
            await small.RegisterAsync(ct);
            var pulled = run.Options.RowsGiven ?? RowsPulled;
            await rows.FillAsync(run, pulled / BatchChanges, ct);
            var given = new Given();
            var hot = new PageWindow(rows.All, given, 0, pulled);
            return new Side(batches, small, rows, given)
            {
                All =
                [
                    new($"{name}, batches", server, run.Options.Clients, step => batches.PushAsync(step.Copy, step.Stop), batches.Prepare),
                    new($"{name}, small pushes", server, small.Clients, step => small.PushAsync(step.Copy, step.Stop), small.Prepare),
                    new($"{name}, hot pages", server, run.Options.Clients, step => hot.PullPageAsync(step.Copy, step.Stop)),
                ],
            };
        }

        public async Task AuditAsync(LoadRun run, CancellationToken ct)
        {
            foreach (var fleet in new[] { batches, small })
            {
                run.Report.Add(await fleet.SettleAsync(ct));
                run.Report.Add(await fleet.AuditAsync(ct));
            }

            run.Report.Add(await rows.AuditAsync(ct, [given]));
        }

        public void Dispose()
        {
            batches.Dispose();
            small.Dispose();
            rows.Dispose();
        }
    }
}
