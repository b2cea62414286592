namespace HeliosSync.Domain;

/// <summary>What the journal of a tenant is made of: one event a command, whole in itself.</summary>
public abstract record TenantEvent;

/// <summary>The tenant's conflict policies were set, or given up for those of the configuration (protocol 5.5).</summary>
/// <param name="Policies">The policies; null: those that the server is configured with, whatever they are.</param>
/// <param name="By">Whose token it was.</param>
/// <param name="ServerNode">The journal's own node, as in <see cref="Registered"/>.</param>
/// <param name="AtMicros">When: microseconds since the Unix epoch.</param>
public sealed record PolicySet(ConflictPolicies? Policies, ClientId By, Guid ServerNode, long AtMicros) : TenantEvent;

/// <summary>A client registered, or changed its node or metadata (protocol 4.1).</summary>
/// <param name="Client">Who.</param>
/// <param name="Node">The life it is in from now on.</param>
/// <param name="ServerNode">The journal's own node; made with the tenant's first registration, the same in all others.</param>
/// <param name="Metadata">What replaces the client's metadata.</param>
/// <param name="AtMicros">When: microseconds since the Unix epoch.</param>
/// <param name="First">Whether the tenant did not know the client before.</param>
public sealed record Registered(
    ClientId Client, NodeId Node, Guid ServerNode, IReadOnlyList<MetadataEntry> Metadata, long AtMicros, bool First) : TenantEvent;

/// <summary>
/// The journal up to here came from a backup; what was written behind it before is lost. It is another journal from now on, and every
/// client has to register again (protocol 4.1).
/// </summary>
/// <param name="ServerNode">The journal's own node from now on.</param>
/// <param name="AtMicros">When: microseconds since the Unix epoch.</param>
public sealed record Restored(Guid ServerNode, long AtMicros) : TenantEvent;

/// <summary>Why a client was forgotten (docs/protocol.md 6.6).</summary>
public enum ForgetReason : byte
{
    /// <summary>An administrator asked for it.</summary>
    Asked = 1,

    /// <summary>Nothing was heard of it for as long as the server was set to wait.</summary>
    Silent = 2,
}

/// <summary>
/// A client is registered no longer: its message ids, metadata and position are gone. Its nodes stay, with what was judged of them:
/// rows name them as authors, and they are the client's for ever (protocol 4.1).
/// </summary>
/// <param name="Client">Who.</param>
/// <param name="AtMicros">When: microseconds since the Unix epoch.</param>
/// <param name="Reason">Why.</param>
public sealed record Forgotten(ClientId Client, long AtMicros, ForgetReason Reason) : TenantEvent;

/// <summary>A client's last contact.</summary>
/// <param name="Client">Who.</param>
/// <param name="AtMicros">When: microseconds since the Unix epoch.</param>
public readonly record struct Contact(ClientId Client, long AtMicros);

/// <summary>Clients were heard of that have long pushed nothing: so their last contact survives a restart, to about a day.</summary>
/// <param name="Contacts">At most 1,000 registered clients.</param>
public sealed record Seen(IReadOnlyList<Contact> Contacts) : TenantEvent;

/// <summary>
/// Events were here, and nothing of them is needed any more: compaction took them away (docs/protocol.md 6.8). Its own number is the last
/// of theirs.
/// </summary>
/// <param name="Before">How many of them stood right before it.</param>
/// <param name="FirstLsn">The first LSN of theirs, or the one that they would have had.</param>
/// <param name="LastLsn">The head after them.</param>
public sealed record Compacted(long Before, long FirstLsn, long LastLsn) : TenantEvent;

/// <summary>What became of one change of a push (protocol 5.3).</summary>
public enum Verdict : byte
{
    /// <summary>Written, with an LSN of its own.</summary>
    Accepted = 1,

    /// <summary>Written before, under another message id (rule 2).</summary>
    Repeated = 2,

    /// <summary>A later change of the same node already stands (rule 4).</summary>
    Superseded = 3,

    /// <summary>The row already is what the change would make it (rule 5).</summary>
    Converged = 4,

    /// <summary>Refused: made without knowledge of the row's version (rule 6).</summary>
    Conflicting = 5,

    /// <summary>Nothing against it, but its atomic batch was refused.</summary>
    Withdrawn = 6,
}

/// <summary>The kinds of conflict (protocol 5.5).</summary>
public enum ConflictType : byte
{
    /// <summary>No conflict.</summary>
    None = 0,

    /// <summary>Both sides made the row.</summary>
    UniqueConstraintViolation = 1,

    /// <summary>Both sides changed the row.</summary>
    ConcurrentUpdate = 2,

    /// <summary>The row was deleted, the change would bring it back.</summary>
    DeletedOnServer = 3,

    /// <summary>The row was changed, the change would delete it.</summary>
    UpdatedOnServer = 4,
}

/// <summary>How a conflict ended (protocol 5.5). The numbers are stored.</summary>
public enum Resolution : byte
{
    /// <summary>Nothing was applied; the client merges and pushes again.</summary>
    Rejected = 1,

