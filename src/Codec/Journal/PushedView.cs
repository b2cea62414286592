using System.Text;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>
/// Looks into the bytes of a <c>pushed/1</c>, <c>/2</c>, <c>/3</c> or <c>compacted/1</c> event without making objects of it. What it gives
/// are slices of them.
/// Bytes that break the layout are an <see cref="InvalidDataException"/>, here or while walking; their CRC is not looked at.
/// </summary>
public readonly struct PushedView
{
    private readonly ReadOnlyMemory<byte> _bytes;

    /// <summary>A view of these bytes, which must not change while it is used.</summary>
    public PushedView(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length < EventWriter.ChecksumBytes)
        {
            throw BytesReader.Corrupt("it ends too early");
        }

        _bytes = bytes[..^EventWriter.ChecksumBytes];
        var from = new BytesReader(_bytes.Span);
        Format = from.Byte();
        if (Format is < EventWriter.Format or > EventWriter.CompactedFormat)
        {
            throw BytesReader.Corrupt("its format is not known");
        }

        HasOutcome = true;
        if (IsCompacted)
        {
            (Refused, HasOutcome, Gap) = CompactedFlags(ref from);
        }

        (Message, Digest) = HasOutcome ? (from.Uuid(), from.Hash()) : default;
        Refused = IsCompacted ? Refused : from.Byte() switch
        {
            0 => false,
            EventWriter.RefusedFlag => true,
            _ => throw BytesReader.Corrupt("it has unknown flags"),
        };
        AtMicros = from.Signed();
        FirstLsn = from.Number(Limits.SafeIntegerMax);
        ChangeCount = from.Count(bytesEach: 3);
        LsnCount = from.Number(Math.Min(IsCompacted ? long.MaxValue : ChangeCount, Limits.SafeIntegerMax - FirstLsn));
        JudgedLsn = from.Number(Limits.SafeIntegerMax);
        JudgedCounter = from.Number(Limits.SafeIntegerMax);
        (AcceptedCounter, Conflicts) = IsCompacted
            ? (from.Number(Limits.SafeIntegerMax), from.Number(Limits.SafeIntegerMax))
            : default;
        Client = Name(ref from);
        var author = Name(ref from);
        Author = author.IsEmpty ? Client : author;
        if (Format >= EventWriter.SettlingFormat)
        {
            SettledAt = from.Position;
            ReadAllSettled(ref from, IsCompacted);
        }

        TablesBytes = from.Count();
        TablesAt = from.Skip(TablesBytes);
        var outcomes = from.Count();
        OutcomesAt = from.Skip(outcomes);
        RecordsAt = from.Position;
        if (FirstLsn == 0 || (!IsCompacted && Refused && LsnCount > 0) || (Client.IsEmpty && ChangeCount > 0))
        {
            throw BytesReader.Corrupt("its LSNs cannot be");
        }
    }

    /// <summary>Whether it is what compaction left of a push.</summary>
    public bool IsCompacted => Format == EventWriter.CompactedFormat;

    /// <summary>Whether it can answer a repeat: message id, digest and what became of each change are there.</summary>
    public bool HasOutcome { get; }

    /// <summary>How many events right before it are gone: it stands for them too. 0 where the event before it is there.</summary>
    public long Gap { get; }

    /// <summary>Of a compacted push: the author's entry in the tenant's merged clock, this push included.</summary>
    public long AcceptedCounter { get; }

    /// <summary>Of a compacted push: how many of the client's changes were in conflict since it registered, this push included.</summary>
    public long Conflicts { get; }

    /// <summary>The push's message id.</summary>
    public Guid Message { get; }

    /// <summary>What other content under the same id is told by.</summary>
    public Hash128 Digest { get; }

    /// <summary>Whether it was atomic and met a conflict, so that nothing was applied.</summary>
    public bool Refused { get; }

    /// <summary>When it was judged: microseconds since the Unix epoch.</summary>
    public long AtMicros { get; }

    /// <summary>The LSN of its first accepted change, or the one that it would have had.</summary>
    public long FirstLsn { get; }

    /// <summary>How many changes were pushed; of a compacted push without an outcome, how many are left.</summary>
    public int ChangeCount { get; }

    /// <summary>How many LSNs it covers, from <see cref="FirstLsn"/>: accepted changes, or what compaction left out.</summary>
    public long LsnCount { get; }

    /// <summary>The head after it: the last LSN that it covers, or the one before <see cref="FirstLsn"/>.</summary>
    public long LastLsn => FirstLsn + LsnCount - 1;

    /// <summary>The highest local number judged from the author, this push included.</summary>
    public long JudgedLsn { get; }

    /// <summary>The highest counter judged from the author, this push included.</summary>
    public long JudgedCounter { get; }

    /// <summary>Who pushed, UTF-8.</summary>
    public ReadOnlyMemory<byte> Client { get; }

    /// <summary>The client's node at that time, UTF-8.</summary>
    public ReadOnlyMemory<byte> Author { get; }

    internal ReadOnlyMemory<byte> Bytes => _bytes;

    internal byte Format { get; }

    /// <summary>The manifest that bytes of this format are stored under.</summary>
    internal string Manifest => EventWriter.ManifestOf(Format);

    internal int SettledAt { get; }

    internal int TablesAt { get; }

    internal int TablesBytes { get; }

    internal int OutcomesAt { get; }

    internal int RecordsAt { get; }

    /// <summary>The accepted changes, by LSN.</summary>
    public AcceptedChanges Accepted() => new(this);

    /// <summary>What became of each change, in the batch's order.</summary>
    public PushOutcomes Outcomes() => new(this);

    /// <summary>The conflicts that the push settled, by id; null where it settled none.</summary>
    public ConflictSettled[]? Settled()
    {
        if (SettledAt == 0)
        {
            return null;
        }

        var from = new BytesReader(_bytes.Span, SettledAt);
        return ReadAllSettled(ref from, IsCompacted) is { Length: > 0 } settled ? settled : null;
    }

    /// <summary>Finds an accepted change by its LSN.</summary>
    public bool TryFind(long lsn, out StoredChange change)
    {
        change = default;
        if (lsn < FirstLsn || lsn > LastLsn)
        {
            return false;
        }

        var walk = new PushedWalk(this);
        while (walk.MoveNext())
        {
            if (walk.Verdict == Verdict.Accepted && walk.Lsn == lsn && walk.HasRecord)
            {
                change = walk.Change();
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Finds a change that met another version, by its author's number. One that was refused has no LSN, and the clock that it came with.
    /// </summary>
    /// <param name="localLsn">The author's number for it.</param>
    /// <param name="change">The change, as slices of these bytes.</param>
    /// <param name="baseLsn">Its <c>base_lsn</c>, 0 where it gave none or won.</param>
    public bool TryFindConflict(long localLsn, out StoredChange change, out long baseLsn)
    {
        var walk = new PushedWalk(this);
        while (walk.MoveNext())
        {
            if (walk.LocalLsn == localLsn && walk.Conflict != ConflictType.None)
            {
                var record = walk.Record();
                var refused = walk.Verdict == Verdict.Conflicting;
                baseLsn = record.BaseLsn;
                change = refused ? walk.Change() with { Lsn = 0, Counter = 0, Others = record.Clock } : walk.Change();
                return true;
            }
        }

        (change, baseLsn) = (default, 0);
        return false;
    }

    /// <summary>The number from which it stands for the tenant's events, when its own is this one.</summary>
    public long FirstSequence(long sequence) => sequence - Gap;

    internal ReadOnlyMemory<byte> Slice(int start, int length) => _bytes.Slice(start, length);

    /// <summary>The name that stands there among the tables.</summary>
    internal ReadOnlyMemory<byte> Table(int offset)
    {
        var from = new BytesReader(_bytes.Span[..(TablesAt + TablesBytes)], TablesAt + offset);
        return Name(ref from);
    }

    private static (bool Refused, bool HasOutcome, long Gap) CompactedFlags(ref BytesReader from)
    {
        var flags = from.Byte();
        return flags <= (EventWriter.RefusedFlag | CompactedWriter.OutcomeFlag)
            ? ((flags & EventWriter.RefusedFlag) != 0, (flags & CompactedWriter.OutcomeFlag) != 0, from.Number(Limits.SafeIntegerMax))
            : throw BytesReader.Corrupt("it has unknown flags");
    }

    private static ConflictSettled[] ReadAllSettled(ref BytesReader from, bool mayBeNone)
    {
        var settled = new ConflictSettled[from.Count(bytesEach: 3)];
        foreach (ref var each in settled.AsSpan())
        {
            each = ReadSettled(ref from);
        }

        return mayBeNone || settled.Length > 0 ? settled : throw BytesReader.Corrupt("it settles nothing, and says that it does");
    }

    private static ConflictSettled ReadSettled(ref BytesReader from)
    {
        var settled = new ConflictSettled(
            from.Number(Limits.SafeIntegerMax), (ConflictState)from.Byte(), from.Number(Limits.SafeIntegerMax));
        return settled.State is ConflictState.Merged or ConflictState.KeptServer
            ? settled
            : throw BytesReader.Corrupt("a conflict is settled in an unknown way");
    }

    private ReadOnlyMemory<byte> Name(ref BytesReader from)
    {
        var length = from.Count();
        var name = _bytes.Slice(from.Skip(length), length);
        return Ascii.IsValid(name.Span) ? name : throw BytesReader.Corrupt("a name is not ASCII");
    }
}
