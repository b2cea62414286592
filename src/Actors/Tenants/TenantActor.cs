using System.Diagnostics;
using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using HeliosSync.Actors.Journal;
using HeliosSync.Actors.Telemetry;
using HeliosSync.Domain;

namespace HeliosSync.Actors.Tenants;

/// <summary>
/// Runs a tenant's cycle on Akka's persistence: its mailbox, its journal, its supervision. What the tenant does is
/// <see cref="TenantCycle{TCaller}"/>'s; here is only what Akka asks for.
/// </summary>
internal sealed class TenantActor : UntypedPersistentActor, ITenantOutlet<IActorRef>
{
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly LiveClients _live = new(Context);
    private readonly TenantId _id;
    private readonly TimeSpan _passivateAfter;
    private readonly TenantCycle<IActorRef> _cycle;
    private readonly Action<bool> _wrote;
    private readonly SyncMetrics? _metrics;
    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly IScheduler _scheduler = Context.System.Scheduler;
    private TimeSpan _askedAt;
    private ICancelable? _look;
    private readonly IOwnDeeds _deeds;
    private long _pushedOut;
    private bool _stopping;

    public TenantActor(TenantId id, TenantServices services)
    {
        _id = id;
        (_wrote, _metrics, _deeds) = (services.Wrote, services.Metrics, services.Options.Deeds);
        _passivateAfter = services.Options.PassivateAfter;
        _cycle = new TenantCycle<IActorRef>(id, services, this);
        PersistenceId = PersistenceIds.Of(id);
    }

    public override string PersistenceId { get; }

    protected override void OnRecover(object message)
    {
        switch (message)
        {
            case SnapshotOffer { Snapshot: StoredSnapshot snapshot }:
                _cycle.Recover(snapshot, LastSequenceNr);
                break;
            case JournalEvent e:
                _cycle.Recover(e, LastSequenceNr);
                e.Taken?.Invoke();
                break;
            case RecoveryCompleted:
                _cycle.Recovered(LastSequenceNr);
                _askedAt = _scheduler.MonotonicClock;
                LookIn(_passivateAfter);
                _metrics?.Recovered(Stopwatch.GetElapsedTime(_began));
                _pushedOut = _cycle.Tenant.Conflicts.PushedOut;
                break;
            default:
                throw new InvalidDataException($"{PersistenceId}: a {message} at {LastSequenceNr} is nothing to recover from.");
        }
    }

    protected override void OnCommand(object message)
    {
        switch (message)
        {
            case ITenantMessage late when _stopping:
                Context.Parent.Forward(late);
                break;
            case ITenantMessage command:
                _askedAt = _scheduler.MonotonicClock;
                using (SyncTelemetry.Begin("tenant decide", (command as StorePush)?.Trace))
                {
                    _cycle.Handle(command, Sender);
                }

                break;
            case StopAwaiting:
                _askedAt = _scheduler.MonotonicClock;
                _cycle.StopAwaiting(Sender);
                break;
            case IdleLook:
                LookWhetherIdle();
                break;
            case Stopping:
                _stopping = true;
                _cycle.Stop();
                break;
            default:
                if (!_live.Handle(message) && !HandleSnapshot(message))
                {
                    Unhandled(message);
                }

                break;
        }
    }

