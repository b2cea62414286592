using HeliosSync.Crash.History;

namespace HeliosSync.Crash.Checking;

/// <summary>
/// A tenant's journal as an audit pulled it. Where a compaction may have been at work, a version that a later one took the place of may be
/// missing: what is known of it is put in its place, or its place is excused.
/// </summary>
internal sealed class FullJournal
{
    private readonly List<StoredChange> _changes;
    private readonly Dictionary<long, StoredChange> _at = [];
    private readonly Dictionary<(string Table, string Key), long> _latest = [];
    private readonly HashSet<long> _excused = [];
    private readonly bool _mayLack;

    /// <param name="pulled">What was pulled.</param>
    /// <param name="head">The last LSN that there is.</param>
    /// <param name="mayLack">Whether superseded versions may be missing.</param>
    public FullJournal(IReadOnlyList<StoredChange> pulled, long head, bool mayLack)
    {
        (_changes, Head, _mayLack) = ([.. pulled], head, mayLack);
        foreach (var change in pulled)
        {
            _at[change.Lsn] = change;
            var row = (change.Table, change.Key);
            _latest[row] = Math.Max(_latest.GetValueOrDefault(row), change.Lsn);
        }
    }

    public long Head { get; }

    /// <summary>What was pulled, and behind it what was put in place.</summary>
    public IReadOnlyList<StoredChange> Changes => _changes;

    /// <summary>What stands at an LSN; null where nothing is known to.</summary>
    public StoredChange? At(long lsn) => _at.GetValueOrDefault(lsn);

    /// <summary>Whether a version may be missing, because a later one of its row was pulled.</summary>
    public bool MayLack(string table, string key, long lsn) => _mayLack && _latest.GetValueOrDefault((table, key)) > lsn;

    /// <summary>Whether it is known why nothing stands at an LSN.</summary>
    public bool IsExcused(long lsn) => _excused.Contains(lsn);

    /// <summary>What was known to stand at its LSN before; it counts where it may be missing, and is.</summary>
    public void Know(StoredChange before)
    {
        if (MayLack(before.Table, before.Key, before.Lsn) && _at.TryAdd(before.Lsn, before))
        {
            _changes.Add(before);
        }
    }

    /// <summary>Nothing need stand at that LSN, if a later version of the row does.</summary>
    public void Excuse(string table, string key, long lsn)
    {
        if (MayLack(table, key, lsn))
        {
            _excused.Add(lsn);
        }
    }

    /// <summary>The LSNs at which something is missing for no known reason.</summary>
    public IEnumerable<long> Holes()
    {
        for (var lsn = 1L; lsn <= Head; lsn++)
        {
            if (!_at.ContainsKey(lsn) && !_excused.Contains(lsn))
            {
                yield return lsn;
            }
        }
    }
}
