namespace HeliosSync.Domain;

/// <summary>Where a conflict stands (protocol 4.7). The numbers are stored.</summary>
public enum ConflictState : byte
{
    /// <summary>Somebody has to settle it.</summary>
    Open = 0,

    /// <summary>Settled when it arose: the policy was for the version that stood.</summary>
    ServerWon = 1,

    /// <summary>Settled when it arose: the policy was for the change.</summary>
    ClientWon = 2,

    /// <summary>Settled by a change that knows both versions, or was pushed to settle it.</summary>
    Merged = 3,

    /// <summary>Settled by a word: the version that stands is to stay.</summary>
    KeptServer = 4,
}

/// <summary>An open conflict was settled; stands in the event of the push that did it.</summary>
/// <param name="Id">Which.</param>
/// <param name="State">How: <see cref="ConflictState.Merged"/> or <see cref="ConflictState.KeptServer"/>.</param>
/// <param name="Lsn">The LSN that stands for the change that settled it; 0 where it took none.</param>
public readonly record struct ConflictSettled(long Id, ConflictState State, long Lsn);

/// <summary>
/// One entry of the conflict log (protocol 4.7): where its content stands in the journal, and what is needed to tell what settles it.
/// Immutable.
/// </summary>
/// <param name="Id">
/// Sequence number of its event times <see cref="Limits.BatchChangesMax"/>, plus the place of its change in the batch: the same after any
/// replay, and rising.
/// </param>
/// <param name="AtMicros">When it arose: microseconds since the Unix epoch.</param>
/// <param name="Type">Its kind.</param>
/// <param name="Policy">The policy that was in force.</param>
/// <param name="Incoming">The change as a version: its LSN is 0 where it was refused.</param>
/// <param name="Met">The version that it met.</param>
public sealed record ConflictEntry(
    long Id, long AtMicros, ConflictType Type, ConflictPolicy Policy, RowVersion Incoming, RowVersion Met)
{
    /// <summary>Where it stands.</summary>
    public ConflictState State { get; init; }

    /// <summary>When it was settled; 0 while it is open.</summary>
    public long SettledMicros { get; init; }

    /// <summary>Index of the node that settled it, −1 where none did.</summary>
    public int SettledBy { get; init; } = -1;

    /// <summary>The LSN that stands for the change that settled it; 0 where there is none.</summary>
    public long SettledLsn { get; init; }

    /// <summary>Sequence number of the event that holds it.</summary>
    public long Sequence => Id / Limits.BatchChangesMax;

    /// <summary>The place of its change in the batch.</summary>
    public int Index => (int)(Id % Limits.BatchChangesMax);

    /// <summary>How the conflict ended when it arose.</summary>
    public Resolution Resolution => State switch
    {
        ConflictState.ServerWon => Resolution.ServerWon,
        ConflictState.ClientWon => Resolution.ClientWon,
        _ => Resolution.Rejected,
    };
}

/// <summary>
/// A tenant's conflict log: an index over the journal, which has the conflicts whole. It holds at most
/// <see cref="Limits.ConflictsMax"/> of the last 90 days; what is beyond goes when another comes, so that a replay ends the same.
/// </summary>
public sealed class ConflictLog
{
    private readonly List<ConflictEntry?> _entries = [];
    private readonly Dictionary<Hash128, List<long>> _open = [];
    private readonly HashSet<ContentKey> _known = [];
    private int _start;

    /// <summary>How many there are.</summary>
    public int Count => _entries.Count - _start;

    /// <summary>Entries that went for want of room, before their 90 days were over, since this state was made.</summary>
    public long PushedOut { get; private set; }

    /// <summary>Whether any is open.</summary>
    public bool HasOpen => _open.Count > 0;

    /// <summary>The entry with that id; null where there is none, or none any more.</summary>
    public ConflictEntry? Find(long id)
    {
        var at = FirstAbove(id - 1);
        return at < _entries.Count && _entries[at]!.Id == id ? _entries[at] : null;
    }

