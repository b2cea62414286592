using System.Runtime.InteropServices;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>
/// Reads changes that are written as nearly every client writes them, without making tokens of them, which takes longer than all else of a
/// change together. Takes only what is beyond doubt; of everything else, refused or not, the tokenizer is left to say what it is.
/// </summary>
internal sealed class PlainChanges(PayloadArena arena, NameTable names)
{
    /// <summary>A body whose changes are not plain is tried so often, those cut at the end of what has arrived among them.</summary>
    private const int MissesMax = 8;

    /// <summary>Date and time, nine digits of a fraction, and an offset.</summary>
    private const int TimestampBytesMax = 19 + 10 + 6;

    private readonly List<ClockEntry> _entries = [];
    private int _misses;

    /// <summary>
    /// Reads the rest of a change, whose opening brace is the cursor's token, and moves the cursor to its end. False, the cursor where it
    /// was and the arena to be rewound, where it is not plain or not there whole.
    /// </summary>
    public bool TryRead(ref JsonCursor cursor, int payloadBytesMax, ref ChangeDraft draft)
    {
        if (_misses == MissesMax)
        {
            return false;
        }

        var json = new PlainJson(cursor.Rest);
        if (!TryFields(ref json, ref draft) || draft.Key.Length + draft.Data.Length > payloadBytesMax)
        {
            _misses++;
            return false;
        }

        cursor.EndObject(json.Position);
        return true;
    }

    private bool TryFields(ref PlainJson json, ref ChangeDraft draft)
    {
        const int NameBytesMax = 16;
        uint present = 0;
        var last = -1;
        do
        {
            if (!json.TryString(NameBytesMax, out var name) || !json.Skip((byte)':'))
            {
                return false;
            }

            last = ChangeFields.All.Find(name, last + 1);
            if (last < 0 || (present & (1u << last)) != 0 || !TryValue(last, ref json, ref draft))
            {
                return false;
            }

            present |= 1u << last;
        }
        while (json.Skip((byte)','));

        return json.Skip((byte)'}') && ChangeFields.All.FirstMissing(present) is null;
    }

    private bool TryValue(int field, ref PlainJson json, ref ChangeDraft draft)
    {
        ReadOnlySpan<byte> text;
        switch (field)
        {
            case ChangeFields.Lsn:
                return json.TryInteger(1, Limits.SafeIntegerMax, out draft.Lsn);
            case ChangeFields.Table:
                return json.TryString(Limits.TableCharsMax, out text) && names.TryTable(text, out draft.Table);
            case ChangeFields.Op:
                return TryOperation(ref json, out draft.Operation);
            case ChangeFields.Key:
                return TryBytes(ref json, Limits.KeyBytesMax, out draft.Key);
            case ChangeFields.Data:
                return TryBytes(ref json, Limits.CompressedDataBytesMax, out draft.Data);
            case ChangeFields.Timestamp:
                return json.TryString(TimestampBytesMax, out text) && Rfc3339.TryParse(text, out draft.Timestamp);
            case ChangeFields.Checksum:
                return json.TryInteger(0, uint.MaxValue, out draft.Checksum);
            case ChangeFields.Clock:
                return TryClock(ref json, out draft.Clock);
            case ChangeFields.Compressed:
                draft.Compressed = json.TryLiteral("true"u8);
                return draft.Compressed || json.TryLiteral("false"u8);
            default:
                return json.TryInteger(0, Limits.SafeIntegerMax, out draft.BaseLsn);
        }
    }

    private static bool TryOperation(ref PlainJson json, out Operation operation)
    {
        operation = json.TryLiteral("\"Insert\""u8) ? Operation.Insert
            : json.TryLiteral("\"Update\""u8) ? Operation.Update
            : json.TryLiteral("\"Delete\""u8) ? Operation.Delete
            : default;
        return operation != default;
    }

    private bool TryBytes(ref PlainJson json, int bytesMax, out ReadOnlyMemory<byte> value)
    {
        value = default;
        var rest = json.Rest;
        if (rest.IsEmpty || rest[0] != (byte)'[')
        {
            return TryBase64(ref json, bytesMax, out value);
        }

        var close = rest.IndexOf((byte)']');
        if (close < 0)
        {
            return false;
        }

        var room = arena.Reserve(Math.Min(bytesMax, close / 2));
        if (IntegerArrays.Read(rest[..(close + 1)], room, out var consumed, out var written) != IntegersRead.Whole)
        {
            return false;
        }

        json.Skip(consumed);
        value = arena.Commit(written);
        return true;
    }

    private bool TryBase64(ref PlainJson json, int bytesMax, out ReadOnlyMemory<byte> value)
    {
        value = default;
        var textMax = (bytesMax + 2) / 3 * 4;
        if (!json.TryString(textMax, out var text)
            || !StrictBase64.TryDecode(text, arena.Reserve(StrictBase64.BytesMax(text.Length)), out var written)
            || written > bytesMax)
        {
            return false;
        }

        value = arena.Commit(written);
        return true;
    }

    private bool TryClock(ref PlainJson json, out VectorClock clock)
    {
        clock = VectorClock.Empty;
        _entries.Clear();
        if (!json.Skip((byte)'{'))
        {
            return false;
        }

        if (json.Skip((byte)'}'))
        {
            return true;
        }

        do
        {
            if (_entries.Count == Limits.ClockNodesMax
                || !json.TryString(Limits.NodeCharsMax, out var name) || !json.Skip((byte)':') || !names.TryNode(name, out var node)
                || !json.TryInteger(0, Limits.SafeIntegerMax, out var counter))
            {
                return false;
            }

            _entries.Add(new ClockEntry(node, counter));
        }
        while (json.Skip((byte)','));

        if (VectorClock.TryCreate(CollectionsMarshal.AsSpan(_entries)) is not { } made)
        {
            return false;
        }

        clock = made;
        return json.Skip((byte)'}');
    }
}
