namespace HeliosSync.Domain;

/// <summary>A tenant's state after one event, which later events do not change.</summary>
/// <param name="ServerNode">The journal's own node.</param>
/// <param name="Head">The highest LSN.</param>
/// <param name="Sequence">Journal sequence number of the last event in it.</param>
/// <param name="Nodes">All nodes, in the order of their indexes.</param>
/// <param name="Clients">All clients.</param>
/// <param name="Rows">All rows' versions, in chunks.</param>
/// <param name="Marks">The index from LSN to sequence number.</param>
/// <param name="Times">When changes were written, as <see cref="WriteTimes"/> keeps it.</param>
public sealed record TenantSnapshot(
    Guid ServerNode,
    long Head,
    long Sequence,
    IReadOnlyList<NodeState> Nodes,
    IReadOnlyList<ClientSnapshot> Clients,
    IReadOnlyList<ReadOnlyMemory<RowVersion>> Rows,
    IReadOnlyList<JournalMark> Marks,
    IReadOnlyList<WriteMark> Times)
{
    /// <summary>The tenant's own conflict policies; null where those of the configuration hold.</summary>
    public ConflictPolicies? Policies { get; init; }

    /// <summary>The nodes that the journal had before it was restored from a backup, oldest first.</summary>
    public IReadOnlyList<Guid> FormerServerNodes { get; init; } = [];

    /// <summary>The conflict log, by id.</summary>
    public IReadOnlyList<ConflictEntry> Conflicts { get; init; } = [];
}
