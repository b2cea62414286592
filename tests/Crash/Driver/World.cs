using System.Diagnostics;
using System.Globalization;
using HeliosSync.Crash.Checking;
using HeliosSync.Crash.Clients;
using HeliosSync.Crash.Faults;
using HeliosSync.Crash.History;
using HeliosSync.Load.Clients;
using HeliosSync.Load.Server;

namespace HeliosSync.Crash.Driver;

/// <summary>
/// One data folder, from its first start to its end: its clients, which outlive every server, its history, and the checker that reads
/// along.
/// </summary>
internal sealed class World : IAsyncDisposable
{
    /// <summary>Whose a folder is that was left behind can be seen: a run's process is in its name, as in those of disks.</summary>
    private static readonly string Mark = string.Create(CultureInfo.InvariantCulture, $"heliossync-crash-{Environment.ProcessId}-");

    private const long EveryChange = (1L << 53) - 1;

    private readonly LoopDisk? _disk;
    private readonly ServerTokens _tokens = new();
    private readonly Auditor[] _auditors;
    private readonly ServerStart _start;
    private int _checked;

    private World(Plan plan, int folder, LoopDisk? disk)
    {
        (_disk, IsControl) = (disk, plan.Control);
        Chance = new Random(unchecked((plan.Seed * 1_000_003) + folder));
        var place = disk?.Path ?? Directory.CreateTempSubdirectory(Mark).FullName;
        DataDir = Directory.CreateDirectory(Path.Combine(place, "data")).FullName;
        var name = string.Create(CultureInfo.InvariantCulture, $"{(plan.Control ? "Control" : plan.Kind)}-{plan.Seed}-{folder}.jsonl");
        History = new HistoryFile(Path.Combine(plan.HistoryDir, name));
        History.Add(new Began(plan.Seed, folder));
        var tenants = Enumerable.Range(1, Chance.Next(2, 4)).Select(static n => $"tenant-{n}").ToArray();
        _auditors = [.. tenants.Select(t => new Auditor(t, _tokens.Mint(t, "auditor"), History))];
        // A file of which the stops' counting is to hold has each push as one event, and no other rows that look like one.
        var mixed = !plan.Control && plan.Kind != FaultKind.Stop && folder % 2 == 1;
        Clients = [.. Enumerable.Range(1, Chance.Next(8, 17)).Select(n => NewClient(tenants[n % tenants.Length], $"client-{n}", mixed))];
        if (mixed)
        {
            Administrator = new Administrator(
                [.. tenants.Select(t => (t, _tokens.Mint(t, "admin", "sync:admin")))], History, new Random(Chance.Next()));
            tenants.ToList().ForEach(t => History.Add(new Compacting(t)));
        }

        // Snapshots fall among the faults, or there are none. Compaction needs them.
        var snapshotEvents = Chance.Next(mixed ? 2 : 3) switch { 0 => 10, 1 => 100, _ => 50_000 };
        // Every change is pulled; else the audit of a tenant of many would be a first sync.
        var firstSyncChanges = mixed && Chance.Next(2) == 0 ? 0 : EveryChange;
        _start = new ServerStart(DataDir, _tokens.Secret)
        {
            HostEnvironment = plan.Control ? "Development" : "Production",
            Variables = new Dictionary<string, string>
            {
                ["HeliosSync__Journal"] = plan.Journal,
                ["HeliosSync__UnsafeSynchronousOff"] = plan.Control ? "true" : "false",
                // No server lives long enough to make use of a profile.
                ["DOTNET_TieredPGO"] = "0",
                ["HeliosSync__SnapshotEvents"] = snapshotEvents.ToString(CultureInfo.InvariantCulture),
                ["HeliosSync__FirstSyncChanges"] = firstSyncChanges.ToString(CultureInfo.InvariantCulture),
                ["HeliosSync__HistoryDays"] = mixed ? "0" : "30",
                ["HeliosSync__CompactEveryHours"] = "0",
            },
        };
    }

    public Random Chance { get; }

    public string DataDir { get; }

    /// <summary>Whether losses are what is hoped for.</summary>
    public bool IsControl { get; }