    /// <summary>Entries with a higher id, rising.</summary>
    /// <param name="id">The id.</param>
    /// <param name="fromMicros">None that arose before.</param>
    /// <param name="open">Only open ones, or only settled ones; null: all.</param>
    public IEnumerable<ConflictEntry> Above(long id, long fromMicros, bool? open)
    {
        for (var at = FirstAbove(id); at < _entries.Count; at++)
        {
            var entry = _entries[at]!;
            if (entry.AtMicros >= fromMicros && (open is null || open == (entry.State == ConflictState.Open)))
            {
                yield return entry;
            }
        }
    }

    /// <summary>The newest open conflicts of a row, at most <see cref="Limits.ConflictsSettledAtOnceMax"/>.</summary>
    public IEnumerable<ConflictEntry> OpenOf(Hash128 row) => _open.TryGetValue(row, out var ids)
        ? ids.TakeLast(Limits.ConflictsSettledAtOnceMax).Select(id => Find(id)!)
        : [];

    /// <summary>Whether the same author, number and content has met the same version before.</summary>
    public bool Has(ConflictEntry entry) => _known.Contains(ContentKey.Of(entry));

    /// <summary>
    /// Adds an entry above all others, unless the same author, number and content has met the same version before (protocol 4.7).
    /// </summary>
    public void Add(ConflictEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (!_known.Add(ContentKey.Of(entry)))
        {
            return;
        }

        _entries.Add(entry);
        if (entry.State == ConflictState.Open)
        {
            if (!_open.TryGetValue(entry.Incoming.Row, out var ids))
            {
                _open.Add(entry.Incoming.Row, ids = []);
            }

            ids.Add(entry.Id);
        }

        while (Count > 1 && (Count > Limits.ConflictsMax || IsOver(entry.AtMicros)))
        {
            PushedOut += IsOver(entry.AtMicros) ? 0 : 1;
            DropOldest();
        }
    }

    /// <summary>Settles an entry; nothing where there is none any more.</summary>
    public void Settle(in ConflictSettled settled, long atMicros, int by)
    {
        if (Find(settled.Id) is not { State: ConflictState.Open } entry)
        {
            return;
        }

        CloseOpen(entry);
        _entries[FirstAbove(entry.Id - 1)] = entry with
        {
            State = settled.State,
            SettledMicros = atMicros,
            SettledBy = by,
            SettledLsn = settled.Lsn,
        };
    }

    /// <summary>The entries as they are now.</summary>
    public ConflictEntry[] Freeze() => [.. _entries.Skip(_start).Select(static entry => entry!)];

    /// <summary>Whether the oldest has had its 90 days.</summary>
    private bool IsOver(long nowMicros) => _entries[_start]!.AtMicros < nowMicros - Limits.ConflictMicrosMax;

    private void DropOldest()
    {
        var oldest = _entries[_start]!;
        if (oldest.State == ConflictState.Open)
        {
            CloseOpen(oldest);
        }

        _known.Remove(ContentKey.Of(oldest));
        _entries[_start++] = null;
        if (_start > 64 && _start * 2 > _entries.Count)
        {
            _entries.RemoveRange(0, _start);
            _start = 0;
        }
    }

    private void CloseOpen(ConflictEntry entry)
    {
        var ids = _open[entry.Incoming.Row];
        ids.Remove(entry.Id);
        if (ids.Count == 0)
        {
            _open.Remove(entry.Incoming.Row);
        }
    }

    private int FirstAbove(long id)
    {
        int low = _start, high = _entries.Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = _entries[middle]!.Id > id ? (low, middle) : (middle + 1, high);
        }

        return low;
    }

    private readonly record struct ContentKey(int Author, long LocalLsn, Hash128 Row, Operation Operation, ulong Content, long MetLsn)
    {
        public static ContentKey Of(ConflictEntry e) => new(
            e.Incoming.Author, e.Incoming.LocalLsn, e.Incoming.Row, e.Incoming.Operation, e.Incoming.Content, e.Met.Lsn);
    }
}
