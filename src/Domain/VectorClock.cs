namespace HeliosSync.Domain;

/// <summary>How two clocks relate: exactly one of these holds for any two.</summary>
public enum ClockOrder
{
    /// <summary>Both know the same.</summary>
    Equal,

    /// <summary>The first knows less.</summary>
    Before,

    /// <summary>The first knows more.</summary>
    After,

    /// <summary>Each knows something that the other does not.</summary>
    Concurrent,
}

/// <summary>One entry of a clock: a node and how far it is known, 1 to 2^53−1.</summary>
public readonly record struct ClockEntry(NodeId Node, long Counter);

/// <summary>
/// What is known of each node's writes (protocol 5.1, 5.3). Immutable; entries sorted by node; an entry of 0 is no entry,
/// so it is absent from comparison, equality, hash and JSON alike.
/// </summary>
public sealed class VectorClock : IEquatable<VectorClock>
{
    private readonly ClockEntry[] _entries;

    private VectorClock(ClockEntry[] entries) => _entries = entries;

    /// <summary>The clock that knows nothing.</summary>
    public static VectorClock Empty { get; } = new([]);

    /// <summary>The entries above 0, by node.</summary>
    public ReadOnlySpan<ClockEntry> Entries => _entries;

    /// <summary>How many nodes have an entry.</summary>
    public int Count => _entries.Length;

    /// <summary>What is known of that node; 0 where nothing is.</summary>
    public long this[NodeId node]
    {
        get
        {
            var at = Find(node);
            return at < 0 ? 0 : _entries[at].Counter;
        }
    }

    /// <summary>
    /// A clock of these entries, in any order; zeros are dropped. Null where a node stands twice, or a value is outside 0…2^53−1.
    /// </summary>
    public static VectorClock? TryCreate(ReadOnlySpan<ClockEntry> entries)
    {
        if (entries.IsEmpty)
        {
            return Empty;
        }

        var sorted = entries.ToArray();
        Array.Sort(sorted, static (a, b) => a.Node.CompareTo(b.Node));
        var zeros = 0;
        for (var i = 0; i < sorted.Length; i++)
        {
            if (sorted[i].Counter is < 0 or > Limits.SafeIntegerMax || (i > 0 && sorted[i].Node == sorted[i - 1].Node))
            {
                return null;
            }

            zeros += sorted[i].Counter == 0 ? 1 : 0;
        }

        return zeros == 0 ? new VectorClock(sorted) : new VectorClock(Array.FindAll(sorted, static e => e.Counter > 0));
    }

    /// <summary>This clock with that node's entry raised by one; throws where it would pass 2^53−1.</summary>
    public VectorClock Advance(NodeId node)
    {
        var counter = this[node];
        return counter < Limits.SafeIntegerMax
            ? With(node, counter + 1)
            : throw new OverflowException($"The clock entry of {node} cannot rise above 2^53-1.");
    }

    /// <summary>This clock with that node's entry set; 0 removes it.</summary>
    public VectorClock With(NodeId node, long counter)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(counter);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(counter, Limits.SafeIntegerMax);
        var at = Find(node);
        if (at < 0)
        {
            return counter == 0 ? this : new VectorClock([.. _entries[..~at], new ClockEntry(node, counter), .. _entries[~at..]]);
        }

        return counter == 0
            ? new VectorClock([.. _entries[..at], .. _entries[(at + 1)..]])
            : new VectorClock([.. _entries[..at], new ClockEntry(node, counter), .. _entries[(at + 1)..]]);
    }

    /// <summary>The least clock that knows what either knows.</summary>
    public VectorClock Merge(VectorClock other)
    {
        ArgumentNullException.ThrowIfNull(other);
        var merged = new List<ClockEntry>(Count + other.Count);
        foreach (var (node, left, right) in new Pairs(this, other))
        {
            merged.Add(new ClockEntry(node, Math.Max(left, right)));
        }

        return new VectorClock([.. merged]);
    }

    /// <summary>How this clock relates to the other.</summary>
    public ClockOrder CompareTo(VectorClock other)
    {
        ArgumentNullException.ThrowIfNull(other);
        bool less = false, more = false;
        foreach (var (_, left, right) in new Pairs(this, other))
        {
            less |= left < right;
            more |= left > right;
        }

        return (less, more) switch
        {
            (false, false) => ClockOrder.Equal,
            (true, false) => ClockOrder.Before,
            (false, true) => ClockOrder.After,
            _ => ClockOrder.Concurrent,
        };
    }

    /// <inheritdoc/>
    public bool Equals(VectorClock? other) => other is not null && _entries.AsSpan().SequenceEqual(other._entries);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as VectorClock);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var entry in _entries)
        {
            hash.Add(entry);
        }

        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public override string ToString() => "{" + string.Join(", ", _entries.Select(static e => $"{e.Node}: {e.Counter}")) + "}";

    private int Find(NodeId node)
    {
        int low = 0, high = _entries.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = _entries[middle].Node.CompareTo(node);
            if (order == 0)
            {
                return middle;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return ~low;
    }

    /// <summary>Walks two clocks side by side, each node once.</summary>
    private ref struct Pairs(VectorClock left, VectorClock right)
    {
        private readonly ReadOnlySpan<ClockEntry> _left = left._entries;
        private readonly ReadOnlySpan<ClockEntry> _right = right._entries;
        private int _l;
        private int _r;

        public (NodeId Node, long Left, long Right) Current { get; private set; }

        public readonly Pairs GetEnumerator() => this;

        public bool MoveNext()
        {
            if (_l == _left.Length && _r == _right.Length)
            {
                return false;
            }

            var order = _l == _left.Length ? 1 : _r == _right.Length ? -1 : _left[_l].Node.CompareTo(_right[_r].Node);
            var node = order <= 0 ? _left[_l].Node : _right[_r].Node;
            Current = (node, order <= 0 ? _left[_l++].Counter : 0, order >= 0 ? _right[_r++].Counter : 0);
            return true;
        }
    }
}
