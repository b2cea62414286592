using System.Diagnostics;
using HeliosSync.Domain;

namespace HeliosSync.Actors.Tenants;

/// <summary>A message for a tenant: every one names it, so that one extractor can bring it to its place.</summary>
internal interface ITenantMessage
{
    /// <summary>Whose it is.</summary>
    TenantId Tenant { get; }
}

/// <summary>Register a client.</summary>
internal sealed record RegisterClient(TenantId Tenant, Register Register) : ITenantMessage;

/// <summary>Judge and store a push.</summary>
/// <param name="Tenant">Whose.</param>
/// <param name="Push">The push.</param>
/// <param name="Trace">The span of its request; null where it is not traced.</param>
internal sealed record StorePush(TenantId Tenant, Push Push, Activity? Trace = null) : ITenantMessage;

/// <summary>Say from where a page can be read.</summary>
/// <param name="Tenant">Whose page.</param>
/// <param name="Pull">The pull.</param>
/// <param name="After">The page begins above this LSN.</param>
/// <param name="ReadsOn">
/// Whether the server reads on by itself, for a stream or a pull that waited: that is no word of the client's on its position.
/// </param>
/// <param name="Journal">The journal that the pull's token was made for; null where it has none.</param>
/// <param name="Pinned">The head that the pull's token pinned; without one, none.</param>
internal sealed record PlanPage(
    TenantId Tenant, Pull Pull, long After, bool ReadsOn = false, Guid? Journal = null, long Pinned = long.MaxValue) : ITenantMessage;

/// <summary>Make a stream the client's one live stream; where it resumes is the client's word on its position.</summary>
internal sealed record OpenStream(TenantId Tenant, Pull Pull, ILiveStream Stream) : ITenantMessage;

/// <summary>Answer to <see cref="OpenStream"/>.</summary>
/// <param name="HeadLsn">The durable head.</param>
internal sealed record StreamOpened(long HeadLsn);

/// <summary>Say where in the journal these LSNs stand.</summary>
internal sealed record LocateChanges(TenantId Tenant, IReadOnlyList<long> Lsns) : ITenantMessage;

/// <summary>A client lives.</summary>
internal sealed record NoteHeartbeat(TenantId Tenant, Heartbeat Heartbeat) : ITenantMessage;

/// <summary>Say which conflict policies are in force.</summary>
internal sealed record AskPolicies(TenantId Tenant) : IConflictMessage;

/// <summary>Set the tenant's own conflict policies.</summary>
/// <param name="Tenant">Whose.</param>
/// <param name="Policies">The policies; null: those of the configuration.</param>
/// <param name="By">Whose token it is.</param>
internal sealed record SetPolicies(TenantId Tenant, ConflictPolicies? Policies, ClientId By) : IConflictMessage;

/// <summary>Say how the clients are (docs/protocol.md 6.6).</summary>
/// <param name="Tenant">Whose clients.</param>
/// <param name="After">Those with an id above it; null: from the first one on.</param>
/// <param name="Max">At most so many.</param>
internal sealed record ListClients(TenantId Tenant, ClientId? After, int Max) : ITenantMessage;

/// <summary>Forget a client (docs/protocol.md 6.6).</summary>
internal sealed record ForgetClient(TenantId Tenant, ClientId Client) : ITenantMessage;

/// <summary>Answer to <see cref="StorePush"/>.</summary>
/// <param name="Event">The event that holds the outcome; null where it is to be read from the journal.</param>
/// <param name="Sequence">Its journal sequence number.</param>
/// <param name="ServerLsn">The safe position.</param>
/// <param name="HeadLsn">The durable head.</param>
/// <param name="ServerNode">The journal's own node.</param>
/// <param name="Standing">Where the client stands.</param>
internal sealed record PushStored(
    byte[]? Event, long Sequence, long ServerLsn, long HeadLsn, Guid ServerNode, Standing Standing);

/// <summary>Answer to <see cref="PlanPage"/>.</summary>
/// <param name="HeadLsn">The durable head.</param>
/// <param name="HeadSequence">The sequence number up to which the journal may be read.</param>
/// <param name="FromSequence">The sequence number from which to read.</param>
/// <param name="Recent">The events themselves, where they are all in memory; else null.</param>
/// <param name="ServerNode">The journal's own node.</param>
/// <param name="Node">The client's current node.</param>
/// <param name="First">What a first sync is given; null where every change is given.</param>
internal sealed record PagePlan(
    long HeadLsn,
    long HeadSequence,
    long FromSequence,
    IReadOnlyList<byte[]>? Recent,
    Guid ServerNode,
    NodeId Node,
    FirstSync? First = null);

/// <summary>Answer to <see cref="LocateChanges"/>: sequence numbers from which to read forward, one for each LSN.</summary>
internal sealed record ChangesLocated(IReadOnlyList<long> FromSequences, long HeadSequence);

/// <summary>A tenant tells its parent that nobody has asked it for a while.</summary>
internal sealed record Idle(TenantId Tenant);

/// <summary>A tenant tells itself to look whether anybody has asked it for a while.</summary>
internal sealed class IdleLook
{
    private IdleLook()
    {
    }

    public static IdleLook Instance { get; } = new();
}

/// <summary>Stop behind what was accepted. The one message by which a tenant is stopped, also by a later cluster.</summary>
internal sealed class Stopping
{
    private Stopping()
    {
    }

    public static Stopping Instance { get; } = new();
}

/// <summary>Stop all tenants, and answer when the last one has stopped.</summary>
internal sealed class StopAll
{
    private StopAll()
    {
    }

    public static StopAll Instance { get; } = new();
}

/// <summary>Where a tenant that failed may be started again.</summary>
internal sealed record Retry(TenantId Tenant);

/// <summary>Where the failures of a tenant no longer count.</summary>
internal sealed record Forget(TenantId Tenant);

/// <summary>The refusals that actors make; all mean "come again".</summary>
internal static class ComeAgain
{
    public static Refusal Overloaded { get; } = new(ErrorCode.Overloaded, "The server cannot take this now; nothing was applied.");

    public static Refusal StorageUnavailable { get; } = new(
        ErrorCode.StorageUnavailable,
        "The journal cannot be reached; whether a push was stored is open: repeat it with the same message_id.");

    public static Refusal StreamInterrupted { get; } = new(
        ErrorCode.Overloaded, "The server has to interrupt this stream: open it again from the last id.");

    public static Refusal JournalDamaged { get; } = new(
        ErrorCode.StorageUnavailable,
        "The journal is damaged where this would have to be read; the server's log says where. Repeat a push with the same message_id.");
}
