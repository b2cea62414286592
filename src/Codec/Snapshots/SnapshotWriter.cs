using System.Buffers.Binary;
using System.IO.Hashing;
using HeliosSync.Domain;
using ZstdSharp;

namespace HeliosSync.Codec;

/// <summary>
/// From a tenant's snapshot to bytes: a head, then parts of at most 4 MB, each compressed and with a CRC-32, so that memory does not
/// spike. The layout stands in this folder's README.
/// </summary>
public static class SnapshotWriter
{
    internal const byte Format = 3;

    /// <summary>Of a journal that was restored from a backup; any other is written as before there were such.</summary>
    internal const byte RestoredFormat = 4;

    /// <summary>Without policies, the conflict log and the times of rows; still read.</summary>
    internal const byte SecondFormat = 2;

    /// <summary>Without contacts, conflicts and times; still read.</summary>
    internal const byte FirstFormat = 1;

    internal const byte FormerNodeTag = 1;
    internal const byte MustRegisterTag = 2;

    /// <summary>Bytes of one part before compression.</summary>
    internal const int PartBytesMax = 4 * 1_024 * 1_024;

    /// <summary>Rows of one part: 61 bytes each stay below <see cref="PartBytesMax"/>.</summary>
    internal const int PartRowsMax = 64 * RowTable.ChunkRows;

    /// <summary>Bytes of a row in its eight columns.</summary>
    internal const int RowBytes = RowBytesBefore + 8;

    /// <summary>Bytes of a row in the seven columns of the formats before.</summary>
    internal const int RowBytesBefore = 16 + 8 + 8 + 8 + 8 + 4 + 1;

    // A part is closed at this size; the largest item, a client with a full window and metadata, takes 130 KB.
    private const int PartBytesEnough = PartBytesMax - (256 * 1_024);

    /// <summary>The snapshot's bytes.</summary>
    /// <param name="s">The snapshot.</param>
    /// <param name="hash">The hash key of the database, which the rows' hashes were made with.</param>
    public static byte[] Write(TenantSnapshot s, KeyedHash hash)
    {
        using var bytes = Make([], s, hash);
        return bytes.ToArray();
    }

    /// <summary>The snapshot's bytes behind those of its envelope: as they are stored. To be disposed.</summary>
    /// <param name="envelope">Whose it is.</param>
    /// <param name="s">The snapshot.</param>
    /// <param name="hash">The hash key of the database, which the rows' hashes were made with.</param>
    public static SnapshotBytes Write(SnapshotEnvelope envelope, TenantSnapshot s, KeyedHash hash) => Make(envelope.Wrap([]), s, hash);

    private static SnapshotBytes Make(ReadOnlySpan<byte> before, TenantSnapshot s, KeyedHash hash)
    {
        using var parts = new PartWriter();
        foreach (var node in s.Nodes)
        {
            WriteNode(parts.Raw, node);
            parts.EndIfLarge(SnapshotPart.Nodes);
        }

        parts.End(SnapshotPart.Nodes);
        foreach (var client in s.Clients)
        {
            WriteClient(parts.Raw, client);
            parts.EndIfLarge(SnapshotPart.Clients);
        }

        parts.End(SnapshotPart.Clients);
        foreach (var mark in s.Marks)
        {
            parts.Raw.Number(mark.Lsn);
            parts.Raw.Number(mark.Sequence);
            parts.EndIfLarge(SnapshotPart.Marks);
        }

        parts.End(SnapshotPart.Marks);
        WriteRows(parts, s.Rows);
        WriteTimes(parts.Raw, s.Times);
        parts.End(SnapshotPart.Times);
        foreach (var conflict in s.Conflicts)
        {
            ConflictBytes.Write(parts.Raw, conflict);
            parts.EndIfLarge(SnapshotPart.Conflicts);
        }

        parts.End(SnapshotPart.Conflicts);
        WriteRestores(parts, s);
        using var head = new BytesWriter(128);
        WriteHead(head, s, hash);
        return parts.End(before, head.Written);
    }

    private static void WriteHead(BytesWriter to, TenantSnapshot s, KeyedHash hash)
    {
        var isRestored = s.FormerServerNodes.Count > 0;
        to.Byte(isRestored ? RestoredFormat : Format);
        to.Fixed64(hash.Fingerprint);
        to.Uuid(s.ServerNode);
        to.Number(s.Head);
        to.Number(s.Sequence);
        to.Number(s.Nodes.Count);
        to.Number(s.Clients.Count);
        to.Number(s.Marks.Count);
        to.Number(s.Rows.Sum(static chunk => (long)chunk.Length));
        to.Number(s.Times.Count);
        to.Policies(s.Policies);
        to.Number(s.Conflicts.Count);
        if (isRestored)
        {
            to.Number(s.FormerServerNodes.Count);
            to.Number(s.Clients.Count(static client => client.MustRegister));
        }

        to.Fixed32(Crc32.HashToUInt32(to.Written));
    }

