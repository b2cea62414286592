using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>
/// Goes through the changes of a stored push: outcomes and records side by side. A record is decoded only when asked for.
/// </summary>
internal ref struct PushedWalk
{
    // What a timestamp can be and still be written as RFC 3339: the years 1 to 9999.
    internal const long EarliestMicros = -62_135_596_800_000_000;
    internal const long LatestMicros = 253_402_300_799_999_999;

    private readonly PushedView _view;
    private BytesReader _outcomes;
    private BytesReader _records;
    private int _left;
    private long _nextLsn;
    private int _recordAt;
    private int _recordEnd;

    public PushedWalk(scoped in PushedView view)
    {
        _view = view;
        var bytes = view.Bytes.Span;
        _outcomes = new BytesReader(bytes[..view.RecordsAt], view.OutcomesAt);
        _records = new BytesReader(bytes, view.RecordsAt);
        _left = view.ChangeCount;
        _nextLsn = view.FirstLsn;
        Place = -1;
    }

    /// <summary>Its place in the batch, from 0.</summary>
    public int Place { get; private set; }

    /// <summary>Whether the change itself is there, and not only what became of it.</summary>
    public bool HasRecord { get; private set; }

    /// <summary>Whether it is a conflict that the log no longer has, or never had.</summary>
    public bool IsUnlogged { get; private set; }

    public Verdict Verdict { get; private set; }

    public bool DotValid { get; private set; }

    public long LocalLsn { get; private set; }

    public long Counter { get; private set; }

    public long Lsn { get; private set; }

    public ConflictType Conflict { get; private set; }

    public Resolution Resolution { get; private set; }

    public ConflictPolicy Policy { get; private set; }

    /// <summary>The LSN of the version that a conflict met, won or not; 0 where there was none.</summary>
    public long MetLsn { get; private set; }

    public bool MoveNext()
    {
        if (_left == 0)
        {
            _outcomes.End();
            _records.End();
            return _view.IsCompacted || _nextLsn == _view.LastLsn + 1
                ? false
                : throw BytesReader.Corrupt("it counts its accepted changes wrongly");
        }

        _left--;
        ReadOutcome();
        if (HasRecord)
        {
            var length = _records.Count();
            _recordAt = _records.Skip(length);
            _recordEnd = _recordAt + length;
        }

        return true;
    }

    /// <summary>The accepted change under the walk, as slices.</summary>
    public readonly StoredChange Change()
    {
        var record = Record();
        return new StoredChange(
            Lsn,
            _view.Table(record.Table),
            record.Operation,
            _view.Slice(record.KeyAt, record.KeyBytes),
            _view.Slice(record.DataAt, record.StoredBytes),
            record.Compressed,
            record.DataBytes,
            record.TimestampMicros,
            record.Checksum,
            _view.Author,
            LocalLsn,
            Counter,
            record.Clock);
    }

    /// <summary>The outcome under the walk; table and key only where it is a conflict.</summary>
    public readonly StoredOutcome Outcome()
    {
        if (Conflict == ConflictType.None)
        {
            return new StoredOutcome(Verdict, LocalLsn, Lsn, Conflict, Resolution, default, default, Policy, MetLsn);
        }

        var record = Record();
        return new StoredOutcome(
            Verdict,
            LocalLsn,
            Lsn,
            Conflict,
            Resolution,
            _view.Table(record.Table),
            _view.Slice(record.KeyAt, record.KeyBytes),
            Policy,
            MetLsn);
    }

    /// <summary>The accepted or conflicting change under the walk, decoded.</summary>
    public readonly ChangeRecord Record()
    {
        var from = new BytesReader(_view.Bytes.Span[.._recordEnd], _recordAt);
        var table = (int)from.Number(_view.TablesBytes);
        var flags = from.Byte();
        var operation = (Operation)(flags & 3);
        if (operation == 0 || flags > (EventWriter.CompressedBit | 3))
        {
            throw BytesReader.Corrupt("an operation is not known");
        }

        var compressed = (flags & EventWriter.CompressedBit) != 0;
        var timestamp = unchecked(from.Signed() + _view.AtMicros);
        var checksum = from.Fixed32();
        var keyBytes = from.Count();
        var storedBytes = from.Count();
        var dataBytes = compressed ? (int)from.Number(Limits.DataBytesMax) : storedBytes;
        var keyAt = from.Skip(keyBytes);
        var dataAt = from.Skip(storedBytes);
        var clock = from.Clock();
        var baseLsn = Verdict == Verdict.Conflicting ? from.Number(Limits.SafeIntegerMax) : 0;
        from.End();
        return timestamp is >= EarliestMicros and <= LatestMicros
            ? new ChangeRecord(
                table, operation, compressed, timestamp, checksum, keyAt, keyBytes, dataAt, storedBytes, dataBytes, clock, baseLsn)
            : throw BytesReader.Corrupt("a timestamp is out of range");
    }

    /// <summary>The record's bytes behind its table, for whoever writes it elsewhere.</summary>
    public readonly (int Table, ReadOnlyMemory<byte> Behind) Raw()
    {
        var from = new BytesReader(_view.Bytes.Span[.._recordEnd], _recordAt);
        var table = (int)from.Number(_view.TablesBytes);
        return (table, _view.Slice(from.Position, _recordEnd - from.Position));
    }

    private void ReadOutcome()
    {
        var flags = _outcomes.Byte();
        HasRecord = (flags & CompactedWriter.GoneBit) == 0 && EventWriter.IsWhole((Verdict)(flags & 7));
        IsUnlogged = (flags & CompactedWriter.UnloggedBit) != 0;
        var isGone = (flags & CompactedWriter.GoneBit) != 0;
        var compactedBits = _view.IsCompacted ? CompactedWriter.GoneBit | CompactedWriter.UnloggedBit : 0;
        Verdict = (Verdict)(flags & 7);
        DotValid = (flags & EventWriter.DotValidBit) != 0;
        var won = (flags & EventWriter.WonBit) != 0;
        if ((flags & ~(EventWriter.WonBit | EventWriter.DotValidBit | compactedBits | 7)) != 0
            || (isGone && (Verdict != Verdict.Accepted || won))
            || (IsUnlogged && !won && Verdict != Verdict.Conflicting)
            || Verdict is < Verdict.Accepted or > Verdict.Withdrawn
            || (won && (Verdict != Verdict.Accepted || _view.Format == EventWriter.Format)))
        {
            throw BytesReader.Corrupt("a verdict is not known");
        }

        Place += 1 + (_view.IsCompacted ? (int)_outcomes.Number(Limits.BatchChangesMax - 2 - Place) : 0);
        LocalLsn = Difference(LocalLsn);
        Counter = Difference(Counter);
        Lsn = Verdict switch
        {
            Verdict.Accepted => TakeLsn(),
            Verdict.Withdrawn => 0,
            _ => _outcomes.Number(Limits.SafeIntegerMax),
        };

        (Conflict, Resolution, Policy, MetLsn) = (ConflictType.None, 0, default, 0);
        if (won || Verdict == Verdict.Conflicting)
        {
            ReadConflict(won);
        }
    }

    /// <summary>The next accepted change's LSN: implied, where none can be missing.</summary>
    private long TakeLsn()
    {
        var lsn = _nextLsn + (_view.IsCompacted ? _outcomes.Number(_view.LastLsn - _nextLsn) : 0);
        _nextLsn = lsn + 1;
        return lsn <= _view.LastLsn ? lsn : throw BytesReader.Corrupt("it counts its accepted changes wrongly");
    }

    private void ReadConflict(bool won)
    {
        var kind = _outcomes.Byte();
        (Conflict, Resolution) = ((ConflictType)(kind & 15), (Resolution)(kind >> 4));
        Policy = _view.Format == EventWriter.Format ? ConflictPolicy.Reject : (ConflictPolicy)_outcomes.Byte();
        MetLsn = won ? _outcomes.Number(Limits.SafeIntegerMax) : Lsn;
        var canBe = Resolution switch
        {
            Resolution.Rejected => !won,
            Resolution.ServerWon => !won && Policy != ConflictPolicy.Reject,
            Resolution.ClientWon => won && MetLsn > 0 && MetLsn < Lsn
                && Policy is ConflictPolicy.ClientWins or ConflictPolicy.LastWriteWins,
            _ => false,
        };
        if (Conflict is < ConflictType.UniqueConstraintViolation or > ConflictType.UpdatedOnServer
            || Policy > ConflictPolicy.LastWriteWins
            || !canBe)
        {
            throw BytesReader.Corrupt("a kind of conflict is not known");
        }
    }

    private long Difference(long before)
    {
        var value = unchecked(before + _outcomes.Signed());
        return value is >= 0 and <= Limits.SafeIntegerMax ? value : throw BytesReader.Corrupt("a number is out of range");
    }
}

