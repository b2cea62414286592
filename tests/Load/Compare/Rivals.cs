using System.Globalization;
using HeliosSync.Load.Clients;
using HeliosSync.Load.Engine;
using HeliosSync.Load.Server;
using Microsoft.Data.Sqlite;

namespace HeliosSync.Load.Compare;

/// <summary>
/// Ours and the baselines, each in a process of its own, side by side for as long as the comparison takes: the one that is asked has the
/// machine to itself, and each is warm when its turn comes.
/// </summary>
internal sealed class Rivals(LoadRun run) : IAsyncDisposable
{
    private const int BatchChanges = 100;
    private const int SmallTenants = 200;
    private const int RowsPulled = 20_000;
    private const int EventsCaptured = 1_000;
    private const string Program = "heliossync-baselines";

    private readonly LoadOptions _options = run.Options;
    private readonly Site _hand = new();
    private readonly Site _bare = new();
    private readonly List<IDisposable> _clients = [];
    private readonly Given _given = new();
    private readonly Given _givenByHand = new();
    private Fleet _ourPushes = null!;
    private Fleet _ourRows = null!;
    private Fleet _handRows = null!;
    private Fleet _small = null!;
    private PageWindow _hot = null!;

    /// <summary>Durable batches: ours and (c).</summary>
    public (Workload Ours, Workload Hand) Push { get; private set; }

    /// <summary>Pushes of one change by clients of many tenants: ours, and (a) which drops them.</summary>
    public (Workload Ours, Workload Bare) Small { get; private set; }

    /// <summary>The same at half the rate.</summary>
    public Workload SmallAtHalf { get; private set; } = null!;

    /// <summary>Pages whose rows are in memory: ours, and (a) which serves them ready.</summary>
    public (Workload Ours, Workload Bare) Hot { get; private set; }

    /// <summary>Pages whose rows are in the database: ours, and (c) which has no others.</summary>
    public (Workload Ours, Workload Hand) Cold { get; private set; }

    /// <summary>(b), which stores what ours stored for small pushes: the least it can be, and so that it can be found again.</summary>
    public (StoreProcess Bare, StoreProcess Keyed) Store { get; private set; }

    private int Rows => _options.RowsGiven ?? RowsPulled;

    /// <summary>
    /// Rows behind those that are pulled from the database: more bytes than a tenant keeps in memory. The last half as many as are
    /// pulled are in memory: all of them would not fit.
    /// </summary>
    private int RowsBehind => Rows * 5 / 4;

    /// <summary>Starts ours and (c) and fills them.</summary>
    public async Task StartAsync(CancellationToken ct)
    {
        var ours = await run.Site.StartServerAsync(ct);
        var hand = await _hand.StartAsync(static s => s with { Program = Program, Arguments = ["hand-written"] }, ct);
        var plan = new PushPlan("push", _options.Clients, _options.Batch ?? BatchChanges, _options.DataBytes, Base64: false);
        _ourPushes = new Fleet(1, plan, run.Site.Tokens, ours.Address);
        _ourRows = new Fleet(1, plan with { Tenant = "pull" }, run.Site.Tokens, ours.Address);
        // (c) numbers the rows of all tenants in one sequence: with one tenant they can be compared as ours are.
        _handRows = new Fleet(1, plan, _hand.Tokens, hand.Address);
        _small = new Fleet(_options.TenantsGiven ?? SmallTenants, plan with { Tenant = "small", Clients = 1, BatchChanges = 1 },
            run.Site.Tokens, ours.Address);
        await _ourPushes.RegisterAsync(ct);
        await _ourRows.RegisterAsync(ct);
        await _small.RegisterAsync(ct);
        var batches = (Rows + RowsBehind + plan.BatchChanges - 1) / plan.BatchChanges;
        await _ourRows.FillAsync(run, batches, ct);
        await _handRows.FillAsync(run, batches, ct);

        Push = (Pushes("ours, batches", ours, _ourPushes), Pushes("(c), batches", hand, _handRows));
        var small = (StepContext step) => _small.PushAsync(step.Copy, step.Stop);
        Small = (new Workload("ours, small pushes", ours, _small.Clients, small, _small.Prepare), null!);
        SmallAtHalf = new Workload("ours, small pushes at half the peak rate", ours, _small.Clients, small, _small.Prepare);
        var filled = Rows + RowsBehind;
        _hot = new PageWindow(_ourRows.All, _given, filled - (Rows / 2), filled);
        Hot = (Pages("ours, hot pages", ours, _hot), null!);
        Cold = (Pages("ours, cold pages", ours, new PageWindow(_ourRows.All, _given, 0, Rows)),
            Pages("(c), pages", hand, new PageWindow(_handRows.All, _givenByHand, 0, Rows)));
    }

