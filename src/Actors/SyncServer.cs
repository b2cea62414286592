using Akka.Actor;
using HeliosSync.Actors.Compaction;
using HeliosSync.Actors.Journal;
using HeliosSync.Actors.Streams;
using HeliosSync.Actors.Telemetry;
using HeliosSync.Actors.Tenants;
using HeliosSync.Actors.Wiring;
using HeliosSync.Codec;
using HeliosSync.Domain;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace HeliosSync.Actors;

/// <summary>
/// The sync server behind its endpoints: an actor system over a journal. Thread-safe. Every call answers with a value or a refusal;
/// an exception is a bug. Has no static state: several may run in one process, each over a data folder of its own.
/// </summary>
public sealed class SyncServer : IAsyncDisposable
{
    private readonly SyncServerOptions _options;
    private readonly JournalFiles _files;
    private readonly JournalReader _reader;
    private readonly JournalWriter _writer;
    private readonly JournalHealth _health;
    private readonly Registrations _registrations;
    private readonly ActorSystem _system;
    private readonly SyncRequests _requests;
    private readonly JournalThreads _threads;
    private readonly TenantPort _port;
    private readonly Feeds _feeds;
    private readonly Compactions _compactions;
    private readonly TimeProvider _time;
    private readonly SyncMetrics? _metrics;
    private volatile bool _disposed;

    private SyncServer(
        SyncServerOptions options,
        JournalFiles files,
        JournalThreads threads,
        JournalWriter? writer,
        TimeProvider time,
        ILoggerFactory logs,
        StoragePlugins? plugins)
    {
        _metrics = writer?.Metrics ?? MetricsOf(options);
        // Akka.Persistence.Sql writes over connections of its own; then only compaction writes by this one.
        _writer = writer ?? new JournalWriter(files, threads.Writes, options.JournalBytesMax) { Metrics = _metrics };
        (_options, _files, _threads, _time) = (options, files, threads, time);
        Hash = new KeyedHash(files.HashKey);
        Zstd = new ZstdFrames();
        Work = new Work(time);
        _reader = new JournalReader(files.Journal);
        _health = new JournalHealth(files, threads.Health, time);
        _registrations = new Registrations(_reader.CountRegistered());
        var journal = writer is null ? null : new SqliteJournalSetup(writer, _reader, threads.Journal, time);
        _system = AkkaWiring.Start(files, threads, Work, Hash, logs, journal, plugins);
        var services = new TenantServices(
            options,
            new EventReader(Hash, Zstd),
            time,
            new TailBudget(options.TailBytesInAll),
            new SoleServer(),
            _registrations,
            Guid.NewGuid)
        {
            Wrote = _health.Wrote,
            Metrics = _metrics,
            IsRestored = files.IsRestored,
        };
        Tenants = _system.ActorOf(Props.Create(() => new TenantsActor(services)), "tenants");
        Running = services.Running;
        var provider = ((ExtendedActorSystem)_system).Provider;
        _port = new TenantPort(new LocalTenants(Running, Tenants), Running, provider, options.AnswerTimeout);
        var log = logs.CreateLogger<SyncServer>();
        _requests = new SyncRequests(
            _port.AskAsync, new JournalChanges(_reader.Read), new ContinuationTokens(files.TokenKey), log, threads.Reads.RunAsync);
        _feeds = new Feeds(
            _port,
            provider,
            (of, pull, after) => _requests.ReadOnAsync(of, pull, after, Limits.StreamPayloadBytesMax),
            options.FirstSyncChanges,
            Zstd,
            time);
        _compactions = new Compactions(_port.AskAsync, _reader, _writer, Hash, threads.Compaction, options, time, log)
        {
            Metrics = _metrics,
        };
        if (options.CompactEvery > TimeSpan.Zero)
        {
            _ = _compactions.WatchAsync();
        }

        SayNotes(files.Notes, log);
    }

    /// <summary>The keyed hashes of rows and contents: what readers of pushes need.</summary>
    public KeyedHash Hash { get; }

    /// <summary>Decompression of entries, shared.</summary>
    public ZstdFrames Zstd { get; }

    /// <summary>Where what takes computing goes on.</summary>
    public Work Work { get; }

    /// <summary>Durable registrations over all tenants.</summary>
    public long RegisteredClients => _registrations.Count;

    /// <summary>Completes when the actor system has ended, asked or by itself.</summary>
    public Task Ended => _system.WhenTerminated;

