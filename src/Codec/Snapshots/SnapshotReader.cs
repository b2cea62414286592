using System.Buffers;
using System.IO.Hashing;
using HeliosSync.Domain;
using ZstdSharp;

namespace HeliosSync.Codec;

/// <summary>From bytes back to a tenant's snapshot. Corrupt bytes are an <see cref="InvalidDataException"/>, and nothing else is.</summary>
public sealed class SnapshotReader
{
    /// <summary>Kind, raw length, stored length.</summary>
    internal const int PartHeadBytes = 1 + 4 + 4;

    private readonly List<NodeState> _nodes = [];
    private readonly List<ClientSnapshot> _clients = [];
    private readonly List<JournalMark> _marks = [];
    private readonly List<ReadOnlyMemory<RowVersion>> _rows = [];
    private readonly List<WriteMark> _times = [];
    private readonly List<ConflictEntry> _conflicts = [];
    private readonly List<Guid> _former = [];
    private readonly HashSet<int> _mustRegister = [];
    private readonly HashSet<string> _names = [];
    private readonly byte _format;
    private readonly long _head;
    private readonly long _sequence;
    private SnapshotPart _last = SnapshotPart.Nodes;
    private long _rowCount;

    private SnapshotReader(byte format, long head, long sequence) => (_format, _head, _sequence) = (format, head, sequence);

    /// <summary>The snapshot; null where it was made with another hash key, so that its rows' hashes say nothing here.</summary>
    public static TenantSnapshot? Read(ReadOnlyMemory<byte> bytes, KeyedHash hash)
    {
        var from = new BytesReader(bytes.Span);
        var format = from.Byte();
        if (format is < SnapshotWriter.FirstFormat or > SnapshotWriter.RestoredFormat)
        {
            throw BytesReader.Corrupt("its format is not known");
        }

        var fingerprint = from.Fixed64();
        var serverNode = from.Uuid();
        var head = from.Number(Limits.SafeIntegerMax);
        var sequence = from.Number(long.MaxValue);
        var counts = (from.Number(long.MaxValue), from.Number(long.MaxValue), from.Number(long.MaxValue), from.Number(long.MaxValue));
        var times = format > SnapshotWriter.FirstFormat ? from.Number(WriteTimes.MarksMax) : 0;
        var policies = format > SnapshotWriter.SecondFormat ? from.Policies() : null;
        var conflicts = format > SnapshotWriter.SecondFormat ? from.Number(Limits.ConflictsMax) : 0;
        var isRestored = format == SnapshotWriter.RestoredFormat;
        var restores = isRestored ? (from.Number(int.MaxValue), from.Number(int.MaxValue)) : (0, 0);
        CheckCrc(bytes.Span, 0, ref from);
        if (fingerprint != hash.Fingerprint)
        {
            return null;
        }

        var reader = new SnapshotReader(format, head, sequence);
        reader.ReadParts(bytes.Span, ref from);
        return counts == (reader._nodes.Count, reader._clients.Count, reader._marks.Count, reader._rowCount)
            && times == reader._times.Count
            && conflicts == reader._conflicts.Count
            && restores == (reader._former.Count, reader._mustRegister.Count)
            && isRestored == (reader._former.Count > 0)
            ? new TenantSnapshot(serverNode, head, sequence, reader._nodes, reader._clients, reader._rows, reader._marks, reader._times)
            {
                Policies = policies,
                Conflicts = reader._conflicts,
                FormerServerNodes = reader._former,
            }
            : throw BytesReader.Corrupt("a part is missing");
    }

    private static void CheckCrc(ReadOnlySpan<byte> bytes, int start, ref BytesReader from)
    {
        var crc = Crc32.HashToUInt32(bytes[start..from.Position]);
        if (from.Fixed32() != crc)
        {
            throw BytesReader.Corrupt("a CRC does not match");
        }
    }

