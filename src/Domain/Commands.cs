namespace HeliosSync.Domain;

/// <summary>One entry of a registration's metadata: a name of 1 to 64 and a value of 0 to 512 characters.</summary>
public readonly record struct MetadataEntry(string Name, string Value);

/// <summary>A client introduces itself, at every start (protocol 4.1).</summary>
/// <param name="Client">Who.</param>
/// <param name="Node">The life it is in.</param>
/// <param name="LastKnownLsn">Up to where it has applied everything.</param>
/// <param name="LastLocalLsn">The highest local number that this node has used; null where it did not say.</param>
/// <param name="Clock">What it knows; only the server node's entry is looked at.</param>
/// <param name="ServerNode">The journal that it knows; null where it did not say.</param>
/// <param name="Metadata">At most 32 entries.</param>
/// <param name="OnlyIfAbsent">Do nothing where the client is registered already: a held registration is being claimed.</param>
public sealed record Register(
    ClientId Client,
    NodeId Node,
    long LastKnownLsn,
    long? LastLocalLsn,
    VectorClock Clock,
    NodeId? ServerNode,
    IReadOnlyList<MetadataEntry> Metadata,
    bool OnlyIfAbsent = false)
{
    /// <summary>
    /// Whether a held registration named a position above 0. It begins at 0 all the same; but it must not admit a client that stands in a
    /// journal that is lost.
    /// </summary>
    public bool StoodSomewhere { get; init; }
}

/// <summary>A batch of a client's changes (protocol 4.3).</summary>
/// <param name="Message">The id under which it is repeated until it is answered.</param>
/// <param name="Client">Who pushes.</param>
/// <param name="Clock">What the client knows at the time of the push; it never excuses a conflict (protocol 5.3).</param>
/// <param name="ServerNode">The journal that it knows; null where it did not say.</param>
/// <param name="Atomic">Whether any conflict refuses the whole batch.</param>
/// <param name="Changes">1 to 1,000 changes, each local number once.</param>
/// <param name="Digest">Keyed hash of the decoded changes and of <paramref name="Atomic"/>: what "same content" means.</param>
public sealed record Push(
    Guid Message,
    ClientId Client,
    VectorClock Clock,
    NodeId? ServerNode,
    bool Atomic,
    ReadOnlyMemory<PushedChange> Changes,
    Hash128 Digest)
{
    /// <summary>
    /// Id of the conflict that this push is there to settle: with its one change or, where it has none, by keeping the version that stands
    /// (protocol 4.7). 0: an ordinary push.
    /// </summary>
    public long Settles { get; init; }
}

/// <summary>A client asks for everybody's changes (protocol 4.2).</summary>
/// <param name="Message">The request's id, which the answer repeats.</param>
/// <param name="Client">Who pulls.</param>
/// <param name="SinceLsn">Changes above it are wanted.</param>
/// <param name="MaxEntries">Entries of a page, 1 to 1,000.</param>
/// <param name="ContinuationToken">As an earlier page gave it; null for the first page.</param>
/// <param name="ServerNode">The journal that the client knows; null where it did not say.</param>
/// <param name="Tables">Only these tables, sorted by bytes, each once; null for all.</param>
/// <param name="ExcludeOwn">Leave out the changes of the client's current node.</param>
/// <param name="Base64">Keys and data as base64 strings instead of arrays of integers.</param>
/// <param name="AcceptCompressed">Send entries that are stored compressed as they are.</param>
/// <param name="WaitMillis">Milliseconds to wait for a change where there is nothing new, at most 60,000.</param>
public sealed record Pull(
    Guid Message,
    ClientId Client,
    long SinceLsn,
    int MaxEntries,
    string? ContinuationToken,
    NodeId? ServerNode,
    IReadOnlyList<string>? Tables,
    bool ExcludeOwn,
    bool Base64,
    bool AcceptCompressed,
    int WaitMillis = 0);

/// <summary>A client says that it lives (protocol 4.4).</summary>
/// <param name="Client">Who.</param>
/// <param name="CurrentLsn">Up to where it has applied everything.</param>
public sealed record Heartbeat(ClientId Client, long CurrentLsn);