    /// <summary>The parent of all tenants.</summary>
    internal IActorRef Tenants { get; }

    /// <summary>The tenants that run.</summary>
    internal TenantDirectory Running { get; }

    /// <summary>The threads that wait for the database files.</summary>
    internal JournalThreads Threads => _threads;

    /// <summary>How Akka turns objects into bytes; for tests that show what it refuses.</summary>
    internal Akka.Serialization.Serialization Serialization => _system.Serialization;

    /// <summary>Opens the journal and starts; <see cref="StartupException"/> says in one sentence why it cannot.</summary>
    public static SyncServer Start(SyncServerOptions options, TimeProvider time, ILoggerFactory logs) =>
        Start(options, time, logs, plugins: null);

    /// <summary>Starts over other storage plugins than the wiring's own.</summary>
    internal static SyncServer Start(SyncServerOptions options, TimeProvider time, ILoggerFactory logs, StoragePlugins? plugins)
    {
        JournalFiles? files = null;
        JournalThreads? threads = null;
        JournalWriter? writer = null;
        try
        {
            files = JournalFiles.Open(options.DataDir, options.UnsafeSynchronousOff, time);
            threads = new JournalThreads();
            writer = options.Journal == JournalPlugin.Sqlite
                ? new JournalWriter(files, threads.Writes, options.JournalBytesMax) { Metrics = MetricsOf(options) }
                : null;
            var server = new SyncServer(options, files, threads, writer, time, logs, plugins);
            (files, threads, writer) = (null, null, null);
            return server;
        }
        catch (SqliteException e)
        {
            throw new StartupException($"The journal in the data folder '{options.DataDir}' cannot be read: {e.Message}", e);
        }
        finally
        {
            threads?.Dispose();
            writer?.Dispose();
            files?.Dispose();
        }
    }

    /// <summary>Whether the journal can be written now.</summary>
    public async Task<bool> IsReadyAsync() => !_disposed && !Ended.IsCompleted && await _health.IsWritableAsync().ConfigureAwait(false);

    /// <summary>Whether the journal takes a write that is made just for that; how far it has come is remembered then.</summary>
    internal Task<bool> ProbeAsync() => _health.ProbeNowAsync();

    /// <summary>Registers a client (protocol 4.1).</summary>
    public Task<Reply<RegisterReply>> RegisterAsync(TenantId tenant, Register register) =>
        _requests.RegisterAsync(tenant, register);

    /// <summary>Notes a heartbeat (protocol 4.4).</summary>
    public Task<Reply<HeartbeatReply>> HeartbeatAsync(TenantId tenant, Heartbeat heartbeat) =>
        _requests.HeartbeatAsync(tenant, heartbeat);

    /// <summary>
    /// Judges a push and stores it (protocol 4.3); completes when the outcome is durable. Owns the batch from the call on. The answer
    /// of a repeat, and the versions that conflicts met, are read back from the journal.
    /// </summary>
    public Task<Reply<PushReply>> PushAsync(TenantId tenant, PushBatch batch) => _requests.PushAsync(tenant, batch);

    /// <summary>Says which conflict policies are in force for a tenant (protocol 5.5).</summary>
    public Task<Reply<PoliciesReply>> PoliciesAsync(TenantId tenant) => _requests.PoliciesAsync(tenant);

    /// <summary>Sets a tenant's own conflict policies, durably; null gives them up for those of the configuration.</summary>
    public Task<Reply<PoliciesReply>> SetPoliciesAsync(TenantId tenant, ConflictPolicies? policies, ClientId by) =>
        _requests.SetPoliciesAsync(tenant, policies, by);

    /// <summary>Reads a page of the conflict log (protocol 4.7).</summary>
    /// <param name="tenant">Whose log.</param>
    /// <param name="client">Who asks.</param>
    /// <param name="since">Only conflicts with a higher id.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="open">Only open ones, or only settled ones; null: all.</param>
    public Task<Reply<ConflictsReply>> ConflictsAsync(TenantId tenant, ClientId client, long since, int limit, bool? open) =>
        _requests.ConflictsAsync(tenant, client, since, limit, open);

    /// <summary>Reads a page (protocol 4.2): what is recent from memory, the rest from the journal.</summary>
    public Task<Reply<PullReply>> PullAsync(TenantId tenant, Pull pull) => _requests.PullAsync(tenant, pull);

