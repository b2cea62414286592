using System.Buffers;
using System.Diagnostics;
using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>
/// Reads one change of a push (protocol 5.1) and verifies it: first its shape, then its zstd frame, then its checksum.
/// Keys and data go to the arena.
/// </summary>
internal sealed class ChangeReader(KeyedHash hash, ZstdFrames zstd, PayloadArena arena, NameTable names) : IDisposable
{
    private readonly PlainChanges _plain = new(arena, names);
    private readonly ClockReader _clocks = new(names);
    private readonly LocalLsns _lsns = new();
    private readonly Crc32 _crc = new();
    private byte[]? _uncompressed;

    /// <summary>Bytes of keys and data that the batch may still take; a change that needs more is refused as too large a batch.</summary>
    public int PayloadBytesLeft { get; set; } = Limits.BatchPayloadBytesMax;

    /// <summary>Reads the change whose first token is the current one. Where more bytes are needed, nothing of it is kept.</summary>
    public bool Read(ref JsonCursor cursor, out PushedChange change)
    {
        change = default;
        if (cursor.Token != JsonTokenType.StartObject)
        {
            return cursor.Refuse(ErrorCode.InvalidMessage, "An entry of changes must be an object.", $"changes[{cursor.Entry}]");
        }

        var mark = arena.Mark;
        var draft = new ChangeDraft();
        if (!_plain.TryRead(ref cursor, PayloadBytesLeft, ref draft))
        {
            arena.Rewind(mark);
            draft = new ChangeDraft();
            if (!ReadFields(ref cursor, ref draft))
            {
                arena.Rewind(mark);
                return false;
            }
        }

        if (Verify(ref cursor, in draft, out change))
        {
            PayloadBytesLeft -= draft.Key.Length + draft.Data.Length;
            return true;
        }

        arena.Rewind(mark);
        return false;
    }

    /// <summary>Gives back what decompressing needed.</summary>
    public void Dispose()
    {
        if (_uncompressed is not null)
        {
            ArrayPool<byte>.Shared.Return(_uncompressed);
            _uncompressed = null;
        }
    }

    // Apart from the rest, whose frame it would otherwise make larger, and so dearer to clear for every change that is plain.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool ReadFields(ref JsonCursor cursor, ref ChangeDraft draft)
    {
        uint seen = 0, present = 0;
        var last = -1;
        while (true)
        {
            if (!cursor.Read())
            {
                return false;
            }

            if (cursor.Token == JsonTokenType.EndObject)
            {
                return ChangeFields.All.FirstMissing(present) is not { } missing || cursor.RefuseField(missing, "is missing or null");
            }

            var field = ChangeFields.All.Find(cursor.Text, last + 1);
            if (field < 0)
            {
                if (!cursor.SkipValue())
                {
                    return false;
                }

                continue;
            }

            last = field;
            if ((seen & (1u << field)) != 0)
            {
                return cursor.RefuseField(ChangeFields.All[field], "stands there twice");
            }

            seen |= 1u << field;
            if (!ReadValue(field, ref cursor, ref draft))
            {
                return false;
            }

            present |= cursor.Token == JsonTokenType.Null ? 0 : 1u << field;
        }
    }

    private bool ReadValue(int field, ref JsonCursor cursor, ref ChangeDraft draft)
    {
        switch (field)
        {
            case ChangeFields.Key:
                return cursor.ReadBytes("key", Limits.KeyBytesMax, arena, out draft.Key) && HasRoom(ref cursor, in draft);
            case ChangeFields.Data:
                // Whether it is compressed may be told only behind it.
                return cursor.ReadBytes("data", Limits.CompressedDataBytesMax, arena, out draft.Data) && HasRoom(ref cursor, in draft);
        }

        if (!cursor.Read())
        {
            return false;
        }

        if (cursor.Token == JsonTokenType.Null)
        {
            return true;
        }

        switch (field)
        {
            case ChangeFields.Lsn:
                return cursor.TakeInteger("lsn", 1, Limits.SafeIntegerMax, out draft.Lsn);
            case ChangeFields.Table:
                return cursor.TakeText("table", out var table)
                    && (names.TryTable(table, out draft.Table) || cursor.RefuseField("table", "is no table name"));
            case ChangeFields.Op:
                return TakeOperation(ref cursor, out draft.Operation);
            case ChangeFields.Timestamp:
                return cursor.TakeText("timestamp", out var time) && (Rfc3339.TryParse(time, out draft.Timestamp)
                    || cursor.RefuseField("timestamp", "must be an RFC 3339 time with a zone, in the years 0001 to 9999"));
            case ChangeFields.Checksum:
                return cursor.TakeInteger("checksum", 0, uint.MaxValue, out draft.Checksum);
            case ChangeFields.Clock:
                return _clocks.Read(ref cursor, "vector_clock", out draft.Clock);
            case ChangeFields.Compressed:
                return cursor.TakeBoolean("compressed", out draft.Compressed);
            case ChangeFields.BaseLsn:
                return cursor.TakeInteger("base_lsn", 0, Limits.SafeIntegerMax, out draft.BaseLsn);
            default:
                throw new UnreachableException();
        }
    }

