using System.Text;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>
/// Looks into the bytes of a <c>pushed/1</c> or <c>pushed/2</c> event without making objects of it. What it gives are slices of them.
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
        if (Format is not (EventWriter.Format or EventWriter.PolicyFormat))
        {
            throw BytesReader.Corrupt("its format is not known");
        }

        Message = from.Uuid();
        Digest = from.Hash();
        Refused = from.Byte() switch
        {
            0 => false,
            EventWriter.RefusedFlag => true,
            _ => throw BytesReader.Corrupt("it has unknown flags"),
        };
        AtMicros = from.Signed();
        FirstLsn = from.Number(Limits.SafeIntegerMax);
        ChangeCount = from.Count(bytesEach: 3);
        AcceptedCount = (int)from.Number(Math.Min(ChangeCount, Limits.SafeIntegerMax - FirstLsn));
        JudgedLsn = from.Number(Limits.SafeIntegerMax);
        JudgedCounter = from.Number(Limits.SafeIntegerMax);
        Client = Name(ref from);
        var author = Name(ref from);
        Author = author.IsEmpty ? Client : author;
        TablesBytes = from.Count();
        TablesAt = from.Skip(TablesBytes);
        var outcomes = from.Count();
        OutcomesAt = from.Skip(outcomes);
        RecordsAt = from.Position;
        if (FirstLsn == 0 || (Refused && AcceptedCount > 0))
        {
            throw BytesReader.Corrupt("its LSNs cannot be");
        }
    }

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

    /// <summary>How many changes were pushed.</summary>
    public int ChangeCount { get; }

    /// <summary>How many of them got an LSN; these are dense from <see cref="FirstLsn"/>.</summary>
    public int AcceptedCount { get; }

    /// <summary>The head after it: the LSN of its last accepted change, or the one before <see cref="FirstLsn"/>.</summary>
    public long LastLsn => FirstLsn + AcceptedCount - 1;

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
    internal string Manifest => Format == EventWriter.Format ? EventWriter.PushedManifest : EventWriter.PushedByPolicyManifest;

    internal int TablesAt { get; }

    internal int TablesBytes { get; }

    internal int OutcomesAt { get; }

    internal int RecordsAt { get; }

    /// <summary>The accepted changes, by LSN.</summary>
    public AcceptedChanges Accepted() => new(this);

    /// <summary>What became of each change, in the batch's order.</summary>
    public PushOutcomes Outcomes() => new(this);

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
            if (walk.Verdict == Verdict.Accepted && walk.Lsn == lsn)
            {
                change = walk.Change();
                return true;
            }
        }

        return false;
    }

    internal ReadOnlyMemory<byte> Slice(int start, int length) => _bytes.Slice(start, length);

    /// <summary>The name that stands there among the tables.</summary>
    internal ReadOnlyMemory<byte> Table(int offset)
    {
        var from = new BytesReader(_bytes.Span[..(TablesAt + TablesBytes)], TablesAt + offset);
        return Name(ref from);
    }

    private ReadOnlyMemory<byte> Name(ref BytesReader from)
    {
        var length = from.Count();
        var name = _bytes.Slice(from.Skip(length), length);
        return Ascii.IsValid(name.Span) ? name : throw BytesReader.Corrupt("a name is not ASCII");
    }
}
