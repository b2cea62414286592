using HeliosSync.Load.Clients;
using HeliosSync.Load.Compare;
using HeliosSync.Load.Reports;
using HeliosSync.Load.Server;

namespace HeliosSync.Load.Commands;

/// <summary>
/// Command <c>flat</c>: what a row costs, pushed in batches and pulled, in a tenant of a million rows against one of ten thousand, and in a
/// thousand active tenants against one. All on one server, in turn. What is pushed writes rows again that are there: tenants do not grow.
/// </summary>
internal sealed class Flat(LoadRun run)
{
    private const int BatchChanges = 100;
    private const int FillChanges = 1_000;
    private const int RoundSeconds = 5;
    private const int SmallDivisor = 100;
    private const int ManyTenants = 1_000;
    private const int ManyRows = 500;

    private readonly LoadOptions _options = run.Options;
    private readonly TimeSpan _round = TimeSpan.FromSeconds(run.Options.SecondsGiven ?? RoundSeconds);

    public async Task RunAsync(CancellationToken ct)
    {
        var server = await run.Site.StartServerAsync(ct);
        var rows = _options.Rows;
        var (tenants, each) = (_options.TenantsGiven ?? ManyTenants, Math.Min(ManyRows, rows));
        using var large = await FillAsync(server, "large", 1, _options.Clients, rows, ct);
        using var small = await FillAsync(server, "small", 1, _options.Clients, rows / SmallDivisor, ct);
        using var many = await FillAsync(server, "many", tenants, 1, each, ct);
        using var one = await FillAsync(server, "one", 1, _options.Clients, each, ct);
        Pair[] pairs =
        [
            new(Pushes("many rows", server, large), Pushes("few rows", server, small), Targets.FlatRows),
            new(Pages("many rows", server, large), Pages("few rows", server, small), Targets.FlatRows),
            new(Pushes("many tenants", server, many), Pushes("one tenant", server, one), Targets.FlatTenants),
            new(Pages("many tenants", server, many), Pages("one tenant", server, one), Targets.FlatTenants),
        ];
        foreach (var workload in pairs.SelectMany(static p => new[] { p.More, p.Less }))
        {
            await workload.WarmUpAsync(run, TimeSpan.FromSeconds(_options.WarmUp), ct);
        }

        for (var round = 1; round <= _options.Rounds; round++)
        {
            foreach (var pair in pairs)
            {
                foreach (var workload in round % 2 == 1 ? new[] { pair.More, pair.Less } : [pair.Less, pair.More])
                {
                    await workload.RoundAsync(run, _round, ct);
                }
            }
        }

        run.Judge("4. Flat", [.. pairs.SelectMany(static p => p.Goals())]);
        foreach (var pair in pairs)
        {
            pair.More.Report(run);
            pair.Less.Report(run);
        }

        foreach (var fleet in new[] { large, small, many, one })
        {
            run.Report.Add(await fleet.SettleAsync(ct));
            run.Report.Add(await fleet.AuditAsync(ct));
        }
    }

    /// <summary>A fleet whose clients have each written their rows once.</summary>
    private async Task<Fleet> FillAsync(ServerProcess server, string name, int tenants, int clients, int rows, CancellationToken ct)
    {
        var rowsEach = Math.Max(1, rows / clients);
        var fill = Math.Min(rowsEach, FillChanges);
        var plan = new PushPlan(name, clients, fill, _options.DataBytes, Base64: false, RowsEach: rowsEach);
        var fleet = new Fleet(tenants, plan, run.Site.Tokens, server.Address);
        await fleet.RegisterAsync(ct);
        await fleet.FillAsync(run, (long)fleet.Clients * ((rowsEach + fill - 1) / fill), ct);
        fleet.BatchChanges = Math.Min(fill, _options.Batch ?? BatchChanges);
        return fleet;
    }

    private Workload Pushes(string name, ServerProcess server, Fleet fleet)
    {
        var turns = new Turns(_options.Clients, fleet.Clients);
        return new Workload(
            $"pushed, {name}", server, _options.Clients,
            step => fleet.PushAsync(turns.Of(step.Copy), step.Stop), copy => fleet.Prepare(turns.Next(copy)));
    }

    /// <summary>Each copy pulls the last page of one tenant after the other: what clients do that have nearly everything.</summary>
    private Workload Pages(string name, ServerProcess server, Fleet fleet)
    {
        var turns = new Turns(_options.Clients, fleet.Clients);
        var readers = new Readers(fleet, base64: false);
        return new Workload(
            $"pulled, {name}", server, _options.Clients,
            step => readers[turns.Of(step.Copy)].PullPageAsync(step.Stop),
            copy =>
            {
                var client = turns.Next(copy);
                readers[client].Position = Math.Max(0, fleet.Tenants[fleet.TenantOf(client)].Ledger.Count - Puller.Entries);
            });
    }

    /// <summary>The same work with more and with less in the server.</summary>
    private sealed record Pair(Workload More, Workload Less, double Factor)
    {
        public IEnumerable<Goal> Goals()
        {
            var (more, less) = (PerThousand(More), PerThousand(Less));
            yield return new Goal(more);
            yield return new Goal(less);
            yield return new Goal(Measure.Ratio($"{More.Name} / {Less.Name}, round by round", more, less), "at most", Factor);
        }

        private static Measure PerThousand(Workload w) => w.Measure("CPU for 1,000 rows", "ms", static s => s.MillisPerThousandRows);
    }
}
