using System.Text;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>
/// Collects one page of a pull (protocol 4.2) out of stored pushes, which are added in journal order from the event that holds the
/// first LSN above <c>after</c>, or earlier. Its changes are slices of those events.
/// </summary>
public sealed class PageBuilder
{
    private readonly byte[][]? _tables;
    private readonly byte[]? _notBy;
    private readonly bool _acceptCompressed;
    private readonly long _after;
    private PageCut _cut;
    private readonly bool _mayEndInGap;
    private long _scannedBytes;
    private bool _moreStands;

    /// <summary>An empty page.</summary>
    /// <param name="pull">What is asked for.</param>
    /// <param name="after">The page begins above this LSN.</param>
    /// <param name="pinned">The head as the first page of this pull saw it.</param>
    /// <param name="ownNode">The client's current node, whose changes <c>exclude_own</c> leaves out.</param>
    /// <param name="payloadBytesMax">Bytes of keys and data, about: the entry that crosses it still goes in.</param>
    /// <param name="mayEndInGap">
    /// Whether changes were written above the pinned head: then those up to it may all have been compacted away, and a full page looks on
    /// until one stands, so that <c>has_more</c> is exact. The newest change of all always stands.
    /// </param>
    public PageBuilder(
        Pull pull,
        long after,
        long pinned,
        NodeId ownNode,
        long payloadBytesMax = Limits.PagePayloadBytesMax,
        bool mayEndInGap = false)
    {
        _mayEndInGap = mayEndInGap;
        _after = after;
        _cut = new PageCut(after, pinned, pull.MaxEntries, payloadBytesMax);
        _acceptCompressed = pull.AcceptCompressed;
        Stored = new StoredChanges((int)Math.Min(pull.MaxEntries, Math.Max(0, pinned - after)));
        _notBy = pull.ExcludeOwn ? Encoding.UTF8.GetBytes(ownNode.Value) : null;
        _tables = pull.Tables?.Select(Encoding.UTF8.GetBytes).ToArray();
    }

    /// <summary>The changes so far, by LSN.</summary>
    public IReadOnlyList<StoredChange> Changes => Stored;

    /// <summary>The position: every change up to it is on this page or was left out because the pull asked for that.</summary>
    public long ServerLsn => _cut.ServerLsn;

    /// <summary>Whether changes up to the pinned head are still to come.</summary>
    public bool HasMore => _cut.HasMore;

    /// <summary>
    /// Whether the page takes no more. It also ends after <see cref="Limits.PageScanBytesMax"/> bytes of events, however little of them
    /// was wanted or accepted; but never before it has passed an LSN, or the next page would be the same again.
    /// </summary>
    public bool IsFull => (_cut.IsFull && (!_mayEndInGap || !HasMore || _moreStands))
        || (_scannedBytes >= Limits.PageScanBytesMax && ServerLsn > _after);

    internal StoredChanges Stored { get; }

    /// <summary>The nodes that pushed the changes so far, each once.</summary>
    public IReadOnlyList<NodeId> Authors()
    {
        var authors = new List<NodeId>();
        var last = default(ReadOnlyMemory<byte>);
        for (var i = 0; i < Stored.Count; i++)
        {
            // Changes of one push have one author: most are told by the first comparison.
            ref readonly var change = ref Stored[i];
            if (!change.Author.Span.SequenceEqual(last.Span)
                && NodeId.TryParse(Encoding.ASCII.GetString((last = change.Author).Span), out var author) && !authors.Contains(author))
            {
                authors.Add(author);
            }
        }

        return authors;
    }

    /// <summary>Takes what the page wants of the next event; one that brings nothing new costs next to nothing.</summary>
    /// <param name="pushedEvent">Bytes of the event of a push, which must not change while the page is used.</param>
    public void Add(ReadOnlyMemory<byte> pushedEvent)
    {
        if (IsFull)
        {
            return;
        }

        _scannedBytes += pushedEvent.Length;
        var view = new PushedView(pushedEvent);
        if (view.LastLsn <= ServerLsn || view.LsnCount == 0)
        {
            return;
        }

        var byOther = _notBy is null || !view.Author.Span.SequenceEqual(_notBy);
        var walk = new PushedWalk(view);
        var next = view.FirstLsn;
        while (walk.MoveNext())
        {
            if (walk.Verdict != Verdict.Accepted || !walk.HasRecord)
            {
                continue;
            }

            if (view.IsCompacted && walk.Lsn > next)
            {
                _cut.Pass(next, walk.Lsn - 1);
            }

            next = walk.Lsn + 1;
            if (_cut.IsFull)
            {
                _moreStands |= walk.Lsn > ServerLsn;
                return;
            }

            if (walk.Lsn > ServerLsn)
            {
                Offer(walk.Change(), byOther);
            }
        }

        if (view.IsCompacted)
        {
            _cut.Pass(next, view.LastLsn);
        }
    }

    private void Offer(in StoredChange change, bool byOther)
    {
        var payload = change.Key.Length + (_acceptCompressed ? change.Data.Length : change.DataBytes);
        if (_cut.Offer(change.Lsn, payload, byOther && IsWanted(change.Table.Span)))
        {
            Stored.Add(in change);
        }
    }

    private bool IsWanted(ReadOnlySpan<byte> table)
    {
        if (_tables is null)
        {
            return true;
        }

        foreach (var wanted in _tables)
        {
            if (table.SequenceEqual(wanted))
            {
                return true;
            }
        }

        return false;
    }
}
