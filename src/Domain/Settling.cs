namespace HeliosSync.Domain;

/// <summary>
/// Finds the open conflicts that a push settles: those that rules 3 or 4 would accept one of its accepted changes over, both versions
/// (protocol 4.7), and the one that it was pushed to settle. Changes nothing.
/// </summary>
internal sealed class Settling(ConflictLog log, Roster roster)
{
    private readonly List<ConflictEntry> _arisen = [];
    private readonly Dictionary<long, ConflictSettled> _settled = [];

    public void Begin()
    {
        _arisen.Clear();
        _settled.Clear();
    }

    /// <summary>A conflict arose in this very push. One that is in the log already does not come into it again.</summary>
    public void Arises(ConflictEntry entry)
    {
        if (entry.State == ConflictState.Open && !log.Has(entry))
        {
            _arisen.Add(entry);
        }
    }

    /// <summary>A change was accepted with that LSN.</summary>
    public void Accepts(in PushedChange change, long knownLsn, int author, long lsn)
    {
        if (log.HasOpen)
        {
            foreach (var entry in log.OpenOf(change.Row))
            {
                SettleWhereKnown(entry, in change, knownLsn, author, lsn);
            }
        }

        foreach (var entry in _arisen)
        {
            if (entry.Incoming.Row == change.Row)
            {
                SettleWhereKnown(entry, in change, knownLsn, author, lsn);
            }
        }
    }

    /// <summary>The conflict that the push is there to settle is settled.</summary>
    public void Settles(long id, ConflictState state, long lsn) => _settled[id] = new ConflictSettled(id, state, lsn);

    /// <summary>All of them, by id; null where there are none.</summary>
    public ConflictSettled[]? End() => _settled.Count == 0 ? null : [.. _settled.Values.OrderBy(static settled => settled.Id)];

    private void SettleWhereKnown(ConflictEntry entry, in PushedChange change, long knownLsn, int author, long lsn)
    {
        if (Knows(in change, knownLsn, author, entry.Met) && Knows(in change, knownLsn, author, entry.Incoming))
        {
            _settled.TryAdd(entry.Id, new ConflictSettled(entry.Id, ConflictState.Merged, lsn));
        }
    }

    /// <summary>Rules 3 and 4 of protocol 5.3; a version that was refused has no LSN to be known by.</summary>
    private bool Knows(in PushedChange change, long knownLsn, int author, in RowVersion version) =>
        (version.Lsn > 0 && knownLsn >= version.Lsn)
        || (version.DotValid && change.Clock[roster[version.Author].Node] >= version.Counter)
        || (version.Author == author && change.LocalLsn > version.LocalLsn);
}
