using Akka.Actor;
using HeliosSync.Domain;

namespace HeliosSync.Actors.Tenants;

/// <summary>A heartbeat that its tenant has admitted.</summary>
internal sealed record Beat(TenantId Tenant, long HeadLsn) : ITenantMessage;

/// <summary>A client was silent for longer than it may.</summary>
internal sealed record Silent(ClientId Client) : INotInfluenceReceiveTimeout;

/// <summary>A stream as its client's actor knows it: something that can be ended. What it sends, it reads by itself.</summary>
internal interface ILiveStream
{
    /// <summary>Whether it has ended, or nobody reads it any more.</summary>
    bool IsOver { get; }

    /// <summary>Ends it; its reader is told why. The first reason counts. From any thread.</summary>
    void End(Refusal why);
}

/// <summary>A stream that its tenant has admitted, and what to answer whoever opened it.</summary>
internal sealed record Attach(ILiveStream Stream, StreamOpened Answer);

/// <summary>A stream is over, and its client silent from now on.</summary>
internal sealed record StreamClosed(ClientId Client, ILiveStream Stream) : INotInfluenceReceiveTimeout;

/// <summary>End the client's stream, where it has one.</summary>
internal sealed record EndStream(Refusal Why);

/// <summary>
/// One connected client, for as long as it is: it answers heartbeats, holds the client's one live stream, and lives while that does and
/// for 60 s after the last sign of life (protocol 4.4).
/// </summary>
internal sealed class ClientActor : UntypedActor
{
    private static readonly Refusal Replaced = new(
        ErrorCode.StreamReplaced, "The client has opened another stream, which goes on in this one's place.");

    private readonly ClientId _client;
    private ILiveStream? _stream;

    public ClientActor(ClientId client)
    {
        _client = client;
        Context.SetReceiveTimeout(TimeSpan.FromSeconds(Limits.HeartbeatTimeoutSeconds));
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Beat beat:
                Sender.Tell(new HeartbeatReply(beat.HeadLsn));
                break;
            case Attach { Stream.IsOver: true } late:
                Sender.Tell(late.Answer);
                break;
            case Attach attach:
                _stream?.End(Replaced);
                _stream = attach.Stream;
                Context.SetReceiveTimeout(null);
                Sender.Tell(attach.Answer);
                break;
            case StreamClosed closed when ReferenceEquals(closed.Stream, _stream):
                _stream = null;
                Context.SetReceiveTimeout(TimeSpan.FromSeconds(Limits.HeartbeatTimeoutSeconds));
                break;
            case StreamClosed:
                break;
            case EndStream end:
                _stream?.End(end.Why);
                break;
            case ReceiveTimeout:
                Context.Parent.Tell(new Silent(_client));
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    /// <summary>The tenant ends, and nobody would tell the stream of its changes any more: its client comes again.</summary>
    protected override void PostStop() => _stream?.End(ComeAgain.StreamInterrupted);
}

/// <summary>A tenant's live clients.</summary>
internal sealed class LiveClients(IActorContext context)
{
    private readonly Dictionary<ClientId, IActorRef> _clients = [];
    private readonly Dictionary<ClientId, ILiveStream> _streams = [];

    /// <summary>Whether a client has a live stream.</summary>
    public bool HasStreams => _streams.Values.Any(static stream => !stream.IsOver);

    /// <summary>The client's actor, started where it is not live.</summary>
    public IActorRef Of(ClientId client)
    {
        if (!_clients.TryGetValue(client, out var actor))
        {
            actor = context.ActorOf(Props.Create(() => new ClientActor(client)));
            _clients.Add(client, actor);
        }

        return actor;
    }

    /// <summary>Whether the client is live.</summary>
    public bool Has(ClientId client) => _clients.ContainsKey(client);

    /// <summary>The actor of a client that opens a stream.</summary>
    public IActorRef Open(ClientId client, ILiveStream stream)
    {
        _streams[client] = stream;
        return Of(client);
    }

    /// <summary>
    /// Stops the actor of a client that is registered no longer, behind every beat it was sent; its stream is told why.
    /// </summary>
    public void End(ClientId client)
    {
        if (_streams.Remove(client, out var stream))
        {
            stream.End(Tenant.NotRegistered);
        }

        Stop(client);
    }

    /// <summary>Forgets a silent client. The poison comes behind every beat it was sent, so none stays unanswered.</summary>
    public bool Handle(object message)
    {
        switch (message)
        {
            case Silent silent when _streams.ContainsKey(silent.Client):
                // It fell silent just before it opened its stream.
                return true;
            case Silent silent:
                Stop(silent.Client);
                return true;
            case StreamClosed closed:
                Close(closed);
                return true;
            default:
                return false;
        }
    }

    private void Stop(ClientId client)
    {
        if (_clients.Remove(client, out var actor))
        {
            actor.Tell(PoisonPill.Instance);
        }
    }

    private void Close(StreamClosed closed)
    {
        if (_streams.TryGetValue(closed.Client, out var stream) && ReferenceEquals(stream, closed.Stream))
        {
            _streams.Remove(closed.Client);
        }

        if (_clients.TryGetValue(closed.Client, out var actor))
        {
            actor.Tell(closed);
        }
    }
}