    /// <summary>Nothing was applied, and nothing is left to do: the policy is for the version that stands.</summary>
    ServerWon = 2,

    /// <summary>The change was applied over a version that it does not know.</summary>
    ClientWon = 3,
}

/// <summary>The outcome of one change of a push.</summary>
/// <param name="Verdict">What became of it.</param>
/// <param name="LocalLsn">The client's number for it.</param>
/// <param name="Lsn">The LSN that it got, or of the version that stands instead or that it met; 0 where it was withdrawn.</param>
/// <param name="Counter">The author's counter in it, 0 where it had none.</param>
/// <param name="DotValid">Whether that counter was above every one judged from this node before.</param>
/// <param name="Conflict">The kind of conflict; none where there was none.</param>
/// <param name="Others">The entries of other nodes that an accepted change is stored with.</param>
public readonly record struct Judgement(
    Verdict Verdict, long LocalLsn, long Lsn, long Counter, bool DotValid, ConflictType Conflict, VectorClock Others)
{
    /// <summary>The policy that was in force for the table, where there was a conflict.</summary>
    public ConflictPolicy Policy { get; init; }

    /// <summary>Of a conflict that was not won: whether it is settled by that.</summary>
    public bool ServerWon { get; init; }

    /// <summary>How the conflict ended; 0 where there was none. An accepted change that has one won it.</summary>
    public Resolution Resolution => Conflict == ConflictType.None ? 0
        : Verdict == Verdict.Accepted ? Resolution.ClientWon
        : ServerWon ? Resolution.ServerWon : Resolution.Rejected;
}

/// <summary>
/// How much compaction left of a push. What it says of node and client holds after the event, so it does not matter what else is left.
/// </summary>
/// <param name="Before">How many events right before it are gone.</param>
/// <param name="LastLsn">The head after it. LSNs from its first one to here that it does not name are gone.</param>
/// <param name="HasOutcome">Whether it can answer a repeat; else its message id is forgotten.</param>
/// <param name="AcceptedCounter">The author's entry in the tenant's merged clock.</param>
/// <param name="Conflicts">How many of the client's changes were in conflict since it registered.</param>
/// <param name="Changes">One for each judgement.</param>
public sealed record Remains(
    long Before, long LastLsn, bool HasOutcome, long AcceptedCounter, long Conflicts, ReadOnlyMemory<RemainingChange> Changes);

/// <summary>What compaction left of one change.</summary>
/// <param name="Place">Its place in the batch, from 0.</param>
/// <param name="IsGone">Whether only what became of it is left: it was accepted, and later ones stand.</param>
/// <param name="IsUnlogged">Whether it is a conflict that the log no longer has, or never had.</param>
public readonly record struct RemainingChange(int Place, bool IsGone, bool IsUnlogged);

/// <summary>A push was judged: its outcome and its changes in one event, so that exactly-once needs no second write.</summary>
/// <param name="Message">The push's message id.</param>
/// <param name="Digest">What other content under the same id is told by.</param>
/// <param name="Client">Who pushed.</param>
/// <param name="Author">The client's node at that time.</param>
/// <param name="AtMicros">When it was judged: microseconds since the Unix epoch.</param>
/// <param name="Refused">Whether it was atomic and met a conflict, so that nothing was applied.</param>
/// <param name="FirstLsn">The LSN that its first accepted change has, or would have had: the head before it, plus one.</param>
/// <param name="Judgements">One for each change, in the order of the batch.</param>
/// <param name="Changes">
/// As many: accepted and conflicting ones whole (an accepted one's clock is not kept, see <see cref="Judgement.Others"/>),
/// of the others nothing once the event was read back.
/// </param>
/// <param name="JudgedLsn">The highest local number judged from this node, this push included.</param>
/// <param name="JudgedCounter">The highest counter judged from this node, this push included.</param>
public sealed record Pushed(
    Guid Message,
    Hash128 Digest,
    ClientId Client,
    NodeId Author,
    long AtMicros,
    bool Refused,
    long FirstLsn,
    ReadOnlyMemory<Judgement> Judgements,
    ReadOnlyMemory<PushedChange> Changes,
    long JudgedLsn,
    long JudgedCounter) : TenantEvent
{
    /// <summary>For each change, the LSN of the version that it won over, else 0; null where none won over any.</summary>
    public long[]? WonOver { get; init; }

    /// <summary>The conflicts that it settled, by id; null where it settled none.</summary>
    public ConflictSettled[]? Settled { get; init; }

    /// <summary>Where compaction took something away: what is left; judgements and changes are those alone then. Else null.</summary>
    public Remains? Remains { get; init; }

    /// <summary>How many changes got an LSN; unless compacted, these are dense from <see cref="FirstLsn"/>.</summary>
    public int AcceptedCount
    {
        get
        {
            var count = 0;
            foreach (ref readonly var judgement in Judgements.Span)
            {
                count += judgement.Verdict == Verdict.Accepted ? 1 : 0;
            }

            return count;
        }
    }
}
