using HeliosSync.Actors;
using HeliosSync.Actors.Journal;
using HeliosSync.Actors.Tenants;
using HeliosSync.Domain;

namespace HeliosSync.Simulation;

/// <summary>
/// Runs the real cycle of one tenant in the place of Akka: one write at a time, what comes meanwhile goes into the next; callbacks come
/// one by one with other messages between them; after a failed write there is no callback any more.
/// </summary>
internal sealed class TenantHost : ITenantOutlet<Ask>
{
    private readonly World _world;
    private readonly TenantId _tenant;
    private readonly SimJournal _journal;
    private readonly SimSnapshots _snapshots;
    private readonly Action<TenantHost, bool> _ended;
    private readonly TenantCycle<Ask> _cycle;
    private readonly Queue<Ask> _stash = new();
    private List<Item> _waiting = [];
    private long _sequence;
    private bool _isRecovering = true;
    private bool _isWriting;
    private bool _isDead;

    public TenantHost(
        World world, TenantId tenant, TenantServices services, SimJournal journal, SimSnapshots snapshots, Action<TenantHost, bool> ended)
    {
        (_world, _tenant, _journal, _snapshots, _ended) = (world, tenant, journal, snapshots, ended);
        _cycle = new TenantCycle<Ask>(tenant, services, this);
        Soon(20 * World.Millisecond, Recover);
    }

    public long LastAskedAt { get; private set; }

    public void Tell(Ask ask)
    {
        LastAskedAt = _world.Now;
        if (_isDead)
        {
            ask.Answer(_world, ComeAgain.StorageUnavailable);
        }
        else if (_isRecovering)
        {
            _world.Tally.Saw(Sight.WaitedForARecovery);
            _stash.Enqueue(ask);
        }
        else
        {
            _cycle.Handle(ask.Message, ask);
            Flush();
        }
    }

    /// <summary>Stops behind what was taken.</summary>
    public void Stop()
    {
        if (_isRecovering)
        {
            Soon(World.Millisecond, Stop);
            return;
        }

        _cycle.Stop();
        Flush();
    }

    /// <summary>The server is gone, and with it all that was in memory.</summary>
    public void Vanish() => _isDead = true;

    void ITenantOutlet<Ask>.Persist(JournalEvent e, Action<long> stored) => _waiting.Add(new Item(e, stored, null));

    void ITenantOutlet<Ask>.Defer(Action then)
    {
        if (_isWriting || _waiting.Count > 0)
        {
            _world.Tally.Saw(Sight.RefusalBehindAWrite);
            _waiting.Add(new Item(null, null, then));
        }
        else
        {
            then();
        }
    }

    void ITenantOutlet<Ask>.Answer(Ask to, object answer)
    {
        if (answer is PagePlan plan && to.Message is PlanPage page)
        {
            _world.Tally.Hit(plan.Recent is not null, Sight.PageFromTail);
            _world.Tally.Hit(plan.Recent is null && page.After < plan.HeadLsn, Sight.PageFromJournal);
        }

        to.Answer(_world, answer);
    }

    void ITenantOutlet<Ask>.Beat(ClientId client, long headLsn, Ask to) => to.Answer(_world, new HeartbeatReply(headLsn));

    void ITenantOutlet<Ask>.Open(OpenStream stream, StreamOpened answer, Ask to) => to.Answer(_world, answer);

    bool ITenantOutlet<Ask>.IsLive(ClientId client) => false;

    void ITenantOutlet<Ask>.End(ClientId client, ForgetReason reason) => _world.Log($"{_tenant}: {client} is forgotten, {reason}");

    void ITenantOutlet<Ask>.Save(StoredSnapshot snapshot) => _snapshots.Save(_tenant, _sequence, snapshot, kept =>
    {
        if (!_isDead)
        {
            _cycle.SnapshotSettled(kept);
        }
    });

    void ITenantOutlet<Ask>.Stop() => End(failed: false);

    private void Recover()
    {
        try
        {
            if (_snapshots.Newest(_tenant) is { } kept)
            {
                _cycle.Recover(kept.Snapshot, kept.Sequence);
                _sequence = kept.Sequence;
            }

            _journal.Read(_tenant, _sequence + 1, long.MaxValue, row =>
            {
                _sequence = row.Sequence;
                _cycle.Recover(new JournalEvent(row.Manifest, row.Bytes), row.Sequence);
                return true;
            });
            _cycle.Recovered(_sequence);
        }
        catch (SimulatedFailureException)
        {
            End(failed: true);
            return;
        }

        _isRecovering = false;
        while (_stash.TryDequeue(out var ask))
        {
            _cycle.Handle(ask.Message, ask);
        }

        Flush();
    }

    private void Flush()
    {
        if (_isWriting || _waiting.Count == 0 || _isDead)
        {
            return;
        }

        _isWriting = true;
        var batch = _waiting;
        _waiting = [];
        JournalEvent[] events = [.. batch.Select(static item => item.Event).OfType<JournalEvent>()];
        if (events.Length == 0)
        {
            Soon(World.Millisecond, () => Tell(batch, 0));
            return;
        }

        _journal.Append(_tenant, _sequence + 1, events, result =>
        {
            if (_isDead)
            {
                return;
            }

            if (result == WriteResult.Done)
            {
                Tell(batch, 0);
            }
            else
            {
                _world.Log($"{_tenant}: a write of {events.Length} {result}");
                End(failed: true);
            }
        });
    }

    private void Tell(List<Item> batch, int at)
    {
        if (at == batch.Count)
        {
            _isWriting = false;
            Flush();
            return;
        }

        if (batch[at].Stored is { } stored)
        {
            stored(++_sequence);
        }
        else
        {
            batch[at].Then!();
        }

        Soon(_world.Chance.Between(0, World.Millisecond), () => Tell(batch, at + 1));
    }

    private void End(bool failed)
    {
        if (_isDead)
        {
            return;
        }

        _isDead = true;
        _cycle.Abandon();
        while (_stash.TryDequeue(out var ask))
        {
            ask.Answer(_world, ComeAgain.StorageUnavailable);
        }

        Later(_world.Chance.Between(0, 3 * World.Millisecond), () => _ended(this, failed));
    }

    private void Soon(long micros, Action step) => _world.After(micros, () =>
    {
        if (!_isDead)
        {
            step();
        }
    });

    private void Later(long micros, Action step)
    {
        var life = _world.ServerLife;
        _world.After(micros, () =>
        {
            if (life == _world.ServerLife)
            {
                step();
            }
        });
    }

    private readonly record struct Item(JournalEvent? Event, Action<long>? Stored, Action? Then);
}
