using System.Buffers.Binary;
using ZstdSharp;

namespace HeliosSync.Integration.Protocol.Rig;

/// <summary>Zstd frames, good ones from a library and bad ones byte by byte (RFC 8878).</summary>
internal static class ZstdBytes
{
    private const int BlockBytesMax = 128 * 1_024;

    /// <summary>One frame with its content's size.</summary>
    public static byte[] Frame(ReadOnlySpan<byte> plain)
    {
        using var compressor = new Compressor(3);
        return compressor.Wrap(plain).ToArray();
    }

    /// <summary>A skippable frame.</summary>
    public static byte[] Skippable() => [0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];

    /// <summary>A frame that wants dictionary 7: single segment, size of one byte, one raw block.</summary>
    public static byte[] WithDictionary(byte[] plain) => [.. Magic, 0x21, 7, (byte)plain.Length, .. Block(0, plain.Length, last: true),
        .. plain];

    /// <summary>A frame that wants a window of 128 MiB, and has one raw block.</summary>
    public static byte[] WithHugeWindow(byte[] plain) => [.. Magic, 0x00, 17 << 3, .. Block(0, plain.Length, last: true), .. plain];

    /// <summary>About 8 KB that expand to 256 MiB of zeros: blocks of one repeated byte. The size stands in the header or not.</summary>
    public static byte[] Bomb(bool declared)
    {
        const int Blocks = 2_048;
        var bytes = new List<byte>(Magic.ToArray());
        if (declared)
        {
            // A content size of 8 bytes, and a window of 1 MiB.
            var size = new byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(size, (long)Blocks * BlockBytesMax);
            bytes.AddRange([0xc0, 10 << 3, .. size]);
        }
        else
        {
            bytes.AddRange([0x00, 10 << 3]);
        }

        for (var i = 1; i <= Blocks; i++)
        {
            bytes.AddRange([.. Block(1, BlockBytesMax, last: i == Blocks), 0]);
        }

        return [.. bytes];
    }

    private static ReadOnlySpan<byte> Magic => [0x28, 0xb5, 0x2f, 0xfd];

    /// <summary>A block's header: type 0 is raw, 1 one repeated byte.</summary>
    private static byte[] Block(int type, int size, bool last)
    {
        var header = (size << 3) | (type << 1) | (last ? 1 : 0);
        return [(byte)header, (byte)(header >> 8), (byte)(header >> 16)];
    }
}