    /// <summary>One line: the tenant is asked for again and again, and each time this is found again.</summary>
    protected override void OnRecoveryFailure(Exception reason, object? message = null)
    {
        _metrics?.NotRecovered();
        if (reason is JournalDamageException)
        {
            _log.Error("{0} The tenant is unavailable until its journal is mended; 'heliossync check' tells more.", reason.Message);
        }
        else
        {
            _log.Error(
                "{0} cannot be read behind event {1}: {2} The tenant is unavailable until it can.",
                PersistenceId,
                LastSequenceNr,
                reason.Message);
        }
    }

    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr)
    {
        _wrote(false);
        _log.Error(cause, "{0}: event {1} could not be written; the tenant starts anew from its journal.", PersistenceId, sequenceNr);
    }

    /// <summary>Akka only logs a rejected write; here the state already holds the event, so it has to go.</summary>
    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        _wrote(false);
        _log.Error(cause, "{0}: event {1} was rejected; the tenant starts anew from its journal.", PersistenceId, sequenceNr);
        Context.Stop(Self);
    }

    /// <summary>After a failed write Akka calls no callback any more: whoever is owed an answer gets it here.</summary>
    protected override void PostStop()
    {
        _look?.Cancel();
        _cycle.Abandon();
        base.PostStop();
    }

    void ITenantOutlet<IActorRef>.Persist(JournalEvent e, Action<long> stored)
    {
        e.Trace = SyncTelemetry.Current;
        PersistAsync(e, durable =>
        {
            _wrote(true);
            _metrics?.Stored(durable);
            stored(LastSequenceNr);
            TellPushedOut();
        });
    }

    void ITenantOutlet<IActorRef>.Defer(Action then) => DeferAsync(then, static go => go());

    void ITenantOutlet<IActorRef>.Answer(IActorRef to, object answer) => to.Tell(answer);

    void ITenantOutlet<IActorRef>.Beat(ClientId client, long headLsn, IActorRef to) =>
        _live.Of(client).Tell(new Beat(_id, headLsn), to);

    void ITenantOutlet<IActorRef>.Open(OpenStream stream, StreamOpened answer, IActorRef to) =>
        _live.Open(stream.Pull.Client, stream.Stream).Tell(new Attach(stream.Stream, answer), to);

    bool ITenantOutlet<IActorRef>.IsLive(ClientId client) => _live.Has(client);

    void ITenantOutlet<IActorRef>.End(ClientId client, ForgetReason reason)
    {
        if (reason == ForgetReason.Silent)
        {
            _log.Info("{0}: client {1} was silent for too long and is forgotten.", PersistenceId, client);
            _deeds.Forgot(_id, client);
        }

        _live.End(client);
    }

    void ITenantOutlet<IActorRef>.Save(StoredSnapshot snapshot) => SaveSnapshot(snapshot);

    void ITenantOutlet<IActorRef>.Stop() => Context.Stop(Self);

    /// <summary>
    /// One timer for as long as nobody asks: Akka's receive timeout would be taken back and set anew for every message. It is not idle as
    /// long as somebody waits for its next push.
    /// </summary>
    private void LookWhetherIdle()
    {
        var left = _askedAt + _passivateAfter - _scheduler.MonotonicClock;
        if (left > TimeSpan.Zero)
        {
            LookIn(left);
            return;
        }

        if (!_live.HasStreams && !_cycle.IsAwaited)
        {
            Context.Parent.Tell(new Idle(_id));
        }

        LookIn(_passivateAfter);
    }

    private void LookIn(TimeSpan time) =>
        _look = _scheduler.ScheduleTellOnceCancelable(time, Self, IdleLook.Instance, ActorRefs.NoSender);

    /// <summary>A conflict log that has no room for more is never silent about what it lets go.</summary>
    private void TellPushedOut()
    {
        var all = _cycle.Tenant.Conflicts.PushedOut;
        if (all > _pushedOut)
        {
            _deeds.PushedOutConflicts(_id, all - _pushedOut);
            _pushedOut = all;
        }
    }

    /// <summary>What the snapshot store says: a newer snapshot replaces the older ones. False where the message is another one.</summary>
    private bool HandleSnapshot(object message)
    {
        switch (message)
        {
            case SaveSnapshotSuccess saved:
                _metrics?.Snapshot(kept: true);
                _cycle.SnapshotSettled(saved.Metadata.SequenceNr);
                DeleteSnapshots(new SnapshotSelectionCriteria(saved.Metadata.SequenceNr - 1));
                return true;
            case SaveSnapshotFailure failed:
                // Nothing is lost: recovery reads more events, and the next snapshot is due as usual.
                _metrics?.Snapshot(kept: false);
                _cycle.SnapshotSettled(null);
                _log.Warning(failed.Cause, "{0}: no snapshot could be kept at {1}.", PersistenceId, failed.Metadata.SequenceNr);
                return true;
            case DeleteSnapshotsFailure failed:
                _log.Warning(failed.Cause, "{0}: old snapshots could not be deleted.", PersistenceId);
                return true;
            default:
                return message is DeleteSnapshotsSuccess;
        }
    }
}
