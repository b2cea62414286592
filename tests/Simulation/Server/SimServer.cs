using System.Buffers;
using System.IO.Pipelines;
using HeliosSync.Actors;
using HeliosSync.Actors.Journal;
using HeliosSync.Actors.Tenants;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Simulation;

/// <summary>
/// The server's endpoints, as src/Host has them, on the real readers, request logic and writers; over simulated tenants. Has lives: a
/// crash ends one and forgets all that was in memory.
/// </summary>
internal sealed class SimServer
{
    private const long AnswerTimeout = 90 * World.Second;

    /// <summary>Two writes that hang, a recovery, and some more: by then a tenant has answered.</summary>
    private const long OwedMax = 4 * World.Minute;

    private readonly World _world;
    private readonly IReadOnlyList<TenantId> _tenants;
    private readonly IReadOnlyList<Ledger> _ledgers;
    private readonly SimJournal _journal;
    private readonly SimSnapshots _snapshots;
    private readonly AnswerChecks _checks;
    private TenantServices _services;
    private readonly SkewedTime _time;
    private readonly PushReader _pushes;
    private readonly PullReader _pulls = new();
    private readonly RegisterReader _registers = new();
    private readonly HeartbeatReader _heartbeats = new();
    private readonly AckWriter _acks;
    private readonly PullWriter _pages;
    private readonly SyncRequests _requests;
    private SimTenants _running;
    private bool _isDown;

    public SimServer(World world, Database database, SyncServerOptions options, SkewedTime time)
    {
        _world = world;
        _time = time;
        (_tenants, _ledgers, _journal, _snapshots) = (database.Tenants, database.Ledgers, database.Journal, database.Snapshots);
        _checks = new AnswerChecks(database.Ledgers, world.Verdicts, world.Tally);
        _services = new TenantServices(
            options,
            new EventReader(database.Hash, database.Zstd),
            time,
            new TailBudget(options.TailBytesInAll),
            new SoleServer(),
            new Registrations(0),
            world.Chance.Uuid);
        _pushes = new PushReader(database.Hash, database.Zstd);
        _acks = new AckWriter(database.Zstd);
        _pages = new PullWriter(database.Zstd);
        Span<byte> tokenKey = stackalloc byte[ContinuationTokens.KeyBytes];
        world.Chance.Fill(tokenKey);
        _requests = new SyncRequests(AskAsync, new JournalChanges(_journal.Read), new ContinuationTokens(tokenKey));
        _running = new SimTenants(world, _services, _journal, _snapshots);
    }

    /// <summary>Serves a request, and answers when it is served; a server that is down answers nothing.</summary>
    public void Serve(Request request, Action<Answer> respond)
    {
        if (!_isDown)
        {
            _ = ServeAsync(request, respond);
        }
    }

    /// <summary>An administrator has a client forgotten.</summary>
    public void Forget(int tenant, string client)
    {
        if (!_isDown)
        {
            _ = ForgetAsync(tenant, client);
        }
    }

    /// <summary>All that is in memory is gone; a new life begins after a while.</summary>
    public void Crash(long downFor)
    {
        if (_isDown)
        {
            return;
        }

        _world.Tally.Hit(Fault.ServerCrash);
        _world.Log("server: crash");
        _isDown = true;
        _world.ServerLife++;
        _running.Crash();
        _journal.Crash();
        _world.After(downFor, () =>
        {
            _world.Log("server: starts");
            _running = new SimTenants(_world, _services, _journal, _snapshots);
            _isDown = false;
        });
    }

    /// <summary>The journal is lost, and comes back as it was when the backup was made: as another journal.</summary>
    public void Restore(IReadOnlyDictionary<TenantId, int> backup, long downFor)
    {
        if (_isDown)
        {
            return;
        }

        Crash(downFor);
        _world.Tally.Hit(Fault.JournalLost);
        _world.Log("server: the journal is lost");
        _services = _services with { IsRestored = true };
        _snapshots.Clear();
        _journal.Restore(backup);
    }

    private async Task ForgetAsync(int tenant, string client)
    {
        try
        {
            var forgotten = _ledgers[tenant].TimesForgotten(client);
            var id = ClientId.TryParse(client, out var parsed) ? parsed : throw new ArgumentException(client);
            var (refusal, reply) = await _requests.ForgetClientAsync(_tenants[tenant], id).ConfigureAwait(false);
            _world.Log($"server: forget {client} -> {refusal?.Code}");
            _world.Tally.Hit(refusal?.Code == ErrorCode.NotFound, Sight.ForgottenUnknown404);
            if (reply is not null && _ledgers[tenant].TimesForgotten(client) == forgotten)
            {
                _world.Violate(Oracle.AcknowledgedIsThere, $"{client} is said to be forgotten, and the journal does not say so");
            }

            if (refusal is not null && refusal.Code is not (ErrorCode.NotFound or ErrorCode.Overloaded or ErrorCode.StorageUnavailable))
            {
                _world.Violate(Oracle.AnswerIsAllowed, $"to forget {client} is answered with {refusal.Code}");
            }
        }
        catch (Exception e) when (_world.Caught(e))
        {
        }
    }

