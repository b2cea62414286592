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
    private readonly LatestChanges? _latest;
    private readonly long _after;
    private readonly bool _mayEndInGap;
    private PageCut _cut;
    private long _scannedBytes;
    private bool _moreStands;

    /// <summary>An empty page.</summary>
    /// <param name="pull">What is asked for.</param>
    /// <param name="after">The page begins above this LSN.</param>
    /// <param name="pinned">The head as the first page of this pull saw it.</param>
    /// <param name="ownNode">The client's current node, whose changes <c>exclude_own</c> leaves out.</param>
    /// <param name="payloadBytesMax">Bytes of keys and data, about: the entry that crosses it still goes in.</param>
    /// <param name="latest">
    /// Of the changes up to its head, at most the pinned one, only those are given that were their rows' latest; null: all are given.
    /// </param>
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
        LatestChanges? latest = null,
        bool mayEndInGap = false)
    {
        _mayEndInGap = mayEndInGap;
        _after = after;
        _latest = latest is null || latest.Head <= pinned ? latest : throw new ArgumentException(
            $"What is superseded at {latest.Head} may stand at {pinned}.", nameof(latest));
        _cut = new PageCut(after, pinned, pull.MaxEntries, payloadBytesMax);
        _acceptCompressed = pull.AcceptCompressed;
        Stored = new StoredChanges((int)Math.Min(pull.MaxEntries, Math.Max(0, pinned - after)));
        _notBy = pull.ExcludeOwn ? Encoding.UTF8.GetBytes(ownNode.Value) : null;
        _tables = pull.Tables?.Select(Encoding.UTF8.GetBytes).ToArray();
        Seek();
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

    /// <summary>
    /// Moves over the changes that are not given because a later one up to the pinned head stands for their row, where the page takes more.
    /// The LSN of the next that is given: the events before it need not be added.
    /// </summary>
    public long Seek()
    {
        var next = _latest is null ? ServerLsn + 1 : _latest.NextFrom(ServerLsn + 1);
        if (!IsFull && next > ServerLsn + 1)
        {
            _cut.Pass(ServerLsn + 1, next - 1);
        }

        return next;
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
                if (IsLatest(walk.Lsn))
                {
                    _moreStands |= walk.Lsn > ServerLsn;
                    return;
                }

                _cut.Pass(walk.Lsn, walk.Lsn);
                continue;
            }

            if (walk.Lsn > ServerLsn)
            {
                Offer(in walk, byOther);
            }
        }

        if (view.IsCompacted)
        {
            _cut.Pass(next, view.LastLsn);
        }
    }

    private void Offer(scoped in PushedWalk walk, bool byOther)
    {
        if (!IsLatest(walk.Lsn))
        {
            _cut.Pass(walk.Lsn, walk.Lsn);
            return;
        }

        var change = walk.Change();
        var payload = change.Key.Length + (_acceptCompressed ? change.Data.Length : change.DataBytes);
        if (_cut.Offer(change.Lsn, payload, byOther && IsWanted(change.Table.Span)))
        {
            Stored.Add(in change);
        }
    }

    private bool IsLatest(long lsn) => _latest is null || _latest.NextFrom(lsn) == lsn;

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
