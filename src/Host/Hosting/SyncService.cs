using HeliosSync.Actors;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Host;

/// <summary>Starts a sync server; <see cref="StartupException"/> says in one sentence why it cannot.</summary>
internal delegate SyncServer StartSyncServer(SyncServerOptions options, TimeProvider time, ILoggerFactory logs);

/// <summary>
/// Starts and stops the sync server, in order (architecture, section 9.8): it is there before the first connection is taken; at a stop
/// it is first not ready, then the requests in hand finish, then tenants stop behind their writes, then the database is closed.
/// When the actor system ends by itself, the program ends too: a supervisor starts it anew.
/// </summary>
internal sealed class SyncService(
    Settings settings,
    TimeProvider time,
    ILoggerFactory logs,
    IHostApplicationLifetime lifetime,
    ServerMeter meter,
    ILogger<SyncService> logger,
    AuditLog audit,
    StartSyncServer start)
    : IHostedLifecycleService, IAsyncDisposable
{
    private static readonly Refusal Stopping = new(
        ErrorCode.Overloaded, "The server is stopping: open the stream again from the last id.");

    private Task _watch = Task.CompletedTask;
    private SyncServer? _server;
    private readonly CancellationTokenSource _waitsEnd = new();
    private volatile bool _stopping;

    /// <summary>The server; there from before the first request until after the last.</summary>
    public SyncServer Server => _server ?? throw new InvalidOperationException("The sync server has not been started.");

    /// <summary>The server; null as long as it has not started.</summary>
    public SyncServer? Started => _server;

    /// <summary>Reads pushes, with the database's own hash.</summary>
    public PushReader Pushes { get; private set; } = null!;

    /// <summary>Writes acknowledgements.</summary>
    public AckWriter Acks { get; private set; } = null!;

    /// <summary>Writes pages of the conflict log.</summary>
    public ConflictWriter Conflicts { get; private set; } = null!;

    /// <summary>Writes pages.</summary>
    public PullWriter Pages { get; private set; } = null!;

    /// <summary>Whether the program was told to stop.</summary>
    public bool IsStopping => _stopping;

    /// <summary>Whoever waits for a change waits no longer: the program was told to stop.</summary>
    public CancellationToken WaitsEnd => _waitsEnd.Token;

    /// <summary>Whether the actor system ended without being asked.</summary>
    public bool EndedByItself { get; private set; }

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        var options = new SyncServerOptions
        {
            DataDir = settings.DataDir,
            NodeId = settings.NodeId,
            Meter = meter.Meter,
            AdvertisedAddress = settings.AdvertisedAddress,
            PassivateAfter = settings.TenantIdleTime,
            ForgetAfter = settings.ForgetAfter,
            SnapshotEvents = settings.SnapshotEvents,
            FirstSyncChanges = settings.FirstSyncChanges,
            HistoryKept = settings.HistoryKept,
            CompactEvery = settings.CompactEvery,
            Journal = settings.Journal,
            Policies = settings.Policies,
            // As much again as may come in at once: for what is still written of requests that nobody waits for any more.
            JournalBytesMax = Math.Max(settings.BytesInFlightMax, settings.BytesInFlightMax * 2),
            UnsafeSynchronousOff = settings.UnsafeSynchronousOff,
            Deeds = new AuditDeeds(audit),
        };
        if (settings.UnsafeSynchronousOff)
        {
            ServerLog.UnsafeSynchronousOff(logger);
        }

        _server = start(options, time, logs);
        audit.Open(new AuditEntry(AuditKind.ServerStarted)
        {
            By = AuditDeeds.Server,
            Details = [new("version", ProgramVersion.Text), new("node", settings.NodeId), new("development", settings.Development)],
        });
        Pushes = new PushReader(_server.Hash, _server.Zstd);
        Acks = new AckWriter(_server.Zstd);
        Pages = new PullWriter(_server.Zstd);
        Conflicts = new ConflictWriter(_server.Zstd);
        _watch = WatchAsync(_server);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Whoever waits for changes would keep Kestrel from draining: pulls are answered and streams end before.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        _stopping = true;
        ServerLog.Stopping(logger);
        await _waitsEnd.CancelAsync();
        _server?.EndStreams(Stopping);
    }

    /// <summary>Every hosted service stops between the two others, Kestrel among them: it drains here.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        await DisposeAsync();
        audit.Write(new AuditEntry(AuditKind.ServerStopped) { By = AuditDeeds.Server });
        ServerLog.Stopped(logger);
    }

    /// <summary>Also where the start failed half-way, so that no file stays open.</summary>
    public async ValueTask DisposeAsync()
    {
        _stopping = true;
        if (_server is not null)
        {
            await _server.DisposeAsync();
            await _watch;
        }

        _waitsEnd.Dispose();
    }

    private async Task WatchAsync(SyncServer server)
    {
        await server.Ended;
        if (!_stopping)
        {
            EndedByItself = true;
            ServerLog.Ended(logger);
            lifetime.StopApplication();
        }
    }
}
