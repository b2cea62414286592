namespace HeliosSync.Domain;

/// <summary>A change with this LSN was written at that time: microseconds since the Unix epoch.</summary>
public readonly record struct WriteMark(long Lsn, long AtMicros);

/// <summary>
/// From LSN to the time at which it was written, to a second or a sixteenth of its age, in bounded memory. So it can be said for how long
/// a client has been behind, without reading the journal.
/// </summary>
public sealed class WriteTimes
{
    /// <summary>Marks that are kept: 8 KiB.</summary>
    public const int MarksMax = 512;

    /// <summary>Microseconds between two marks, at least.</summary>
    public const long MarkMicros = 1_000_000;

    private const int AgeParts = 16;

    private readonly List<WriteMark> _marks;

    /// <summary>Times that go on from these marks, in rising order; at most <see cref="MarksMax"/>.</summary>
    public WriteTimes(IEnumerable<WriteMark> marks)
    {
        _marks = [.. marks];
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_marks.Count, MarksMax, nameof(marks));
    }

    /// <summary>Notes that changes from this LSN on were written at that time.</summary>
    public void Add(long firstLsn, long atMicros)
    {
        if (_marks.Count > 0 && atMicros - _marks[^1].AtMicros is >= 0 and < MarkMicros)
        {
            return;
        }

        if (_marks.Count == MarksMax)
        {
            Thin();
        }

        _marks.Add(new WriteMark(firstLsn, atMicros));
    }

    /// <summary>When that LSN was written, or a little earlier; null where it was before the first mark.</summary>
    public long? Of(long lsn)
    {
        int low = 0, high = _marks.Count - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = _marks[middle].Lsn <= lsn ? (middle + 1, high) : (low, middle - 1);
        }

        return high < 0 ? null : _marks[high].AtMicros;
    }

    /// <summary>The marks as they are now.</summary>
    public WriteMark[] ToArray() => [.. _marks];

    /// <summary>
    /// Drops marks so that what is told stays right to a sixteenth of its age: so many that few are left, as long as the clock goes on.
    /// Where it does not, every second one. The first stays.
    /// </summary>
    private void Thin()
    {
        var last = _marks[^1].AtMicros;
        var kept = 1;
        for (var i = 1; i < _marks.Count; i++)
        {
            var next = i + 1 < _marks.Count ? _marks[i + 1].AtMicros : last;
            if (i + 1 == _marks.Count || next - _marks[kept - 1].AtMicros > (last - next) / AgeParts)
            {
                _marks[kept++] = _marks[i];
            }
        }

        _marks.RemoveRange(kept, _marks.Count - kept);
        for (var i = _marks.Count > MarksMax / 2 ? _marks.Count - 1 : 0; i > 0; i -= 2)
        {
            _marks.RemoveAt(i);
        }
    }
}
