using System.Security.Cryptography;
using Akka.Actor;
using Akka.Event;
using HeliosSync.Domain;

namespace HeliosSync.Actors.Tenants;

/// <summary>
/// The parent of all tenants of this node: starts a tenant at its first message, stops an idle one without losing what arrives
/// meanwhile, and starts one that failed again after a pause.
/// </summary>
internal sealed class TenantsActor(TenantServices services) : UntypedActor, IWithTimers
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Dictionary<TenantId, Child> _children = [];
    private readonly Dictionary<IActorRef, Child> _running = [];
    private IActorRef? _stopAsked;

    /// <summary>Tenants of which anything is kept.</summary>
    internal int Known => _children.Count;

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(cause =>
    {
        _log.Error(cause, "A tenant failed; it starts anew from its journal.");
        return Directive.Stop;
    });

    protected override void PreStart() => Context.System.EventStream.Subscribe(Self, typeof(DeadLetter));

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case ITenantMessage m:
                Deliver(m);
                break;
            case DeadLetter { Message: ITenantMessage m } lost:
                Return(m, lost.Sender);
                break;
            case DeadLetter:
                break;
            case Idle idle when _children.TryGetValue(idle.Tenant, out var child) && child.State == ChildState.Running:
                Stop(child);
                break;
            case Idle:
                break;
            case Terminated t:
                Ended(t.ActorRef);
                break;
            case Retry retry:
                Resume(_children[retry.Tenant]);
                break;
            case Forget { Tenant: var tenant } when _children.TryGetValue(tenant, out var child) && child.State == ChildState.Absent:
                _children.Remove(tenant);
                break;
            case Forget:
                break;
            case StopAll:
                StopEverything();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Deliver(ITenantMessage m)
    {
        if (_stopAsked is not null)
        {
            Sender.Tell(ComeAgain.Overloaded);
            return;
        }

        if (!_children.TryGetValue(m.Tenant, out var child))
        {
            _children.Add(m.Tenant, child = new Child(m.Tenant));
        }

        switch (child.State)
        {
            case ChildState.Failed:
                Sender.Tell(ComeAgain.StorageUnavailable);
                break;
            case ChildState.Stopping when child.Waiting.Count >= services.Options.WaitingMessagesMax:
                Sender.Tell(ComeAgain.Overloaded);
                break;
            case ChildState.Stopping:
                child.Waiting.Enqueue((m, Sender));
                break;
            default:
                Running(child).Forward(m);
                break;
        }
    }

    private IActorRef Running(Child child)
    {
        if (child.State == ChildState.Absent)
        {
            child.Actor = Context.Watch(Context.ActorOf(Props.Create(() => new TenantActor(child.Tenant, services))));
            child.State = ChildState.Running;
            _running.Add(child.Actor, child);
            services.Running.Add(child.Tenant, child.Actor);
        }

        return child.Actor;
    }

    /// <summary>
    /// What a tenant did not take: one that ended in order begins anew with it. One that failed may do so again, so that whoever asked
    /// comes again later.
    /// </summary>
    private void Return(ITenantMessage m, IActorRef sender)
    {
        if (_children.TryGetValue(m.Tenant, out var child) && child.State is ChildState.Running or ChildState.Failed)
        {
            sender.Tell(ComeAgain.StorageUnavailable);
        }
        else
        {
            Self.Tell(m, sender);
        }
    }

    private void Stop(Child child)
    {
        services.Running.Remove(child.Tenant);
        child.State = ChildState.Stopping;
        child.Actor.Tell(Stopping.Instance);
    }

    private void Ended(IActorRef actor)
    {
        _running.Remove(actor, out var child);
        services.Running.Remove(child!.Tenant);
        if (child.State == ChildState.Running && _stopAsked is null)
        {
            Pause(child);
            return;
        }

        _children.Remove(child.Tenant);
        while (child.Waiting.TryDequeue(out var waiting))
        {
            Self.Tell(waiting.Message, waiting.Sender);
        }

        TellWhenAllStopped();
    }

    /// <summary>A tenant whose write failed may fail again at once: each time in a row it waits twice as long, never the same.</summary>
    private void Pause(Child child)
    {
        child.State = ChildState.Failed;
        var longest = services.Options.FailedPauseMax;
        var now = services.Time.GetTimestamp();
        child.Failures = services.Time.GetElapsedTime(child.FailedAt, now) > longest * 2 ? 0 : child.Failures + 1;
        child.FailedAt = now;
        var pause = Math.Min(longest.TotalMilliseconds, FirstPause.TotalMilliseconds * Math.Pow(2, Math.Min(child.Failures, 16)));
        var jittered = TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32((int)pause / 2, (int)pause));
        Timers.StartSingleTimer(child.Tenant, new Retry(child.Tenant), jittered);
    }

    /// <summary>It may be started again. Where nobody asks for it until its failures no longer count, nothing of it is kept.</summary>
    private void Resume(Child child)
    {
        child.State = ChildState.Absent;
        Timers.StartSingleTimer(child.Tenant, new Forget(child.Tenant), services.Options.FailedPauseMax * 2);
    }

    private void StopEverything()
    {
        _stopAsked = Sender;
        foreach (var child in _running.Values.Where(c => c.State == ChildState.Running))
        {
            Stop(child);
        }

        TellWhenAllStopped();
    }

    private void TellWhenAllStopped()
    {
        if (_running.Count == 0)
        {
            _stopAsked?.Tell(Stopping.Instance);
        }
    }

    private enum ChildState
    {
        Absent,
        Running,
        Stopping,
        Failed,
    }

    private sealed class Child(TenantId tenant)
    {
        public TenantId Tenant => tenant;

        public ChildState State { get; set; }

        public IActorRef Actor { get; set; } = ActorRefs.Nobody;

        public Queue<(ITenantMessage Message, IActorRef Sender)> Waiting { get; } = new();

        public int Failures { get; set; }

        public long FailedAt { get; set; }
    }
}
