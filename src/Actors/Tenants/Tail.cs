namespace HeliosSync.Actors.Tenants;

/// <summary>Bytes of recent events that all tenants together may keep in memory.</summary>
internal sealed class TailBudget(long bytesMax)
{
    private long _bytes;

    public bool IsSpent => Volatile.Read(ref _bytes) > bytesMax;

    public void Take(long bytes) => Interlocked.Add(ref _bytes, bytes);
}

/// <summary>
/// A tenant's recent durable events that have LSNs, without a gap; bounded in bytes for itself and over all tenants.
/// What falls off is read from the journal.
/// </summary>
internal sealed class Tail(long bytesMax, TailBudget budget)
{
    private readonly List<Entry> _entries = [];
    private int _start;
    private long _bytes;

    public void Add(long firstLsn, long lastLsn, byte[] bytes)
    {
        _entries.Add(new Entry(firstLsn, lastLsn, bytes));
        Count(bytes.Length);
        while (_start < _entries.Count && (_bytes > bytesMax || budget.IsSpent))
        {
            Count(-_entries[_start].Bytes.Length);
            _entries[_start++] = default;
        }

        if (_start > 64 && _start * 2 > _entries.Count)
        {
            _entries.RemoveRange(0, _start);
            _start = 0;
        }
    }

    /// <summary>The events above that LSN, up to about so many bytes; null where the tail does not have them from there on.</summary>
    public IReadOnlyList<byte[]>? Above(long lsn, long bytesWanted)
    {
        if (_start == _entries.Count || _entries[_start].FirstLsn > lsn + 1 || _entries[^1].LastLsn <= lsn)
        {
            return null;
        }

        var events = new List<byte[]>();
        for (var at = FirstAbove(lsn); at < _entries.Count && bytesWanted > 0; at++)
        {
            events.Add(_entries[at].Bytes);
            bytesWanted -= _entries[at].Bytes.Length;
        }

        return events;
    }

    public void Clear()
    {
        Count(-_bytes);
        _entries.Clear();
        _start = 0;
    }

    private int FirstAbove(long lsn)
    {
        int low = _start, high = _entries.Count - 1;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = _entries[middle].LastLsn > lsn ? (low, middle) : (middle + 1, high);
        }

        return low;
    }

    private void Count(long bytes)
    {
        _bytes += bytes;
        budget.Take(bytes);
    }

    private readonly record struct Entry(long FirstLsn, long LastLsn, byte[] Bytes);
}
