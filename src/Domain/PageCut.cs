namespace HeliosSync.Domain;

/// <summary>
/// Where a page of a pull ends (protocol 4.2), and the position that may be given with it (5.4, the safe-position rule):
/// the last LSN up to which every change was given, or left out because the client asked for that.
/// </summary>
/// <param name="after">The page begins above this LSN.</param>
/// <param name="pinned">The head as the first page of this pull saw it; nothing above it is given.</param>
/// <param name="entriesMax">Entries of the page, at least 1.</param>
/// <param name="payloadBytesMax">Bytes of payload of the page, about: the entry that crosses it still goes in.</param>
public struct PageCut(long after, long pinned, int entriesMax, long payloadBytesMax = Limits.PagePayloadBytesMax)
{
    private long _payloadBytes;

    /// <summary>The position: all changes up to it were offered and dealt with.</summary>
    public long ServerLsn { get; private set; } = Math.Min(after, pinned);

    /// <summary>Entries taken so far.</summary>
    public int Entries { get; private set; }

    /// <summary>Whether the page takes no more.</summary>
    public readonly bool IsFull => Entries >= entriesMax || _payloadBytes >= payloadBytesMax || ServerLsn >= pinned;

    /// <summary>Whether changes up to the pinned head are still to come.</summary>
    public readonly bool HasMore => ServerLsn < pinned;

    /// <summary>
    /// There is nothing to come of the changes from one LSN to another: compaction took them away, or a first sync does without them. The
    /// position moves over them, also when the page takes no more.
    /// </summary>
    public void Pass(long from, long upTo)
    {
        if (from > ServerLsn + 1)
        {
            throw new InvalidOperationException($"The journal goes from LSN {ServerLsn} to {from}.");
        }

        ServerLsn = Math.Max(ServerLsn, Math.Min(upTo, pinned));
    }

    /// <summary>
    /// Offers the next change. True: it belongs to the page. False: it is passed over, because it stands at or below the position,
    /// is not wanted, or the page is full. Offers come in LSN order without a gap, but for what was passed over; a gap throws, since a
    /// position over it would be a lie.
    /// </summary>
    public bool Offer(long lsn, int payloadBytes, bool wanted)
    {
        if (lsn <= ServerLsn || IsFull)
        {
            return false;
        }

        if (lsn != ServerLsn + 1)
        {
            throw new InvalidOperationException($"The journal goes from LSN {ServerLsn} to {lsn}.");
        }

        ServerLsn = lsn;
        if (!wanted)
        {
            return false;
        }

        Entries++;
        _payloadBytes += payloadBytes;
        return true;
    }
}
