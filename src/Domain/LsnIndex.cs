namespace HeliosSync.Domain;

/// <summary>A place in the journal: the event with this sequence number holds this LSN, or the first one above it.</summary>
public readonly record struct JournalMark(long Lsn, long Sequence);

/// <summary>The marks of an <see cref="LsnIndex"/> as they were at one time. Never changes; safe to use from many threads.</summary>
public readonly struct LsnMarks
{
    private readonly JournalMark[] _marks;
    private readonly int _count;

    internal LsnMarks(JournalMark[] marks, int count) => (_marks, _count) = (marks, count);

    /// <summary>The sequence number from which to read forward to meet that LSN.</summary>
    public long SequenceBefore(long lsn)
    {
        int low = 0, high = _count - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = _marks[middle].Lsn <= lsn ? (middle + 1, high) : (low, middle - 1);
        }

        return high < 0 ? 1 : _marks[high].Sequence;
    }
}

/// <summary>
/// From LSN to journal sequence number: sparse, a mark for about every 64 KiB of events. LSNs and sequence numbers are kept apart,
/// because not every event has an LSN.
/// </summary>
public sealed class LsnIndex
{
    /// <summary>Bytes of events between two marks, about.</summary>
    public const int MarkBytes = 64 * 1_024;

    /// <summary>Marks are only ever added behind, so the ones before a count never change, and the array may be shared.</summary>
    private JournalMark[] _marks;
    private int _count;
    private long _bytesSinceMark;

    /// <summary>An index that continues from these marks, in rising order.</summary>
    public LsnIndex(IEnumerable<JournalMark> marks)
    {
        _marks = [.. marks];
        _count = _marks.Length;
        _bytesSinceMark = MarkBytes;
    }

    /// <summary>Notes an event. One without LSNs gets no mark, but whoever reads over it pays for its bytes.</summary>
    /// <param name="firstLsn">Its first LSN, where it holds any.</param>
    /// <param name="sequence">Its sequence number.</param>
    /// <param name="bytes">Its size.</param>
    /// <param name="holdsLsns">Whether it holds any.</param>
    public void Add(long firstLsn, long sequence, int bytes, bool holdsLsns)
    {
        if (holdsLsns && _bytesSinceMark >= MarkBytes)
        {
            if (_count == _marks.Length)
            {
                Array.Resize(ref _marks, Math.Max(4, _count * 2));
            }

            _marks[_count++] = new JournalMark(firstLsn, sequence);
            _bytesSinceMark = 0;
        }

        _bytesSinceMark += bytes;
    }

    /// <summary>The marks as they are now, without copying them.</summary>
    public LsnMarks Marks => new(_marks, _count);

    /// <summary>The sequence number from which to read forward to meet that LSN.</summary>
    public long SequenceBefore(long lsn) => Marks.SequenceBefore(lsn);

    /// <summary>The marks as they are now.</summary>
    public JournalMark[] ToArray() => _marks[.._count];
}
