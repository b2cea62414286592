using HeliosSync.Crash.History;

namespace HeliosSync.Crash.Checking;

/// <summary>What one client was given, and the position that it stores because it was told so.</summary>
internal sealed class ClientBook
{
    private readonly HashSet<long> _known = [];
    private readonly List<long> _unknown = [];
    private readonly List<(PullSent Asked, PullAnswered Page)> _pages = [];
    private long _position;

    /// <summary>It holds the change at this LSN.</summary>
    public void Know(long lsn) => _known.Add(lsn);

    /// <summary>A page to be compared with the next audit.</summary>
    public void Take(PullSent asked, PullAnswered page) => _pages.Add((asked, page));

    /// <summary>It is told a position, and stores it where it is higher.</summary>
    public void Store(long position)
    {
        for (; _position < position; _position++)
        {
            if (!_known.Contains(_position + 1))
            {
                // Perhaps a change of its own, whose answer it still waits for: the audit knows.
                _unknown.Add(_position + 1);
            }
        }
    }

    /// <summary>Compares all that it was given since the last audit.</summary>
    public void Audit(string name, FullJournal journal, Findings findings)
    {
        foreach (var lsn in _unknown.Where(l => MissesAt(name, journal, l)))
        {
            findings.Add(Oracle.PassedOver, $"{name} stored a position at or above {lsn}, which it was not given");
        }

        _unknown.Clear();
        foreach (var (asked, page) in _pages)
        {
            var given = page.Changes.Select(static c => c.Lsn).ToHashSet();
            foreach (var change in Between(journal, asked.After, page.ServerLsn).Where(c => Concerns(c, asked) && !given.Contains(c.Lsn)
                && !journal.MayLack(c.Table, c.Key, c.Lsn)))
            {
                findings.Add(Oracle.PassedOver, $"{name}'s page from {asked.After} to {page.ServerLsn} lacks {change.Lsn}");
            }
        }

        _pages.Clear();
    }

    private static bool MissesAt(string name, FullJournal journal, long lsn) => journal.At(lsn) is { } there
        ? there.Author != name && !journal.MayLack(there.Table, there.Key, lsn)
        : !journal.IsExcused(lsn);

    private static IEnumerable<StoredChange> Between(FullJournal journal, long after, long upTo) =>
        journal.Changes.Where(c => c.Lsn > after && c.Lsn <= Math.Min(upTo, journal.Head));

    private static bool Concerns(StoredChange change, PullSent asked) =>
        (asked.Table is null || asked.Table == change.Table) && !(asked.ExcludeOwn && change.Author == asked.Client);
}
