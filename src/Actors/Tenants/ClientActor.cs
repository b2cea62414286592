using Akka.Actor;
using HeliosSync.Domain;

namespace HeliosSync.Actors.Tenants;

/// <summary>A heartbeat that its tenant has admitted.</summary>
internal sealed record Beat(TenantId Tenant, long HeadLsn) : ITenantMessage;

/// <summary>A client was silent for longer than it may.</summary>
internal sealed record Silent(ClientId Client) : INotInfluenceReceiveTimeout;

/// <summary>One connected client, for as long as it is: it answers heartbeats and lives 60 s after the last one (protocol 4.4).</summary>
internal sealed class ClientActor : UntypedActor
{
    private readonly ClientId _client;

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
            case ReceiveTimeout:
                Context.Parent.Tell(new Silent(_client));
                break;
            default:
                Unhandled(message);
                break;
        }
    }
}

/// <summary>A tenant's live clients.</summary>
internal sealed class LiveClients(IActorContext context)
{
    private readonly Dictionary<ClientId, IActorRef> _clients = [];

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

    /// <summary>Stops the client's actor, behind every beat it was sent, and with it whatever the client has open.</summary>
    public void End(ClientId client)
    {
        if (_clients.Remove(client, out var actor))
        {
            actor.Tell(PoisonPill.Instance);
        }
    }

    /// <summary>Forgets a silent client. The poison comes behind every beat it was sent, so none stays unanswered.</summary>
    public bool Handle(object message)
    {
        if (message is Silent silent)
        {
            End(silent.Client);
        }

        return message is Silent;
    }
}