    private void ReadParts(ReadOnlySpan<byte> bytes, ref BytesReader from)
    {
        using var zstd = new Decompressor();
        var raw = ArrayPool<byte>.Shared.Rent(SnapshotWriter.PartBytesMax);
        try
        {
            while (from.Left > 0)
            {
                var start = from.Position;
                var kind = (SnapshotPart)from.Byte();
                var rawBytes = from.Fixed32();
                var stored = from.Bytes((int)Math.Min(from.Fixed32(), int.MaxValue));
                CheckCrc(bytes, start, ref from);
                if (rawBytes > SnapshotWriter.PartBytesMax || !Unwrap(zstd, stored, raw.AsSpan(0, (int)rawBytes)))
                {
                    throw BytesReader.Corrupt("a part cannot be decompressed");
                }

                ReadPart(kind, raw.AsSpan(0, (int)rawBytes));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(raw);
        }
    }

    private static bool Unwrap(Decompressor zstd, ReadOnlySpan<byte> stored, Span<byte> raw)
    {
        try
        {
            return zstd.TryUnwrap(stored, raw, out var written) && written == raw.Length;
        }
        catch (ZstdException)
        {
            return false;
        }
    }

    private void ReadPart(SnapshotPart kind, Span<byte> raw)
    {
        if (kind < _last)
        {
            throw BytesReader.Corrupt("its parts are not in order");
        }

        _last = kind;
        if (kind == SnapshotPart.Rows)
        {
            ReadRows(raw);
            return;
        }

        var from = new BytesReader(raw);
        while (from.Left > 0)
        {
            switch (kind)
            {
                case SnapshotPart.Nodes:
                    ReadNode(ref from);
                    break;
                case SnapshotPart.Clients:
                    ReadClient(ref from);
                    break;
                case SnapshotPart.Marks:
                    ReadMark(ref from);
                    break;
                case SnapshotPart.Times when _format > SnapshotWriter.FirstFormat:
                    ReadTime(ref from);
                    break;
                case SnapshotPart.Conflicts when _format > SnapshotWriter.SecondFormat:
                    _conflicts.Add(ConflictBytes.Read(ref from, _nodes.Count, _head, _conflicts.Count == 0 ? null : _conflicts[^1]));
                    break;
                case SnapshotPart.Restores when _format == SnapshotWriter.RestoredFormat:
                    ReadRestore(ref from);
                    break;
                default:
                    throw BytesReader.Corrupt("a part is of unknown kind");
            }
        }
    }

    private void ReadNode(ref BytesReader from)
    {
        var node = from.Node();
        if (!_names.Add(node.Value))
        {
            throw BytesReader.Corrupt("a node stands twice");
        }

        _nodes.Add(new NodeState(
            node, from.Number(Limits.SafeIntegerMax), from.Number(Limits.SafeIntegerMax), from.Number(Limits.SafeIntegerMax)));
    }

    private void ReadClient(ref BytesReader from)
    {
        if (_clients.Count == 0)
        {
            _names.Clear();
        }

        var client = from.Client();
        if (!_names.Add(client.Value))
        {
            throw BytesReader.Corrupt("a client stands twice");
        }

        var node = (int)from.Number(_nodes.Count - 1);
        var registered = from.Signed();
        var metadata = from.Metadata();
        var (seen, conflicts) = _format > SnapshotWriter.FirstFormat ? ReadContact(ref from) : (null, 0L);
        var window = new WindowEntry[from.Count(bytesEach: 33)];
        if (window.Length > Limits.WindowMessagesMax)
        {
            throw BytesReader.Corrupt("a window is too long");
        }

        foreach (ref var entry in window.AsSpan())
        {
            entry = new WindowEntry(from.Uuid(), from.Hash(), from.Number(_sequence));
        }

        _clients.Add(new ClientSnapshot(client, node, metadata, registered, seen, conflicts, window));
    }

    private static (long? Seen, long Conflicts) ReadContact(ref BytesReader from)
    {
        long? seen = from.Number(1) == 1 ? from.Signed() : null;
        return (seen, from.Number(long.MaxValue));
    }

    private void ReadRestore(ref BytesReader from)
    {
        switch (from.Byte())
        {
            case SnapshotWriter.FormerNodeTag:
                _former.Add(from.Uuid());
                break;
            case SnapshotWriter.MustRegisterTag:
                var client = (int)from.Number(_clients.Count - 1);
                _clients[client] = _mustRegister.Add(client)
                    ? _clients[client] with { MustRegister = true }
                    : throw BytesReader.Corrupt("a client must register twice");
                break;
            default:
                throw BytesReader.Corrupt("a restoration is of unknown kind");
        }
    }

    private void ReadTime(ref BytesReader from)
    {
        var (lsn, before) = (from.Number(_head), _times.Count > 0 ? _times[^1] : default);
        if (lsn <= before.Lsn)
        {
            throw BytesReader.Corrupt("the times' LSNs do not rise");
        }

        _times.Add(new WriteMark(lsn, unchecked(before.AtMicros + from.Signed())));
    }

    private void ReadMark(ref BytesReader from)
    {
        var mark = new JournalMark(from.Number(_head), from.Number(_sequence));
        if (_marks.Count > 0 && (mark.Lsn <= _marks[^1].Lsn || mark.Sequence <= _marks[^1].Sequence))
        {
            throw BytesReader.Corrupt("the marks do not rise");
        }

        _marks.Add(mark);
    }

    private void ReadRows(Span<byte> raw)
    {
        var rowBytes = _format > SnapshotWriter.SecondFormat ? SnapshotWriter.RowBytes : SnapshotWriter.RowBytesBefore;
        var count = raw.Length / rowBytes;
        if (count * rowBytes != raw.Length)
        {
            throw BytesReader.Corrupt("a part of rows is cut");
        }

        var columns = new RowColumns(raw, count);
        for (var first = 0; first < count; first += RowTable.ChunkRows)
        {
            var chunk = new RowVersion[Math.Min(RowTable.ChunkRows, count - first)];
            for (var i = 0; i < chunk.Length; i++)
            {
                chunk[i] = Checked(columns.Get(first + i));
            }

            _rows.Add(chunk);
            _rowCount += chunk.Length;
        }
    }

    private RowVersion Checked(RowVersion row) =>
        row.Lsn > 0 && row.Lsn <= _head
        && row.Counter is >= 0 and <= Limits.SafeIntegerMax
        && row.LocalLsn is >= 0 and <= Limits.SafeIntegerMax
        && (uint)row.Author < (uint)_nodes.Count
            ? row
            : throw BytesReader.Corrupt("a row's version cannot be");
}
