using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using HeliosSync.Actors.Journal;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Actors.Tenants;

/// <summary>
/// The one writer of a tenant. It decides ahead of the journal and speaks behind it: an event is applied when it is decided, and
/// every reply leaves after the writes that it relied on are durable. It stops, and its state with it, when a write fails.
/// </summary>
internal sealed class TenantActor(TenantId id, TenantServices services) : UntypedPersistentActor
{
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly HashSet<IActorRef> _owed = [];
    private readonly Snapshots _snapshots = new(services.Options);
    private readonly LiveClients _live = new(Context);
    private readonly Tail _tail = new(services.Options.TailBytesPerTenant, services.TailBudget);
    private Tenant _tenant = new();
    private (long Lsn, long Sequence) _durable;
    private bool _stopping;

    public override string PersistenceId { get; } = PersistenceIds.Of(id);

    protected override void OnRecover(object message)
    {
        switch (message)
        {
            case SnapshotOffer { Snapshot: StoredSnapshot snapshot }:
                _tenant = new Tenant(snapshot.State);
                break;
            case JournalEvent e:
                _tenant.Apply(services.Events.Read(e.Manifest, e.Bytes), LastSequenceNr, e.Bytes.Length);
                _snapshots.Count(e.Bytes.Length);
                break;
            case RecoveryCompleted when LastSequenceNr == _tenant.Sequence:
                _durable = (_tenant.Head, LastSequenceNr);
                Context.SetReceiveTimeout(services.Options.PassivateAfter);
                break;
            default:
                throw new InvalidDataException($"{PersistenceId}: a {message} at {LastSequenceNr} does not continue {_tenant.Sequence}.");
        }
    }

    protected override void OnCommand(object message)
    {
        switch (message)
        {
            case ITenantMessage when _stopping || !services.Right.Valid(id):
                Sender.Tell(ComeAgain.Overloaded);
                break;
            case ITenantMessage command:
                _owed.Add(Sender);
                Handle(command, Sender);
                break;
            case ReceiveTimeout:
                Context.Parent.Tell(new Idle(id));
                break;
            case Stopping:
                _stopping = true;
                DeferAsync(message, _ => Context.Stop(Self));
                break;
            default:
                if (!_live.Handle(message) && !_snapshots.Handle(message, this, _log))
                {
                    Unhandled(message);
                }

                break;
        }
    }

    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr) =>
        _log.Error(cause, "{0}: event {1} could not be written; the tenant starts anew from its journal.", PersistenceId, sequenceNr);

    /// <summary>Akka only logs a rejected write; here the state already holds the event, so it has to go.</summary>
    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        _log.Error(cause, "{0}: event {1} was rejected; the tenant starts anew from its journal.", PersistenceId, sequenceNr);
        Context.Stop(Self);
    }

    /// <summary>After a failed write Akka calls no callback any more: whoever is owed an answer gets it here.</summary>
    protected override void PostStop()
    {
        foreach (var to in _owed)
        {
            to.Tell(ComeAgain.StorageUnavailable);
        }

        _tail.Clear();
        base.PostStop();
    }

    private void Handle(ITenantMessage command, IActorRef from)
    {
        switch (command)
        {
            case RegisterClient m:
                Register(m.Register, from);
                break;
            case StorePush m:
                Store(m.Push, from);
                break;
            case PlanPage m:
                Answer(from, Plan(m));
                break;
            case LocateChanges m:
                Answer(from, new ChangesLocated([.. m.Lsns.Select(_tenant.SequenceBefore)], _durable.Sequence));
                break;
            case NoteHeartbeat m:
                Note(m.Heartbeat, from);
                break;
            default:
                throw new ArgumentException($"A tenant cannot handle {command.GetType()}.", nameof(command));
        }
    }

    private void Register(Register register, IActorRef from)
    {
        var decision = _tenant.Decide(register, Guid.NewGuid(), NowMicros());
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

        Persist(applied, from, () =>
        {
            if (decision.Event!.First)
            {
                services.Registrations.AddOne();
            }

            return Welcome();
        });
    }

    private void Store(Push push, IActorRef from)
    {
        var decision = _tenant.Decide(push, NowMicros());
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

    private void Note(Heartbeat heartbeat, IActorRef from)
    {
        if (_tenant.CheckClient(heartbeat.Client, null) is { } refusal)
        {
            Answer(from, refusal);
            return;
        }

        _tenant.SetPosition(heartbeat.Client, heartbeat.CurrentLsn);
        _owed.Remove(from);
        _live.Of(heartbeat.Client).Tell(new Beat(id, _durable.Lsn), from);
    }

    /// <summary>Encodes an event, so that nothing about it can fail later, and makes it part of the state.</summary>
    private Applied Apply(TenantEvent e)
    {
        var written = new JournalEvent(EventWriter.ManifestOf(e), EventWriter.Write(e));
        var before = _tenant.Head;
        _tenant.Apply(e, _tenant.Sequence + 1, written.Bytes.Length);
        _snapshots.Count(written.Bytes.Length);
        return new Applied(written, _tenant.Sequence, before, _tenant.Head, _snapshots.Cut(_tenant));
    }

    private void Persist(Applied applied, IActorRef to, Func<object> answer) => PersistAsync(applied.Event, e =>
    {
        if (LastSequenceNr != applied.Sequence)
        {
            throw new InvalidOperationException($"{PersistenceId}: event {applied.Sequence} was stored as {LastSequenceNr}.");
        }

        _durable = (applied.HeadAfter, applied.Sequence);
        if (applied.HeadAfter > applied.HeadBefore)
        {
            _tail.Add(applied.HeadBefore + 1, applied.HeadAfter, e.Bytes);
        }

        Answer(to, answer());
        if (applied.Cut is not null)
        {
            SaveSnapshot(applied.Cut);
        }
    });

    private void AnswerBehindWrites(IActorRef to, Func<object> answer) => DeferAsync(answer, make => Answer(to, make()));

    private void Answer(IActorRef to, object answer)
    {
        _owed.Remove(to);
        to.Tell(services.Right.Valid(id) ? answer : ComeAgain.StorageUnavailable);
    }

    private long NowMicros() => (services.Time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>An event that is part of the state but not yet durable.</summary>
    private sealed record Applied(JournalEvent Event, long Sequence, long HeadBefore, long HeadAfter, StoredSnapshot? Cut);
}