    private static bool TakeOperation(ref JsonCursor cursor, out Operation operation)
    {
        operation = default;
        if (!cursor.TakeText("operation", out var text))
        {
            return false;
        }

        operation = text.SequenceEqual("Insert"u8) ? Operation.Insert
            : text.SequenceEqual("Update"u8) ? Operation.Update
            : text.SequenceEqual("Delete"u8) ? Operation.Delete
            : default;
        return operation != default || cursor.RefuseField("operation", "must be Insert, Update or Delete");
    }

    private bool HasRoom(ref JsonCursor cursor, in ChangeDraft draft) =>
        draft.Key.Length + draft.Data.Length <= PayloadBytesLeft
        || cursor.Refuse(
            ErrorCode.PayloadTooLarge,
            $"Keys and data of a push have at most {Limits.BatchPayloadBytesMax} bytes; push in smaller batches.",
            $"changes[{cursor.Entry}]");

    private bool Verify(ref JsonCursor cursor, in ChangeDraft draft, out PushedChange change)
    {
        change = default;
        if (draft.Key.IsEmpty)
        {
            return cursor.RefuseField("key", $"must have 1 to {Limits.KeyBytesMax} bytes");
        }

        if (draft.Operation == Operation.Delete && !draft.Data.IsEmpty)
        {
            return cursor.RefuseField("data", "must be empty in a Delete");
        }

        if (!draft.Compressed && draft.Data.Length > Limits.DataBytesMax)
        {
            return cursor.RefuseField("data", $"has more than {Limits.DataBytesMax} bytes");
        }

        if (!_lsns.TryAdd(draft.Lsn))
        {
            return cursor.RefuseField("lsn", "stands in an earlier change of the batch too");
        }

        var data = draft.Data.Span;
        if (draft.Compressed && !TryUncompress(ref data))
        {
            return cursor.Refuse(
                ErrorCode.DecompressionFailed,
                $"Compressed data must be one zstd frame of at most {Limits.DataBytesMax} bytes when decompressed.",
                cursor.PathOf("data"));
        }

        return VerifyChecksum(ref cursor, in draft, data) && Make(in draft, data, out change);
    }

    private bool VerifyChecksum(ref JsonCursor cursor, in ChangeDraft draft, ReadOnlySpan<byte> data)
    {
        _crc.Append(draft.Key.Span);
        _crc.Append(data);
        var computed = _crc.GetCurrentHashAsUInt32();
        _crc.Reset();
        return computed == draft.Checksum || cursor.Refuse(
            ErrorCode.ChecksumMismatch,
            "The checksum is not that of the entry's key and uncompressed data.",
            $"changes[{cursor.Entry}]: lsn {draft.Lsn}, expected {computed}, received {draft.Checksum}");
    }

    private bool Make(in ChangeDraft draft, ReadOnlySpan<byte> data, out PushedChange change)
    {
        Span<byte> table = stackalloc byte[Limits.TableCharsMax];
        Ascii.FromUtf16(draft.Table, table, out var tableBytes);
        change = new PushedChange(
            draft.Lsn,
            draft.Table,
            draft.Operation,
            draft.Key,
            draft.Data,
            draft.Compressed,
            draft.Clock,
            draft.BaseLsn,
            draft.Timestamp,
            (uint)draft.Checksum,
            hash.OfRow(table[..tableBytes], draft.Key.Span),
            hash.OfContent(data))
        {
            DataBytes = data.Length,
        };
        return true;
    }

    private bool TryUncompress(ref ReadOnlySpan<byte> data)
    {
        _uncompressed ??= ArrayPool<byte>.Shared.Rent(Limits.DataBytesMax);
        var isFrame = zstd.TryUnwrap(data, _uncompressed, out var written);
        data = _uncompressed.AsSpan(0, written);
        return isFrame;
    }
}
