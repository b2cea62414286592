using Akka.Actor;
using HeliosSync.Actors.Journal;
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
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(60);

    private readonly JournalFiles _files;
    private readonly JournalReader _reader;
    private readonly JournalHealth _health;
    private readonly Registrations _registrations;
    private readonly ActorSystem _system;
    private readonly TenantPort _port;
    private readonly JournalChanges _changes;
    private volatile bool _disposed;

    private SyncServer(SyncServerOptions options, JournalFiles files, TimeProvider time, ILoggerFactory logs)
    {
        _files = files;
        Hash = new KeyedHash(files.HashKey);
        Zstd = new ZstdFrames();
        Tokens = new ContinuationTokens(files.TokenKey);
        _reader = new JournalReader(files.Journal);
        _health = new JournalHealth(files.Journal, time);
        _registrations = new Registrations(_reader.CountRegistered());
        _system = AkkaWiring.Start(files, Hash, logs);
        var services = new TenantServices(
            options, new EventReader(Hash, Zstd), time, new TailBudget(options.TailBytesInAll), new SoleServer(), _registrations);
        Tenants = _system.ActorOf(Props.Create(() => new TenantsActor(services)), "tenants");
        _port = new TenantPort(new LocalTenants(Tenants), options.AnswerTimeout);
        _changes = new JournalChanges(_reader);
    }

    /// <summary>The keyed hashes of rows and contents: what readers of pushes need.</summary>
    public KeyedHash Hash { get; }

    /// <summary>Decompression of entries, shared.</summary>
    public ZstdFrames Zstd { get; }

    /// <summary>Durable registrations over all tenants.</summary>
    public long RegisteredClients => _registrations.Count;

    /// <summary>Completes when the actor system has ended, asked or by itself.</summary>
    public Task Ended => _system.WhenTerminated;

    /// <summary>The parent of all tenants.</summary>
    internal IActorRef Tenants { get; }

    /// <summary>How Akka turns objects into bytes; for tests that show what it refuses.</summary>
    internal Akka.Serialization.Serialization Serialization => _system.Serialization;

    private ContinuationTokens Tokens { get; }

    /// <summary>Opens the journal and starts; <see cref="StartupException"/> says in one sentence why it cannot.</summary>
    public static SyncServer Start(SyncServerOptions options, TimeProvider time, ILoggerFactory logs)
    {
        var files = JournalFiles.Open(options.DataDir);
        try
        {
            return new SyncServer(options, files, time, logs);
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <summary>Whether the journal can be written now.</summary>
    public async Task<bool> IsReadyAsync() => !_disposed && !Ended.IsCompleted && await _health.IsWritableAsync().ConfigureAwait(false);

    /// <summary>Registers a client (protocol 4.1).</summary>
    public Task<Reply<RegisterReply>> RegisterAsync(TenantId tenant, Register register) =>
        _port.AskAsync<RegisterReply>(new RegisterClient(tenant, register));

    /// <summary>Notes a heartbeat (protocol 4.4).</summary>
    public Task<Reply<HeartbeatReply>> HeartbeatAsync(TenantId tenant, Heartbeat heartbeat) =>
        _port.AskAsync<HeartbeatReply>(new NoteHeartbeat(tenant, heartbeat));

    /// <summary>
    /// Judges a push and stores it (protocol 4.3); completes when the outcome is durable. Owns the batch from the call on. The answer
    /// of a repeat, and the versions that conflicts met, are read back from the journal.
    /// </summary>
    public async Task<Reply<PushReply>> PushAsync(TenantId tenant, PushBatch batch)
    {
        var (refusal, stored) = await _port.AskAsync<PushStored>(new StorePush(tenant, batch.Push)).ConfigureAwait(false);
        if (stored is null && refusal!.Code == ErrorCode.StorageUnavailable)
        {
            // Perhaps only the answer is missing and the tenant still reads the batch: its buffers must not go back to the pool.
            return new Reply<PushReply>(refusal, null);
        }

        batch.Dispose();
        return stored is null ? new Reply<PushReply>(refusal, null) : await AnswerAsync(tenant, stored).ConfigureAwait(false);
    }

    /// <summary>Reads a page (protocol 4.2): what is recent from memory, the rest from the journal.</summary>
    public async Task<Reply<PullReply>> PullAsync(TenantId tenant, Pull pull)
    {
        var (after, pinned) = (pull.SinceLsn, long.MaxValue);
        if (pull.ContinuationToken is not null && !Tokens.TryOpen(tenant, pull, out after, out pinned))
        {
            return new Reply<PullReply>(new Refusal(
                ErrorCode.InvalidContinuationToken, "The continuation token was not made for this pull: begin it anew."), null);
        }

        var (refusal, plan) = await _port.AskAsync<PagePlan>(new PlanPage(tenant, pull, after)).ConfigureAwait(false);
        if (plan is null)
        {
            return new Reply<PullReply>(refusal, null);
        }

        try
        {
            var page = new PageBuilder(pull, after, Math.Min(pinned, plan.HeadLsn), plan.Node);
            _changes.Fill(page, tenant, plan);
            var token = page.HasMore ? Tokens.Seal(tenant, pull, page.ServerLsn, Math.Min(pinned, plan.HeadLsn)) : null;
            return new Reply<PullReply>(null, new PullReply(page, plan.ServerNode, plan.HeadLsn, token));
        }
        catch (SqliteException)
        {
            return new Reply<PullReply>(ComeAgain.StorageUnavailable, null);
        }
    }

    /// <summary>Stops in order: every tenant behind its writes, the actor system, the files.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        if (!Ended.IsCompleted)
        {
            await Tenants.Ask<Stopping>(StopAll.Instance, StopTimeout).ConfigureAwait(false);
        }

        await _system.Terminate().ConfigureAwait(false);
        _system.Dispose();
        _reader.Dispose();
        _files.Dispose();
    }

    private async Task<Reply<PushReply>> AnswerAsync(TenantId tenant, PushStored stored)
    {
        try
        {
            var bytes = stored.Event ?? _changes.ReadEvent(tenant, stored.Sequence);
            var met = JournalChanges.ConflictLsns(bytes);
            IReadOnlyDictionary<long, ServerChange> changes = new Dictionary<long, ServerChange>();
            if (met.Count > 0)
            {
                var (refusal, places) = await _port.AskAsync<ChangesLocated>(new LocateChanges(tenant, met)).ConfigureAwait(false);
                if (refusal is not null)
                {
                    return new Reply<PushReply>(ComeAgain.StorageUnavailable, null);
                }

                changes = _changes.ReadChanges(tenant, met, places!);
            }

            var (node, counter) = (stored.Standing.Node, stored.Standing.JudgedCounter);
            return new Reply<PushReply>(
                null, new PushReply(bytes, changes, stored.ServerLsn, stored.HeadLsn, stored.ServerNode, node, counter));
        }
        catch (SqliteException)
        {
            return new Reply<PushReply>(ComeAgain.StorageUnavailable, null);
        }
    }
}