/// <summary>One record of a stored push: numbers, and where its bytes stand.</summary>
internal readonly record struct ChangeRecord(
    int Table,
    Operation Operation,
    bool Compressed,
    long TimestampMicros,
    uint Checksum,
    int KeyAt,
    int KeyBytes,
    int DataAt,
    int StoredBytes,
    int DataBytes,
    VectorClock Clock,
    long BaseLsn);

/// <summary>Walks the accepted changes of a stored push, by LSN; made for <c>foreach</c>.</summary>
public ref struct AcceptedChanges
{
    private PushedWalk _walk;

    internal AcceptedChanges(scoped in PushedView view) => _walk = new PushedWalk(view);

    /// <summary>The change under the walk, decoded anew at each call.</summary>
    public readonly StoredChange Current => _walk.Change();

    internal readonly long CurrentLsn => _walk.Lsn;

    /// <summary>Itself.</summary>
    public readonly AcceptedChanges GetEnumerator() => this;

    /// <summary>Goes on to the next accepted change.</summary>
    public bool MoveNext()
    {
        while (_walk.MoveNext())
        {
            if (_walk.Verdict == Verdict.Accepted && _walk.HasRecord)
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>Walks the outcomes of a stored push, in the batch's order; made for <c>foreach</c>.</summary>
public ref struct PushOutcomes
{
    private PushedWalk _walk;

    internal PushOutcomes(scoped in PushedView view) => _walk = new PushedWalk(view);

    /// <summary>The outcome under the walk.</summary>
    public readonly StoredOutcome Current => _walk.Outcome();

    /// <summary>Itself.</summary>
    public readonly PushOutcomes GetEnumerator() => this;

    /// <summary>Goes on to the next change of the batch.</summary>
    public bool MoveNext() => _walk.MoveNext();
}
