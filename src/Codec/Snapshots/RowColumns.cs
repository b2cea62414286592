using System.Buffers.Binary;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>What a part of a snapshot holds.</summary>
internal enum SnapshotPart : byte
{
    Nodes = 1,
    Clients = 2,
    Marks = 3,
    Rows = 4,
    Times = 5,
    Conflicts = 6,
    Restores = 7,
}

/// <summary>
/// The rows of one part, column by column: random hashes stand apart from small numbers, which so shrink to next to nothing.
/// </summary>
internal readonly ref struct RowColumns
{
    private const byte DotValidBit = 4;

    private readonly Span<byte> _rows;
    private readonly Span<byte> _contents;
    private readonly Span<byte> _lsns;
    private readonly Span<byte> _counters;
    private readonly Span<byte> _localLsns;
    private readonly Span<byte> _authors;
    private readonly Span<byte> _flags;
    private readonly Span<byte> _times;

    /// <summary>Columns over these bytes; rows of the first formats have no times.</summary>
    public RowColumns(Span<byte> bytes, int count)
    {
        _rows = bytes[..(16 * count)];
        _contents = bytes.Slice(16 * count, 8 * count);
        _lsns = bytes.Slice(24 * count, 8 * count);
        _counters = bytes.Slice(32 * count, 8 * count);
        _localLsns = bytes.Slice(40 * count, 8 * count);
        _authors = bytes.Slice(48 * count, 4 * count);
        _flags = bytes.Slice(52 * count, count);
        _times = bytes[(53 * count)..];
    }

    public void Set(int at, in RowVersion row)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_rows[(16 * at)..], row.Row.High);
        BinaryPrimitives.WriteUInt64LittleEndian(_rows[((16 * at) + 8)..], row.Row.Low);
        BinaryPrimitives.WriteUInt64LittleEndian(_contents[(8 * at)..], row.Content);
        BinaryPrimitives.WriteInt64LittleEndian(_lsns[(8 * at)..], row.Lsn);
        BinaryPrimitives.WriteInt64LittleEndian(_counters[(8 * at)..], row.Counter);
        BinaryPrimitives.WriteInt64LittleEndian(_localLsns[(8 * at)..], row.LocalLsn);
        BinaryPrimitives.WriteInt32LittleEndian(_authors[(4 * at)..], row.Author);
        _flags[at] = (byte)((byte)row.Operation | (row.DotValid ? DotValidBit : 0));
        BinaryPrimitives.WriteInt64LittleEndian(_times[(8 * at)..], row.TimestampMicros);
    }

    public RowVersion Get(int at)
    {
        var flags = _flags[at];
        return flags <= (DotValidBit | 3) && (flags & 3) != 0
            ? new RowVersion(
                new Hash128(
                    BinaryPrimitives.ReadUInt64LittleEndian(_rows[(16 * at)..]),
                    BinaryPrimitives.ReadUInt64LittleEndian(_rows[((16 * at) + 8)..])),
                BinaryPrimitives.ReadInt64LittleEndian(_lsns[(8 * at)..]),
                BinaryPrimitives.ReadInt64LittleEndian(_counters[(8 * at)..]),
                BinaryPrimitives.ReadInt64LittleEndian(_localLsns[(8 * at)..]),
                BinaryPrimitives.ReadUInt64LittleEndian(_contents[(8 * at)..]),
                BinaryPrimitives.ReadInt32LittleEndian(_authors[(4 * at)..]),
                (Operation)(flags & 3),
                (flags & DotValidBit) != 0,
                _times.IsEmpty ? RowVersion.NoTime : BinaryPrimitives.ReadInt64LittleEndian(_times[(8 * at)..]))
            : throw BytesReader.Corrupt("a row's operation is not known");
    }
}
