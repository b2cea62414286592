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
    private readonly TenantReplay _replay = new(id, PersistenceIds.Of(id), services.Events);
    private readonly HashSet<TCaller> _owed = [];
    private readonly Dictionary<ClientId, long> _registering = [];
    private readonly SnapshotSchedule _snapshots = new(services.Options, PersistenceIds.Of(id));
    private readonly Tail _tail = new(services.Options.TailBytesPerTenant, services.TailBudget);
    private Tenant _tenant = new();
    private (long Lsn, long Sequence) _durable;
    private int _counted;
    private bool _stopping;

    /// <summary>Begins with the newest snapshot, where there is one. Throws where it is another tenant's, or of another event.</summary>
    public void Recover(StoredSnapshot snapshot, long sequence) => _tenant = _replay.Begin(snapshot, sequence);

    /// <summary>Takes the next event of the journal. Throws where it is not the next, or not what was written there.</summary>
    public void Recover(JournalEvent e, long sequence)
    {
        _replay.Apply(_tenant, e, sequence);
        _snapshots.Count(e.Bytes.Length);
    }

    /// <summary>The journal ends here. Throws where its events do not.</summary>
    public void Recovered(long sequence)
    {
        if (sequence != _tenant.Sequence)
        {
            throw new JournalDamageException(id, _tenant.Sequence + 1, $"is missing, and the journal goes on to {sequence}");
        }

        _durable = (_tenant.Head, sequence);
        _counted = _tenant.ClientCount;
        services.Registrations.Settle(id, _counted);
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
        switch (message)
        {
            case RegisterClient m:
                Register(m.Register, from);
                break;
            case StorePush m:
                Store(m.Push, from);
                break;
            case PlanPage m:
                BehindRegistration(m.Pull.Client, () => Answer(from, Plan(m)));
                break;
            case LocateChanges m:
                Answer(from, new ChangesLocated([.. m.Lsns.Select(_tenant.SequenceBefore)], _durable.Sequence));
                break;
            case AskPolicies:
                AnswerBehindWrites(from, TellPolicies);
                break;
            case SetPolicies m:
                SetPolicies(m, from);
                break;
            case ListConflicts m:
                var listed = ConflictsListed.Of(_tenant, m, NowMicros());
                AnswerBehindWrites(from, () => listed);
                break;
            case NoteHeartbeat m:
                BehindRegistration(m.Heartbeat.Client, () => Note(m.Heartbeat, from));
                break;
            default:
                throw new ArgumentException($"A tenant cannot handle {message.GetType()}.", nameof(message));
        }
    }

    /// <summary>The snapshot store has said what became of the last snapshot.</summary>
    public void SnapshotSettled() => _snapshots.Settled();

    /// <summary>Takes no more, and ends behind what was taken.</summary>
    public void Stop()
    {
        _stopping = true;
        outlet.Defer(outlet.Stop);
    }

    /// <summary>The end, wanted or not. After a failed write nobody else would answer those who are still owed an answer.</summary>
    public void Abandon()
    {
        if (_owed.Count > 0)
        {
            services.Registrations.LeaveOpen(id, _counted);
        }

        foreach (var to in _owed)
        {
            outlet.Answer(to, ComeAgain.StorageUnavailable);
        }

        _owed.Clear();
        _tail.Clear();
    }

    private void Register(Register register, TCaller from)
    {
        var decision = _tenant.Decide(register, services.NewServerNode(), NowMicros());
        if (decision.Refusal is { } refusal)
        {
            AnswerBehindWrites(from, () => refusal);
            return;
        }

        var applied = decision.Event is { } e ? Apply(e) : null;
        if (applied is not null || !register.OnlyIfAbsent)
        {
            _tenant.SetPosition(register.Client, register.LastKnownLsn);
        }

        var standing = _tenant.StandingOf(register.Client);
        object Welcome() => new RegisterReply(
            standing.Position, _durable.Lsn, _tenant.ServerNode!.Value, standing.Node, standing.JudgedLsn, standing.JudgedCounter);
        if (applied is null)
        {
            AnswerBehindWrites(from, Welcome);
            return;
        }

        _registering[register.Client] = applied.Sequence;
        Persist(applied, from, () =>
        {
            if (_registering[register.Client] == applied.Sequence)
            {
                _registering.Remove(register.Client);
            }

            if (decision.Event!.First)
            {
                _counted++;
                services.Registrations.AddOne();
            }

            return Welcome();
        });
    }

    private void Store(Push push, TCaller from)
    {
        var decision = _tenant.Decide(push, NowMicros(), services.Options.Policies);
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

    private void SetPolicies(SetPolicies m, TCaller from)
    {
        if (_tenant.Decide(m.Policies, m.By, services.NewServerNode(), NowMicros()) is { } e)
        {
            Persist(Apply(e), from, TellPolicies);
            return;
        }

        AnswerBehindWrites(from, TellPolicies);
    }

    private PoliciesReply TellPolicies() => new(_tenant.Policies ?? services.Options.Policies, _tenant.Policies is not null);

    private object Plan(PlanPage m)
    {
        var refusal = _tenant.CheckClient(m.Pull.Client, m.Pull.ServerNode)
            ?? Tenant.CheckAhead("since_lsn", m.Pull.SinceLsn, _durable.Lsn);
        if (refusal is not null)
        {
            return refusal;
        }

        if (m.Pull.Tables is null)
        {
            _tenant.SetPosition(m.Pull.Client, m.Pull.SinceLsn);
        }

        return new PagePlan(
            _durable.Lsn,
            _durable.Sequence,
            _tenant.SequenceBefore(m.After + 1),
            _tail.Above(m.After, Limits.PageScanBytesMax),
            _tenant.ServerNode!.Value,
            _tenant.StandingOf(m.Pull.Client).Node);
    }

    private void Note(Heartbeat heartbeat, TCaller from)
    {
        if (_tenant.CheckClient(heartbeat.Client, null) is { } refusal)
        {
            Answer(from, refusal);
            return;
        }

        _tenant.SetPosition(heartbeat.Client, heartbeat.CurrentLsn);
        _owed.Remove(from);
        outlet.Beat(heartbeat.Client, _durable.Lsn, from);
    }

    /// <summary>
    /// What is answered at once relies on one write all the same: the registration of whoever asks. A page told before it is durable
    /// could name a server node that never comes to be.
    /// </summary>
    private void BehindRegistration(ClientId client, Action answer)
    {
        if (_registering.ContainsKey(client))
        {
            outlet.Defer(answer);
        }
        else
        {
            answer();
        }
    }

    /// <summary>Encodes an event, so that nothing about it can fail later, ties it to its place, and makes it part of the state.</summary>
    private Applied Apply(TenantEvent e)
    {
        var written = new JournalEvent(EventWriter.ManifestOf(e), EventWriter.Write(e));
        EventSeal.Bind(written.Bytes, PlaceOf(written.Manifest, _tenant.Sequence + 1));
        var before = _tenant.Head;
        _tenant.Apply(e, _tenant.Sequence + 1, written.Bytes.Length);
        _snapshots.Count(written.Bytes.Length);
        return new Applied(written, _tenant.Sequence, before, _tenant.Head, _snapshots.Cut(_tenant, written));
    }

    private void Persist(Applied applied, TCaller to, Func<object> answer) => outlet.Persist(applied.Event, sequence =>
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

        Answer(to, answer());
        if (applied.Cut is not null)
        {
            outlet.Save(applied.Cut);
        }
    });

    private void AnswerBehindWrites(TCaller to, Func<object> answer) => outlet.Defer(() => Answer(to, answer()));

    private void Answer(TCaller to, object answer)
    {
        _owed.Remove(to);
        outlet.Answer(to, services.Right.Valid(id) ? answer : ComeAgain.StorageUnavailable);
    }

    private uint PlaceOf(string manifest, long sequence) => EventSeal.PlaceOf(_name, sequence, manifest);

    private long NowMicros() => (services.Time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>An event that is part of the state but not yet durable.</summary>
    private sealed record Applied(JournalEvent Event, long Sequence, long HeadBefore, long HeadAfter, StoredSnapshot? Cut);
}