    /// <summary>Starts (a) and (b), with pages and events of ours. Ours must have had small pushes, and these last.</summary>
    public async Task StartBareAsync(CancellationToken ct)
    {
        await CaptureEventsAsync(Path.Combine(_bare.DataDir, "events"), ct);
        await _hot.CaptureAsync(Path.Combine(_bare.DataDir, "pages"), ct);
        var bare = await _bare.StartAsync(static s => s with { Program = Program, Arguments = ["bare"] }, ct);
        var http = SyncClient.Connect(bare.Address);
        _clients.Add(http);
        var dropped = new DroppedPushes(new PushPlan("small", _small.Clients, 1, _options.DataBytes, Base64: false), http);
        var drop = (StepContext step) => dropped.PushAsync(step.Copy, step.Stop);
        Small = Small with { Bare = new Workload("(a), small pushes", bare, _small.Clients, drop, dropped.Prepare) };
        var pullers = Enumerable.Range(0, _options.Clients).Select(i => new SyncClient(http, Clients.Rows.ClientOf(i), null)).ToArray();
        var filled = Rows + RowsBehind;
        Hot = Hot with { Bare = Pages("(a), the hot pages", bare, new PageWindow(pullers, _given, filled - (Rows / 2), filled)) };
        Store = (new StoreProcess(_bare.DataDir, _small.Clients, "bare"), new StoreProcess(_bare.DataDir, _small.Clients, "keyed"));
        _clients.AddRange([Store.Bare, Store.Keyed]);
    }

    /// <summary>Whether what clients of ours and of (c) believe is what these hold, pages that (a) served included.</summary>
    public async Task AuditAsync(CancellationToken ct)
    {
        foreach (var check in new[]
        {
            await _ourPushes.SettleAsync(ct),
            await _ourPushes.AuditAsync(ct),
            await _ourRows.AuditAsync(ct, [_given]),
            await _small.SettleAsync(ct),
            await _small.AuditAsync(ct),
            await _handRows.SettleAsync(ct),
            await _handRows.AuditAsync(ct, [_givenByHand]),
        })
        {
            run.Report.Add(check);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _ourPushes?.Dispose();
        _ourRows?.Dispose();
        _handRows?.Dispose();
        _small?.Dispose();
        _clients.ForEach(static c => c.Dispose());
        await _hand.DisposeAsync();
        await _bare.DisposeAsync();
    }

    private Workload Pushes(string name, ServerProcess server, Fleet clients) =>
        new(name, server, _options.Clients, step => clients.PushAsync(step.Copy, step.Stop), clients.Prepare);

    private Workload Pages(string name, ServerProcess server, PageWindow window) =>
        new(name, server, _options.Clients, step => window.PullPageAsync(step.Copy, step.Stop));

    /// <summary>The newest events of our journal, as they are stored.</summary>
    private async Task CaptureEventsAsync(string folder, CancellationToken ct)
    {
        Directory.CreateDirectory(folder);
        var journal = new SqliteConnectionStringBuilder
        {
            DataSource = Path.Combine(run.Site.DataDir, "heliossync.db"),
            Mode = SqliteOpenMode.ReadOnly,
            Pooling = false,
        };
        await using var connection = new SqliteConnection(journal.ToString());
        await connection.OpenAsync(ct);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT message FROM journal WHERE persistence_id LIKE 'tenant:small-%' ORDER BY ordering DESC LIMIT $n";
        command.Parameters.AddWithValue("$n", EventsCaptured);
        await using var rows = await command.ExecuteReaderAsync(ct);
        for (var i = 0; await rows.ReadAsync(ct); i++)
        {
            var file = Path.Combine(folder, i.ToString("D6", CultureInfo.InvariantCulture));
            await File.WriteAllBytesAsync(file, await rows.GetFieldValueAsync<byte[]>(0, ct), ct);
        }
    }
}