    public HistoryFile History { get; }

    public Checker Checker { get; } = new();

    public IReadOnlyList<CrashClient> Clients { get; }

    /// <summary>Compacts and sets policies beside the clients; null where the journal keeps everything.</summary>
    public Administrator? Administrator { get; }

    public LoopDisk Disk => _disk ?? throw new InvalidOperationException("This world has no disk of its own.");

    /// <summary>How long the latest start took, until the server listened.</summary>
    public TimeSpan StartTime { get; private set; } = TimeSpan.FromSeconds(1);

    private int Lives { get; set; }

    public static async Task<World> CreateAsync(Plan plan, int folder)
    {
        var world = new World(plan, folder, plan.NeedsDisk ? await LoopDisk.CreateAsync(plan.DiskBytes) : null);
        // The folder itself is not the server's to keep.
        await Command.RunAsync("sync", "-f", world.DataDir);
        return world;
    }

    /// <summary>Starts a server and waits for nothing.</summary>
    public ServerProcess Launch()
    {
        History.Add(new Started(++Lives));
        return ServerProcess.Launch(_start);
    }

    /// <summary>Starts a server, and holds what it has to all that was said before.</summary>
    public async Task<ServerProcess> StartAsync(CancellationToken ct)
    {
        var server = Launch();
        try
        {
            await server.ListenAsync(ct);
            StartTime = Stopwatch.GetElapsedTime(server.Started);
            await AuditAsync(server, ct);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>The last life: every push gets its outcome, and the books are closed.</summary>
    public async Task CloseAsync(CancellationToken ct)
    {
        await using var server = await StartAsync(ct);
        using var http = SyncClient.Connect(server.Address);
        var settled = await Task.WhenAll(Clients.Select(c => c.SettleAsync(http, static _ => { }, ct)));
        if (!settled.All(static s => s))
        {
            History.Add(new Complained($"A push got no outcome of a server that nothing is done to. {server.Said}"));
        }

        await AuditAsync(server, ct);
        History.Add(new Struck(FaultKind.Stop.ToString()));
        await StopAsync(server, ct);
        Check();
    }

    /// <summary>SIGTERM; the exit code must be 0, and the file must hold one event for each push that was answered.</summary>
    public async Task StopAsync(ServerProcess server, CancellationToken ct)
    {
        var code = await server.StopAsync(ct);
        if (code != 0)
        {
            History.Add(new Complained($"Told to stop, the server ended with exit code {code}. {server.Said}"));
        }
    }

    /// <summary>Counts the pushes in the file of a server that was stopped in order, when nobody sends any more.</summary>
    public void Count() => History.Add(new Counted(null, JournalFile.CountPushes(DataDir)));

    /// <summary>Lets the checker read on.</summary>
    public void Check()
    {
        foreach (var entry in History.From(_checked))
        {
            Checker.Add(entry);
            _checked++;
        }
    }

    /// <summary>Keeps what a person needs to see what happened: the history, and the files as they are.</summary>
    public void KeepEvidence()
    {
        var to = Directory.CreateDirectory(Path.ChangeExtension(History.Path, ".data")).FullName;
        foreach (var file in Directory.GetFiles(DataDir))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)), overwrite: true);
        }
    }

    public async ValueTask DisposeAsync()
    {
        History.Dispose();
        if (_disk is not null)
        {
            await _disk.DisposeAsync();
        }
        else
        {
            Directory.Delete(Path.GetDirectoryName(DataDir)!, recursive: true);
        }
    }

    private async Task AuditAsync(ServerProcess server, CancellationToken ct)
    {
        using var http = SyncClient.Connect(server.Address);
        foreach (var auditor in _auditors)
        {
            await auditor.AuditAsync(http, ct);
        }

        History.Add(new Counted(await ServerHealth.RegisteredAsync(http, ct), null));
        Check();
    }

    private CrashClient NewClient(string tenant, string name, bool settlesByWord) =>
        new(tenant, name, _tokens.Mint(tenant, name), History, new Random(Chance.Next()), settlesByWord);
}
