using HeliosSync.Actors.Journal;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Actors.Tenants;

/// <summary>
/// The one writer of a tenant, whatever it runs on. It decides ahead of the journal and speaks behind it: an event is applied when it is
/// decided, and every reply leaves after the writes that it relied on are durable. One thread at a time; when a write fails, it ends, and
/// its state with it.
/// </summary>
internal sealed class TenantCycle<TCaller>(TenantId id, TenantServices services, ITenantOutlet<TCaller> outlet)
    where TCaller : notnull
{
    private readonly string _name = PersistenceIds.Of(id);
    private readonly TenantReplay _replay = new(id, PersistenceIds.Of(id), services.Events, services.IsRestored);
    private readonly HashSet<TCaller> _owed = [];
    private readonly SnapshotSchedule _snapshots = new(services.Options, PersistenceIds.Of(id));
    private readonly Tail _tail = new(services.Options.TailBytesPerTenant, services.TailBudget);
    private readonly FirstSyncs _firstSyncs = new(services.Options.FirstSyncChanges, services.Time);
    private readonly Waiters<TCaller> _waiters = new(
        (to, answer) => outlet.Answer(to, services.Right.Valid(id) ? answer : ComeAgain.StorageUnavailable));

    private Tenant _tenant = new(services.IsRestored);
    private (long Lsn, long Sequence) _durable;
    private bool _stopping;

    /// <summary>The state, with what is decided and not yet durable.</summary>
    public Tenant Tenant => _tenant;

    /// <summary>The highest durable LSN.</summary>
    public long DurableHead => _durable.Lsn;

    /// <summary>The last durable event.</summary>
    public long DurableSequence => _durable.Sequence;

    /// <summary>Whether anybody waits for a change.</summary>
    public bool IsAwaited => _waiters.IsAny();

    private TenantClients<TCaller> Clients => field ??= new TenantClients<TCaller>(this, id, services, outlet);
    private TenantCompaction<TCaller> Compaction => field ??= new TenantCompaction<TCaller>(this, _snapshots, outlet);
    private TenantConflicts<TCaller> Conflicts => field ??= new TenantConflicts<TCaller>(this, services);

    /// <summary>Begins with the newest snapshot, where there is one. Throws where it is another tenant's, or of another event.</summary>
    public void Recover(StoredSnapshot snapshot, long sequence) =>
        _tenant = _snapshots.Begin(snapshot.Of, _replay.Begin(snapshot, sequence));

    /// <summary>Takes the next event of the journal. Throws where it is not the next, or not what was written there.</summary>
    public void Recover(JournalEvent e, long sequence)
    {
        _replay.Apply(_tenant, e, sequence);
        _snapshots.Count(e.Bytes);
    }

    /// <summary>The journal ends here. Throws where its events do not.</summary>
    public void Recovered(long sequence)
    {
        if (sequence != _tenant.Sequence)
        {
            throw new JournalDamageException(id, _tenant.Sequence + 1, $"is missing, and the journal goes on to {sequence}");
        }

        _durable = (_tenant.Head, sequence);
        Clients.Recovered();
    }

    /// <summary>Takes a message; answers it now, or behind the writes that its answer relies on.</summary>
    public void Handle(ITenantMessage message, TCaller from)
    {
        if (_stopping || !services.Right.Valid(id))
        {
            outlet.Answer(from, ComeAgain.Overloaded);
            return;
        }

        _owed.Add(from);
        var now = NowMicros();
        switch (message)
        {
            case RegisterClient m:
                Clients.Register(m.Register, from, now);
                break;
            case StorePush m:
                _tenant.Fleet.Hear(m.Push.Client, now);
                Store(m.Push, from, now);
                break;
            case PlanPage m:
                _tenant.Fleet.Hear(m.Pull.Client, now);
                Clients.Behind(m.Pull.Client, () => Plan(m, from));
                break;
            case AwaitChange m:
                Clients.Behind(m.Waiter.Pull.Client, () => Answer(from, _waiters.Keep(m.Waiter, from, _tenant, _durable.Lsn)));
                break;
            case OpenStream m:
                _tenant.Fleet.Hear(m.Pull.Client, now);
                Clients.Behind(m.Pull.Client, () => Open(m, from));
                break;
            case LocateChanges m:
                Answer(from, new ChangesLocated([.. m.Lsns.Select(_tenant.SequenceBefore)], _durable.Sequence));
                break;
            case NoteHeartbeat m:
                _tenant.Fleet.Hear(m.Heartbeat.Client, now);
                Clients.Behind(m.Heartbeat.Client, () => Clients.Note(m.Heartbeat, from));
                break;
            case ListClients m:
                Clients.List(m, from, now);
                break;
            case IConflictMessage m:
                Conflicts.Handle(m, from, now);
                break;
            case ICompactionMessage m:
                Compaction.Handle(m, from);
                break;
            case ForgetClient m:
                Clients.Forget(m.Client, from, now);
                break;
            default:
                throw new ArgumentException($"A tenant cannot handle {message.GetType()}.", nameof(message));
        }

        // Behind the message: whoever comes back after long is heard of before anybody is forgotten.
        Clients.KeepUp(now);
    }

    /// <summary>The snapshot store has said what became of the last snapshot.</summary>
    public void SnapshotSettled(long? kept) => Compaction.SnapshotSettled(kept);

    /// <summary>Whoever waited for a change waits no longer.</summary>
    public void StopAwaiting(TCaller who) => _waiters.Remove(who);

    /// <summary>Takes no more, and ends behind what was taken.</summary>
    public void Stop()
    {
        _stopping = true;
        Clients.NoteAll(NowMicros());
        outlet.Defer(() =>
        {
            _waiters.End(why: null);
            outlet.Stop();
        });
    }

    /// <summary>The end, wanted or not. After a failed write nobody else would answer those who are still owed an answer.</summary>
    public void Abandon()
    {
        if (_durable.Sequence < _tenant.Sequence)
        {
            Clients.LeaveOpen();
        }

        foreach (var to in _owed)
        {
            outlet.Answer(to, ComeAgain.StorageUnavailable);
        }

        _owed.Clear();
        _waiters.End(ComeAgain.StorageUnavailable);
        _tail.Clear();
    }

    private void Store(Push push, TCaller from, long now)
    {
        var decision = _tenant.Decide(push, now, services.Options.Policies);
        if (decision.Refusal is { } refusal)
        {
            AnswerBehindWrites(from, () => refusal);
            return;
        }

        var applied = decision.Event is { } e ? Apply(e) : null;
        if (decision.Follows)
        {
            _tenant.SetPosition(push.Client, decision.ServerLsn);
        }

        var standing = _tenant.StandingOf(push.Client);
        var sequence = applied?.Sequence ?? decision.RepeatOf;
        object Stored() => new PushStored(
            applied?.Event.Bytes, sequence, decision.ServerLsn, _durable.Lsn, _tenant.ServerNode!.Value, standing);
        if (applied is null)
        {
            AnswerBehindWrites(from, Stored);
            return;
        }

        Persist(applied, from, Stored);
    }

    private void Plan(PlanPage m, TCaller from)
    {
        var first = _tenant.CheckClient(m.Pull.Client, m.Pull.ServerNode) is null ? _firstSyncs.Find(m, _tenant) : null;
        if (first?.Latest.Head > _durable.Lsn)
        {
            AnswerBehindWrites(from, () => Plan(m, first));
        }
        else
        {
            Answer(from, Plan(m, first));
        }
    }

    private object Plan(PlanPage m, FirstSync? first)
    {
        if (Admit(m.Pull, isItsWord: !m.ReadsOn, m.Journal) is { } refusal)
        {
            return refusal;
        }

        var next = first?.Latest.NextFrom(m.After + 1) ?? m.After + 1;
        return new PagePlan(
            _durable.Lsn,
            _durable.Sequence,
            _tenant.SequenceBefore(next),
            _tail.Above(next - 1, Limits.PageScanBytesMax),
            _tenant.ServerNode!.Value,
            _tenant.StandingOf(m.Pull.Client).Node,
            first);
    }

    private Refusal? Admit(Pull pull, bool isItsWord, Guid? journal = null)
    {
        var refusal = _tenant.CheckClient(pull.Client, pull.ServerNode)
            ?? (journal is { } node ? _tenant.CheckClient(pull.Client, NodeId.OfServer(node)) : null)
            ?? Tenant.CheckAhead("since_lsn", pull.SinceLsn, _durable.Lsn);
        if (refusal is null && isItsWord && pull.Tables is null)
        {
            _tenant.SetPosition(pull.Client, pull.SinceLsn);
        }

        return refusal;
    }

    private void Open(OpenStream m, TCaller from)
    {
        if (Admit(m.Pull, isItsWord: true) is { } refusal)
        {
            Answer(from, refusal);
            return;
        }

        _owed.Remove(from);
        outlet.Open(m, new StreamOpened(_durable.Lsn), from);
    }

    /// <summary>Encodes an event, so that nothing about it can fail later, ties it to its place, and makes it part of the state.</summary>
    public Applied Apply(TenantEvent e)
    {
        var written = new JournalEvent(EventWriter.ManifestOf(e), EventWriter.Write(e));
        EventSeal.Bind(written.Bytes, EventSeal.PlaceOf(_name, _tenant.Sequence + 1, written.Manifest));
        var before = _tenant.Head;
        _tenant.Apply(e, _tenant.Sequence + 1, written.Bytes.Length);
        _snapshots.Count(written.Bytes);
        return new Applied(written, _tenant.Sequence, before, _tenant.Head, _snapshots.Cut(_tenant));
    }

    /// <summary>Writes an event that is part of the state, and answers when it is durable.</summary>
    public void Persist(Applied applied, TCaller to, Func<object> answer) => Persist(applied, () => Answer(to, answer()));

    /// <summary>Writes an event that is part of the state, and goes on when it is durable.</summary>
    public void Persist(Applied applied, Action stored) => outlet.Persist(applied.Event, sequence =>
    {
        if (sequence != applied.Sequence)
        {
            throw new InvalidOperationException($"{_name}: event {applied.Sequence} was stored as {sequence}.");
        }

        _durable = (applied.HeadAfter, applied.Sequence);
        if (applied.HeadAfter > applied.HeadBefore)
        {
            _tail.Add(applied.HeadBefore + 1, applied.HeadAfter, applied.Event.Bytes);
        }

        stored();
        if (applied.HeadAfter > applied.HeadBefore)
        {
            _waiters.Tell(applied.Event.Bytes, applied.HeadAfter);
        }

        if (applied.Cut is not null)
        {
            outlet.Save(applied.Cut);
        }
    });

    /// <summary>Answers when all that is being written now is durable.</summary>
    public void AnswerBehindWrites(TCaller to, Func<object> answer) => outlet.Defer(() => Answer(to, answer()));

    /// <summary>Answers; or owes nothing more, where whoever asked is told later, by another.</summary>
    public void Answer(TCaller to, object? answer)
    {
        _owed.Remove(to);
        if (answer is not null)
        {
            outlet.Answer(to, services.Right.Valid(id) ? answer : ComeAgain.StorageUnavailable);
        }
    }

    private long NowMicros() => services.Time.GetUtcNow().ToUnixTimeMicroseconds();
}