    private async Task ServeAsync(Request request, Action<Answer> respond)
    {
        var life = _world.ServerLife;
        var body = new ArrayBufferWriter<byte>();
        try
        {
            _world.Log($"server: {request}");
            var refusal = await AnswerAsync(request, body).ConfigureAwait(false);
            if (refusal == ComeAgain.JournalDamaged)
            {
                _world.Violate(Oracle.NoException, $"{request}: the journal is said to be damaged, and it is not");
            }

            if (refusal is not null)
            {
                ErrorWriter.Write(body, NameOf(refusal.Code), refusal.Message, refusal.Details, "simulated");
            }

            var answer = Answer.Read(body.WrittenMemory, life);
            _world.Trace.Mix(body.WrittenSpan);
            _world.Log($"server: {request} -> {answer.Code ?? "OK"} {answer.Details} at {answer.ServerLsn} of {answer.HeadLsn}");
            _checks.Check(request, answer, life);
            respond(answer);
        }
        catch (Exception e) when (_world.Caught(e))
        {
        }
    }

    private async Task<Refusal?> AnswerAsync(Request request, ArrayBufferWriter<byte> to) => request.Endpoint switch
    {
        Endpoint.Register => await RegisterAsync(request, to).ConfigureAwait(false),
        Endpoint.Pull => await PullAsync(request, to).ConfigureAwait(false),
        Endpoint.Push => await PushAsync(request, to).ConfigureAwait(false),
        _ => await HeartbeatAsync(request, to).ConfigureAwait(false),
    };

    private async Task<Refusal?> RegisterAsync(Request request, ArrayBufferWriter<byte> to)
    {
        var (register, unread) = await _registers.ReadAsync(Pipe(request), default).ConfigureAwait(false);
        if (register is null)
        {
            return unread;
        }

        var (refusal, reply) = await _requests.RegisterAsync(_tenants[request.Tenant], register).ConfigureAwait(false);
        if (reply is not null)
        {
            RegisterWriter.Write(
                to, register.Client, reply.Node, reply.ServerNode, reply.ServerLsn, reply.HeadLsn, reply.JudgedLsn, reply.JudgedCounter,
                Limits.RequestBytesMax);
        }

        return refusal;
    }

    private async Task<Refusal?> PullAsync(Request request, ArrayBufferWriter<byte> to)
    {
        var (pull, unread) = await _pulls.ReadAsync(Pipe(request), default).ConfigureAwait(false);
        if (pull is null)
        {
            return unread;
        }

        var (refusal, reply) = await _requests.PullAsync(_tenants[request.Tenant], pull).ConfigureAwait(false);
        if (reply is not null)
        {
            _pages.Write(to, pull, reply.Page, reply.ServerNode, reply.HeadLsn, reply.ContinuationToken);
        }

        return refusal;
    }

    private async Task<Refusal?> PushAsync(Request request, ArrayBufferWriter<byte> to)
    {
        var (batch, unread) = await _pushes.ReadAsync(Pipe(request), default).ConfigureAwait(false);
        if (batch is null)
        {
            return unread;
        }

        var (refusal, reply) = await _requests.PushAsync(_tenants[request.Tenant], batch).ConfigureAwait(false);
        if (reply is null)
        {
            return refusal;
        }

        if (new PushedView(reply.Event).Refused)
        {
            _acks.WriteRefused(to, reply.Event, reply.ServerChanges, reply.ServerNode, "simulated");
        }
        else
        {
            _acks.Write(
                to, reply.Event, reply.ServerChanges, reply.ServerLsn, reply.HeadLsn, reply.ServerNode, reply.Node, reply.JudgedCounter);
        }

        return null;
    }

    private async Task<Refusal?> HeartbeatAsync(Request request, ArrayBufferWriter<byte> to)
    {
        var (heartbeat, unread) = await _heartbeats.ReadAsync(Pipe(request), default).ConfigureAwait(false);
        if (heartbeat is null)
        {
            return unread;
        }

        var (refusal, reply) = await _requests.HeartbeatAsync(_tenants[request.Tenant], heartbeat).ConfigureAwait(false);
        if (reply is not null)
        {
            HeartbeatWriter.Write(to, _time.NowMicros / 1_000, reply.HeadLsn);
        }

        return refusal;
    }

    /// <summary>Whether nothing is served.</summary>
    public bool IsDown => _isDown;

    public Task<object> AskAsync(ITenantMessage message)
    {
        var ask = new Ask(message);
        var (life, running) = (_world.ServerLife, _running);
        _world.After(_world.Chance.Between(0, World.Millisecond), () =>
        {
            if (life == _world.ServerLife)
            {
                running.Deliver(ask);
            }
        });
        _world.After(AnswerTimeout, () =>
        {
            if (life == _world.ServerLife)
            {
                ask.GiveUp();
            }
        });
        _world.After(OwedMax, () =>
        {
            if (life == _world.ServerLife && !ask.IsAnswered)
            {
                _world.Violate(Oracle.EveryoneIsAnswered, $"{message.GetType().Name} for {message.Tenant} stays unanswered");
            }
        });
        return ask.Reply;
    }

    /// <summary>The body, in two pieces, as it may come from a network.</summary>
    private PipeReader Pipe(Request request)
    {
        var cut = _world.Chance.Below(request.Body.Length);
        return PipeReader.Create(Pieces.Of(request.Body.AsMemory(0, cut), request.Body.AsMemory(cut)));
    }

    private static string NameOf(ErrorCode code) => string.Concat(
        code.ToString().Select(static (c, i) => i > 0 && char.IsUpper(c) ? $"_{c}" : char.ToUpperInvariant(c).ToString()));
}

/// <summary>Bytes in two pieces.</summary>
internal sealed class Pieces : ReadOnlySequenceSegment<byte>
{
    public static ReadOnlySequence<byte> Of(ReadOnlyMemory<byte> first, ReadOnlyMemory<byte> second)
    {
        var last = new Pieces { Memory = second, RunningIndex = first.Length };
        var begin = new Pieces { Memory = first, Next = last };
        return new ReadOnlySequence<byte>(begin, 0, last, second.Length);
    }
}
