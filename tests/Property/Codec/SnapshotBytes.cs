using System.Buffers.Binary;
using System.IO.Hashing;
using HeliosSync.Codec;

namespace HeliosSync.Property.Codec;

/// <summary>A stored snapshot taken apart into its head and its parts, and put together anew, with the right CRCs.</summary>
internal static class SnapshotBytes
{
    private const int CrcBytes = 4;

    /// <summary>Where the parts stand: behind the head, whose end its own CRC marks.</summary>
    public static IEnumerable<(int Start, int Length)> Parts(byte[] bytes)
    {
        var at = CrcBytes;
        while (Crc32.HashToUInt32(bytes.AsSpan(0, at)) != BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at)))
        {
            at++;
        }

        for (at += CrcBytes; at < bytes.Length;)
        {
            var length = SnapshotReader.PartHeadBytes + BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at + 5)) + CrcBytes;
            yield return (at, length);
            at += length;
        }
    }

    /// <summary>The head with its CRC, and each part.</summary>
    public static (byte[] Head, byte[][] Parts) Split(byte[] bytes)
    {
        byte[][] parts = [.. Parts(bytes).Select(part => bytes[part.Start..(part.Start + part.Length)])];
        return (bytes[..^parts.Sum(static part => part.Length)], parts);
    }

    public static byte[] Join(byte[] head, params byte[][] parts) => [.. head, .. parts.SelectMany(static part => part)];

    /// <summary>How many bytes a part says that it has before compression.</summary>
    public static int RawLength(byte[] part) => BinaryPrimitives.ReadInt32LittleEndian(part.AsSpan(1));

    public static byte[] Raw(byte[] part) => JournalSamples.Decompress(part.AsSpan()[SnapshotReader.PartHeadBytes..^CrcBytes]);

    public static byte[] Part(byte kind, byte[] raw) => Part(kind, raw.Length, JournalSamples.Compress(raw));

    /// <summary>A part that says of itself what need not be so.</summary>
    public static byte[] Part(byte kind, int rawLength, byte[] stored)
    {
        var body = new byte[SnapshotReader.PartHeadBytes + stored.Length];
        body[0] = kind;
        BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(1), rawLength);
        BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(5), stored.Length);
        stored.CopyTo(body, SnapshotReader.PartHeadBytes);
        return WithCrc(body);
    }

    public static byte[] WithCrc(byte[] body)
    {
        var crc = new byte[CrcBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(crc, Crc32.HashToUInt32(body));
        return [.. body, .. crc];
    }
}
