using System.Buffers.Binary;
using System.IO.Hashing;
using HeliosSync.Codec;
using HeliosSync.Domain;
using HeliosSync.Property.Codec;
using ZstdSharp;

namespace HeliosSync.Fuzz.Codec;

/// <summary>
/// A snapshot, in two forms. Behind a byte 0: as it is stored. Behind a byte 1: its head and its parts uncompressed and without CRCs,
/// each behind its length in two bytes; the target compresses and seals them, so that what is below is fuzzed too.
/// </summary>
internal sealed class SnapshotTarget : FuzzTarget
{
    private const int HashKeyAt = 1;

    public override string Name => "snapshot";

    public override int Share => 4;

    public override IReadOnlyList<byte[]> Tokens => StoredEvents.Tokens;

    public override IEnumerable<byte[]> Seeds()
    {
        byte[][] golden = [.. new[] { 1, 2, 3, 4 }.Select(static format => StoredEvents.Golden($"snapshot-{format}.bin"))];
        var drawn = Enumerable.Range(0, 12).Select(static seed => SnapshotSamples.Make(new Random(seed)))
            .Select(static s => SnapshotWriter.Write(s, JournalSamples.Hash));
        foreach (var stored in golden.Concat(drawn).Where(s => s.Length < InputBytesMax))
        {
            yield return [0, .. stored];
            yield return Unsealed(stored);
        }
    }

    public override bool Run(byte[] input)
    {
        var stored = input.Length == 0 ? input : input[0] % 2 == 0 ? input[1..] : Sealed(input.AsSpan(1));
        var read = Read(stored);
        if (read is null)
        {
            return false;
        }

        var written = SnapshotWriter.Write(read, JournalSamples.Hash);
        var again = Read(written);
        Oracle.Holds(again is not null, "what was read and is written is read");
        SnapshotSamples.Same(read, again!);
        RestoresAsATenant(read);
        return true;
    }

    private static TenantSnapshot? Read(byte[] stored) => Oracle.Bounded(stored.Length, 2_000, 6 * 1_024 * 1_024, () =>
    {
        try
        {
            return SnapshotReader.Read(stored, JournalSamples.Hash);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    });

    /// <summary>A tenant takes up any snapshot that the reader gives.</summary>
    private static void RestoresAsATenant(TenantSnapshot read)
    {
        var tenant = new Tenant(read);
        Oracle.Same(
            (read.Head, read.Sequence, read.Clients.Count), (tenant.Head, tenant.Sequence, tenant.ClientCount), "a tenant takes it up");
        foreach (var client in read.Clients)
        {
            tenant.StandingOf(client.Client);
        }

        var rows = tenant.Freeze().Rows.Sum(static chunk => chunk.Length);
        Oracle.Same(tenant.RowCount, rows, "it freezes as many rows as it has");
    }

    /// <summary>Head and parts with CRCs, the parts compressed; the head's hash fingerprint is put right.</summary>
    private static byte[] Sealed(ReadOnlySpan<byte> input)
    {
        using var zstd = new Compressor(1);
        using var to = new MemoryStream();
        var head = Take(ref input).ToArray();
        if (head.Length >= HashKeyAt + sizeof(ulong))
        {
            BinaryPrimitives.WriteUInt64LittleEndian(head.AsSpan(HashKeyAt), JournalSamples.Hash.Fingerprint);
        }

        WriteWithCrc(to, head);
        while (!input.IsEmpty)
        {
            var kind = input[0];
            input = input[1..];
            var raw = Take(ref input);
            var stored = zstd.Wrap(raw);
            var part = new byte[SnapshotReader.PartHeadBytes + stored.Length];
            part[0] = kind;
            BinaryPrimitives.WriteInt32LittleEndian(part.AsSpan(1), raw.Length);
            BinaryPrimitives.WriteInt32LittleEndian(part.AsSpan(5), stored.Length);
            stored.CopyTo(part.AsSpan(SnapshotReader.PartHeadBytes));
            WriteWithCrc(to, part);
        }

        return to.ToArray();
    }

    private static void WriteWithCrc(MemoryStream to, byte[] bytes)
    {
        to.Write(bytes);
        to.Write(BitConverter.GetBytes(Crc32.HashToUInt32(bytes)));
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> input)
    {
        var length = input.Length < 2 ? 0 : Math.Min(BinaryPrimitives.ReadUInt16LittleEndian(input), input.Length - 2);
        var taken = input.Length < 2 ? [] : input.Slice(2, length);
        input = input[Math.Min(input.Length, 2 + length)..];
        return taken;
    }

    /// <summary>The second form of a stored snapshot.</summary>
    private static byte[] Unsealed(byte[] stored)
    {
        var from = new BytesReader(stored);
        from.Skip(HashKeyAt + sizeof(ulong) + 16);
        var numbersOfHead = stored[0] == 1 ? 6 : 7;
        for (var numbers = 0; numbers < numbersOfHead; numbers++)
        {
            from.Varint();
        }

        if (stored[0] > SnapshotWriter.SecondFormat)
        {
            from.Policies();
            from.Varint();
        }

        if (stored[0] == SnapshotWriter.RestoredFormat)
        {
            from.Varint();
            from.Varint();
        }

        var input = new List<byte> { 1 };
        Put(input, stored.AsSpan(0, from.Position));
        from.Skip(sizeof(uint));
        using var zstd = new Decompressor();
        while (from.Left > 0)
        {
            input.Add(from.Byte());
            from.Skip(sizeof(uint));
            Put(input, zstd.Unwrap(from.Bytes((int)from.Fixed32())));
            from.Skip(sizeof(uint));
        }

        return [.. input];
    }

    private static void Put(List<byte> input, ReadOnlySpan<byte> bytes)
    {
        input.AddRange(BitConverter.GetBytes((ushort)bytes.Length));
        input.AddRange(bytes);
    }
}