    private static void WriteNode(BytesWriter to, NodeState node)
    {
        to.Text(node.Node.Value);
        to.Number(node.JudgedLsn);
        to.Number(node.JudgedCounter);
        to.Number(node.AcceptedCounter);
    }

    private static void WriteClient(BytesWriter to, ClientSnapshot client)
    {
        to.Text(client.Client.Value);
        to.Number(client.Node);
        to.Signed(client.RegisteredMicros);
        to.Metadata(client.Metadata);
        to.Byte(client.SeenMicros is null ? (byte)0 : (byte)1);
        if (client.SeenMicros is { } seen)
        {
            to.Signed(seen);
        }

        to.Number(client.Conflicts);
        to.Number(client.Window.Count);
        foreach (var entry in client.Window)
        {
            to.Uuid(entry.Message);
            to.Hash(entry.Digest);
            to.Number(entry.Sequence);
        }
    }

    /// <summary>The former server nodes, and the clients that have not registered since, each behind what it is.</summary>
    private static void WriteRestores(PartWriter parts, TenantSnapshot s)
    {
        foreach (var node in s.FormerServerNodes)
        {
            parts.Raw.Byte(FormerNodeTag);
            parts.Raw.Uuid(node);
            parts.EndIfLarge(SnapshotPart.Restores);
        }

        for (var i = 0; i < s.Clients.Count; i++)
        {
            if (s.Clients[i].MustRegister)
            {
                parts.Raw.Byte(MustRegisterTag);
                parts.Raw.Number(i);
                parts.EndIfLarge(SnapshotPart.Restores);
            }
        }

        parts.End(SnapshotPart.Restores);
    }

    /// <summary>At most <see cref="Domain.WriteTimes.MarksMax"/>, so one part holds them.</summary>
    private static void WriteTimes(BytesWriter to, IReadOnlyList<WriteMark> times)
    {
        var before = 0L;
        foreach (var mark in times)
        {
            to.Number(mark.Lsn);
            to.Signed(mark.AtMicros - before);
            before = mark.AtMicros;
        }
    }

    private static void WriteRows(PartWriter parts, IReadOnlyList<ReadOnlyMemory<RowVersion>> chunks)
    {
        var first = 0;
        while (first < chunks.Count)
        {
            var (last, count) = (first, 0);
            while (last < chunks.Count && count + chunks[last].Length <= PartRowsMax)
            {
                count += chunks[last++].Length;
            }

            if (last == first)
            {
                throw new ArgumentException($"A chunk has more than {PartRowsMax} rows.", nameof(chunks));
            }

            var columns = new RowColumns(parts.Raw.Take(count * RowBytes), count);
            var at = 0;
            for (; first < last; first++)
            {
                foreach (ref readonly var row in chunks[first].Span)
                {
                    columns.Set(at++, in row);
                }
            }

            parts.End(SnapshotPart.Rows);
        }
    }

    /// <summary>Gathers a part, then keeps it compressed: kind, raw and stored length, the stored bytes, CRC-32 of all these.</summary>
    private sealed class PartWriter : IDisposable
    {
        // The fastest level: hashes do not shrink, and what does shrinks at any level.
        private readonly Compressor _zstd = new(level: 1);

        private byte[] _part = [];
        private SnapshotBytes? _parts = new();

        public BytesWriter Raw { get; } = new(PartBytesMax);

        public void EndIfLarge(SnapshotPart kind)
        {
            if (Raw.Length >= PartBytesEnough)
            {
                End(kind);
            }
        }

        public void End(SnapshotPart kind)
        {
            if (Raw.Length == 0)
            {
                return;
            }

            var room = SnapshotReader.PartHeadBytes + Compressor.GetCompressBound(Raw.Length) + 4;
            if (_part.Length < room)
            {
                _part = new byte[room];
            }

            var stored = _zstd.Wrap(Raw.Written, _part.AsSpan(SnapshotReader.PartHeadBytes));
            _part[0] = (byte)kind;
            BinaryPrimitives.WriteInt32LittleEndian(_part.AsSpan(1), Raw.Length);
            BinaryPrimitives.WriteInt32LittleEndian(_part.AsSpan(5), stored);
            var end = SnapshotReader.PartHeadBytes + stored;
            BinaryPrimitives.WriteUInt32LittleEndian(_part.AsSpan(end), Crc32.HashToUInt32(_part.AsSpan(0, end)));
            _parts!.Add(_part, end + 4);
            Raw.Truncate(0);
        }

        /// <summary>All parts, behind these bytes. They are the caller's from now on.</summary>
        public SnapshotBytes End(ReadOnlySpan<byte> before, ReadOnlySpan<byte> head)
        {
            var parts = _parts!;
            parts.Begin([.. before, .. head]);
            _parts = null;
            return parts;
        }

        public void Dispose()
        {
            _parts?.Dispose();
            Raw.Dispose();
            _zstd.Dispose();
        }
    }
}
