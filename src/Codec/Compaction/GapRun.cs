namespace HeliosSync.Codec;

/// <summary>
/// Events in a row of which nothing is left. All but the last of them go; the last becomes a row that stands for all, unless the push
/// behind them takes that upon itself.
/// </summary>
/// <param name="persistenceId">The tenant's name in the journal.</param>
internal sealed class GapRun(string persistenceId)
{
    private long _firstSequence;
    private long _lastSequence;
    private long _firstLsn;
    private long _lastLsn;
    private bool _isWritten;

    public bool IsOpen { get; private set; }

    /// <summary>Adds an event, whose row may stand for others before it.</summary>
    public void Add(long sequence, long firstSequence, long firstLsn, long lastLsn, bool isGap, ICollection<JournalEdit> edits)
    {
        if (IsOpen)
        {
            edits.Add(new JournalEdit(_lastSequence, null));
        }
        else
        {
            (_firstSequence, _firstLsn) = (firstSequence, firstLsn);
        }

        _isWritten = isGap && !IsOpen;
        (_lastSequence, _lastLsn, IsOpen) = (sequence, lastLsn, true);
    }

    /// <summary>Writes the row that stands for them so far; they may go on behind it.</summary>
    public void Cover(ICollection<JournalEdit> edits)
    {
        if (IsOpen && !_isWritten)
        {
            edits.Add(new JournalEdit(_lastSequence, Bytes()));
            _isWritten = true;
        }
    }

    /// <summary>Writes the row that stands for them; they end here. Gives its size.</summary>
    public int Close(ICollection<JournalEdit> edits)
    {
        Cover(edits);
        IsOpen = false;
        return Bytes().Length;
    }

    /// <summary>The push behind them stands for them too: from which event and LSN on.</summary>
    public (long Sequence, long Lsn) Absorb(long sequence, in PushedView push, ICollection<JournalEdit> edits)
    {
        if (!IsOpen)
        {
            return (push.FirstSequence(sequence), push.FirstLsn);
        }

        edits.Add(new JournalEdit(_lastSequence, null));
        IsOpen = false;
        return (_firstSequence, _firstLsn);
    }

    private byte[] Bytes()
    {
        var bytes = CompactedWriter.WriteGap(_lastSequence - _firstSequence, _firstLsn, _lastLsn);
        EventSeal.Bind(bytes, EventSeal.PlaceOf(persistenceId, _lastSequence, EventManifests.Compacted));
        return bytes;
    }
}