    /// <summary>Says how a tenant's clients are (docs/protocol.md 6.6).</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="after">Clients with an id above it; null: from the first one on.</param>
    /// <param name="max">At most so many, 1 to 1,000.</param>
    public Task<Reply<FleetReply>> ListClientsAsync(TenantId tenant, ClientId? after, int max) =>
        _requests.ListClientsAsync(tenant, after, max);

    /// <summary>Forgets a client (docs/protocol.md 6.6); completes when that is durable.</summary>
    public Task<Reply<ForgetReply>> ForgetClientAsync(TenantId tenant, ClientId client) => _requests.ForgetClientAsync(tenant, client);

    /// <summary>
    /// Compacts a tenant's journal, or says what that would do (docs/protocol.md 6.8); completes when it is done, in small steps beside all
    /// other work. One at a time: <see cref="ErrorCode.Overloaded"/> while another goes on.
    /// </summary>
    public Task<Reply<CompactionReply>> CompactAsync(TenantId tenant, bool dryRun) => _compactions.RunAsync(tenant, dryRun);

    /// <summary>The tenants in the journal.</summary>
    public IReadOnlyList<TenantId> TenantsInJournal() => _compactions.Tenants();

    /// <summary>
    /// Waits until there may be more for a pull than what it was given, for at most that long (protocol 4.2, <c>wait_ms</c>): true where
    /// there is. Holds no thread. <paramref name="gone"/> ends it with an exception, <paramref name="enough"/> without.
    /// </summary>
    public async Task<Reply<WaitReply>> WaitAsync(
        TenantId tenant, Pull pull, long after, TimeSpan wait, CancellationToken gone, CancellationToken enough) =>
        await _port.AwaitAsync(tenant, new Waiter(pull, after), wait, _time, gone, enough).ConfigureAwait(false) switch
        {
            Refusal refusal => new Reply<WaitReply>(refusal, null),
            Moved moved => new Reply<WaitReply>(null, new WaitReply(true, moved.PassedLsn)),
            _ => new Reply<WaitReply>(null, new WaitReply(false, after)),
        };

    /// <summary>Reads the page of a pull that waited, above what it was given before; its position is not touched again.</summary>
    public Task<Reply<PullReply>> ReadOnAsync(TenantId tenant, Pull pull, long after) =>
        _requests.ReadOnAsync(tenant, pull, after, Limits.PagePayloadBytesMax);

    /// <summary>Opens the client's one live stream (protocol 4.5), in the place of an older one. Whoever opens it disposes it.</summary>
    public Task<Reply<Feed>> OpenStreamAsync(TenantId tenant, Pull pull, FeedTerms terms) => _feeds.OpenAsync(tenant, pull, terms);

    /// <summary>Ends every stream, and from now on each one as soon as it is opened.</summary>
    public void EndStreams(Refusal why) => _feeds.EndAll(why);

    /// <summary>Streams that are open now.</summary>
    public int OpenStreams => _feeds.Count;

    /// <summary>Tenants that are in memory now.</summary>
    public int TenantsInMemory => Running.Count;

    /// <summary>Writes that wait for the journal now, those that are being written left out.</summary>
    public int WaitingWrites => _writer.Waiting;

    /// <summary>Stops in order: every tenant behind its writes, the actor system, the files.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await _compactions.DisposeAsync().ConfigureAwait(false);
        await StopTenantsAsync().ConfigureAwait(false);
        _feeds.Dispose();
        await _system.Terminate().ConfigureAwait(false);
        _system.Dispose();
        Work.Dispose();
        _threads.Dispose();
        _writer.Dispose();
        _reader.Dispose();
        _files.Dispose();
    }

    private static void SayNotes(IEnumerable<string> notes, ILogger log)
    {
        foreach (var note in notes)
        {
            StorageLog.Noted(log, note);
        }
    }

    private static SyncMetrics? MetricsOf(SyncServerOptions options) => options.Meter is { } meter ? new SyncMetrics(meter) : null;

    /// <summary>Gives the tenants time to end behind their writes. One whose journal hangs does not keep the process from ending.</summary>
    private async Task StopTenantsAsync()
    {
        try
        {
            if (!Ended.IsCompleted)
            {
                await Tenants.Ask<Stopping>(StopAll.Instance, _options.StopTimeout).ConfigureAwait(false);
            }
        }
        catch (AskTimeoutException)
        {
            // Whoever is owed an answer gets "storage unavailable" when the actors end now: the outcome is open.
        }
    }
}
