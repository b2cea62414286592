using System.Globalization;
using HeliosSync.Load.Clients;
using HeliosSync.Load.Compare;
using HeliosSync.Load.Engine;
using HeliosSync.Load.Reports;
using HeliosSync.Load.Server;
using Microsoft.Data.Sqlite;

namespace HeliosSync.Load.Commands;

/// <summary>
/// Command <c>memory</c>: what the server has in RAM with a million rows in one tenant, while a snapshot of them is made, with ten thousand
/// clients that only registered, and after a load as against before.
/// </summary>
internal sealed class MemoryUse(LoadRun run)
{
    private const int FillChanges = 1_000;
    private const int Registered = 10_000;
    private const int RegisteredTenants = 10;
    private const int LoadSeconds = 20;
    private const int IdleSeconds = 15;

    private readonly LoadOptions _options = run.Options;

    /// <summary>A snapshot comes within so many events: soon enough to be waited for.</summary>
    private int SnapshotEvents => _options.Limits ? 1_500 : 100;

    private Dictionary<string, string> Settings => new()
    {
        ["HeliosSync__SnapshotEvents"] = SnapshotEvents.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>Without limits nothing is judged: it need not lie idle for long.</summary>
    private TimeSpan Idle => TimeSpan.FromSeconds(_options.Limits ? IdleSeconds : 1);

    public async Task RunAsync(CancellationToken ct)
    {
        var server = await run.Site.StartServerAsync(ct, Settings);
        var plan = new PushPlan("large", _options.Clients, Math.Min(FillChanges, _options.Rows), _options.DataBytes, Base64: true);
        using var large = new Fleet(1, plan, run.Site.Tokens, server.Address);
        await large.RegisterAsync(ct);
        await large.FillAsync(run, (_options.Rows + plan.BatchChanges - 1) / plan.BatchChanges, ct);
        var rows = large.Acknowledged;
        var full = await RestAsync("with all rows", server, ct);
        var snapshot = await SnapshotAsync(server, large, ct);
        var before = await RestAsync("after that", server, ct);
        using var registered = await RegisterAsync(server, ct);
        var withClients = await RestAsync("with registered clients", server, ct);
        using var busy = await LoadAsync(server, ct);
        var after = await RestAsync("after the load", server, ct);
        run.Judge("5. Memory",
            new Goal(Measure.Of($"{rows} rows in one tenant", "MB", full), "at most", Targets.LargeMegabytes),
            new Goal(Measure.Of("the most while a snapshot of them was made", "MB", snapshot), "at most", Targets.SnapshotMegabytes),
            new Goal(
                Measure.Of($"{registered.Clients} registered clients", "MB", withClients - before), "at most", Targets.ClientsMegabytes),
            new Goal(Measure.Of("after a load / before", "", after / withClients), "at most", Targets.MemoryReturn));
        foreach (var fleet in new[] { large, busy })
        {
            run.Report.Add(await fleet.SettleAsync(ct));
            run.Report.Add(await fleet.AuditAsync(ct));
        }
    }

    /// <summary>Megabytes when nobody has asked for anything for a while.</summary>
    private async Task<double> RestAsync(string when, ServerProcess server, CancellationToken ct)
    {
        await Task.Delay(Idle, ct);
        var resident = server.Usage.ResidentBytes / 1e6;
        run.Report.Add(Measure.Of($"server's memory (RSS), {when}", "MB", resident));
        return resident;
    }

    /// <summary>Pushes until a snapshot is stored; gives the most megabytes that there were meanwhile.</summary>
    private async Task<double> SnapshotAsync(ServerProcess server, Fleet fleet, CancellationToken ct)
    {
        var (before, pushes) = (NewestSnapshot(), 0);
        fleet.BatchChanges = 1;
        server.ForgetPeak();
        while (NewestSnapshot() == before && pushes++ < 2 * SnapshotEvents)
        {
            fleet.Prepare(pushes % fleet.Clients);
            await fleet.PushAsync(pushes % fleet.Clients, ct);
        }

        run.Report.Add(new Check("a snapshot was made", NewestSnapshot() > before, $"after {pushes} pushes"));
        return server.Usage.PeakResidentBytes / 1e6;
    }

    /// <summary>The number of the newest event that a snapshot of the large tenant holds; 0 where there is none.</summary>
    private long NewestSnapshot()
    {
        var file = Path.Combine(run.Site.DataDir, "snapshots.db");
        using var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = file, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT MAX(sequence_number) FROM snapshot WHERE persistence_id = 'tenant:large-0'";
        return command.ExecuteScalar() as long? ?? 0;
    }

    private async Task<Fleet> RegisterAsync(ServerProcess server, CancellationToken ct)
    {
        // A short run has few rows and few clients.
        var each = Math.Min(Registered, _options.Rows) / RegisteredTenants;
        var plan = new PushPlan("registered", each, 1, _options.DataBytes, Base64: true);
        var fleet = new Fleet(RegisteredTenants, plan, run.Site.Tokens, server.Address);
        await fleet.RegisterAsync(ct);
        return fleet;
    }

    private async Task<Fleet> LoadAsync(ServerProcess server, CancellationToken ct)
    {
        var plan = new PushPlan("load", _options.Clients, 100, _options.DataBytes, Base64: false, RowsEach: FillChanges);
        var fleet = new Fleet(1, plan, run.Site.Tokens, server.Address);
        await fleet.RegisterAsync(ct);
        var load = new Scenario
        {
            Name = "load",
            Prepare = fleet.Prepare,
            Run = step => fleet.PushAsync(step.Copy, step.Stop),
            Simulations = [LoadSimulation.KeepConstant(fleet.Clients, TimeSpan.FromSeconds(_options.SecondsGiven ?? LoadSeconds))],
            Thresholds = [Threshold.NoFailures],
        };
        run.Report.Add(await new ScenarioRunner(load, run.Output, run.Live).RunAsync(null, ct), load.Thresholds);
        return fleet;
    }
}
