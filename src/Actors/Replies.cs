using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Actors;

/// <summary>An answer: a refusal or a value, never both.</summary>
public readonly record struct Reply<T>(Refusal? Refusal, T? Value)
    where T : class;

/// <summary>A registration stands (protocol 4.1).</summary>
/// <param name="ServerLsn">The client's position.</param>
/// <param name="HeadLsn">The durable head.</param>
/// <param name="ServerNode">The journal's own node.</param>
/// <param name="Node">The client's current node.</param>
/// <param name="JudgedLsn">The highest local number judged from that node.</param>
/// <param name="JudgedCounter">The highest counter judged from that node.</param>
public sealed record RegisterReply(long ServerLsn, long HeadLsn, Guid ServerNode, NodeId Node, long JudgedLsn, long JudgedCounter);

/// <summary>A push was judged and its outcome is durable (protocol 4.3).</summary>
/// <param name="Event">
/// The event that holds the outcome, as <see cref="PushedView"/> reads it; it says whether an atomic push was refused.
/// </param>
/// <param name="ServerChanges">The versions that its conflicts met, by LSN.</param>
/// <param name="ServerLsn">The safe position.</param>
/// <param name="HeadLsn">The durable head.</param>
/// <param name="ServerNode">The journal's own node.</param>
/// <param name="Node">The client's current node.</param>
/// <param name="JudgedCounter">The highest counter judged from that node.</param>
public sealed record PushReply(
    ReadOnlyMemory<byte> Event,
    IReadOnlyDictionary<long, ServerChange> ServerChanges,
    long ServerLsn,
    long HeadLsn,
    Guid ServerNode,
    NodeId Node,
    long JudgedCounter);

/// <summary>A page (protocol 4.2).</summary>
/// <param name="Page">Its changes and its safe position.</param>
/// <param name="ServerNode">The journal's own node.</param>
/// <param name="HeadLsn">The durable head.</param>
/// <param name="ContinuationToken">What asks for the next page; null where there is none.</param>
public sealed record PullReply(PageBuilder Page, Guid ServerNode, long HeadLsn, string? ContinuationToken);

/// <summary>A tenant's conflict policies (protocol 5.5).</summary>
/// <param name="InForce">What pushes are judged by.</param>
/// <param name="OwnOfTenant">Whether they were set for this tenant; else they are the configuration's.</param>
public sealed record PoliciesReply(ConflictPolicies InForce, bool OwnOfTenant);

/// <summary>A page of the conflict log (protocol 4.7).</summary>
/// <param name="Conflicts">By id.</param>
/// <param name="HasMore">Whether more follow.</param>
/// <param name="NextSince">What to ask the next page with.</param>
/// <param name="ServerNode">The journal's own node; null in a tenant without any event.</param>
public sealed record ConflictsReply(IReadOnlyList<ConflictReport> Conflicts, bool HasMore, long NextSince, Guid? ServerNode);

/// <summary>A heartbeat was noted (protocol 4.4).</summary>
/// <param name="HeadLsn">The durable head.</param>
public sealed record HeartbeatReply(long HeadLsn);

/// <summary>Some of a tenant's clients (docs/protocol.md 6.6).</summary>
/// <param name="Members">The clients, in the order of their ids.</param>
/// <param name="Live">Which of them are live (protocol 4.4).</param>
/// <param name="HasMore">Whether there are others behind them.</param>
/// <param name="RegisteredClients">How many clients the tenant has.</param>
/// <param name="HeadLsn">The head, which everything here is measured against.</param>
/// <param name="ServerNode">The journal's own node; null where nothing was ever registered.</param>
/// <param name="AtMicros">When this was so: microseconds since the Unix epoch.</param>
public sealed record FleetReply(
    IReadOnlyList<FleetMember> Members,
    IReadOnlySet<ClientId> Live,
    bool HasMore,
    int RegisteredClients,
    long HeadLsn,
    Guid? ServerNode,
    long AtMicros);

/// <summary>A client was forgotten (docs/protocol.md 6.6).</summary>
/// <param name="Client">Which.</param>
public sealed record ForgetReply(ClientId Client);

/// <summary>A pull has waited (protocol 4.2).</summary>
/// <param name="Moved">Whether there may be more for it now.</param>
/// <param name="PassedLsn">Up to this LSN there is nothing more for it.</param>
public sealed record WaitReply(bool Moved, long PassedLsn);
