using System.Buffers.Binary;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>
/// Measures a zstd frame by its header and block headers (RFC 8878, section 3.1.1), without decompressing: the library itself would take
/// several frames, skippable ones and trailing bytes.
/// </summary>
internal static class ZstdFrameWalk
{
    private const uint Magic = 0xFD2FB528;
    private const int BlockBytesMax = 128 * 1_024;
    private const int ChecksumBytes = 4;

    /// <summary>
    /// Whether the bytes are exactly one frame: no dictionary id, no reserved bit, a window of at most
    /// <see cref="Limits.ZstdWindowBytesMax"/>, a declared size of at most <see cref="Limits.DataBytesMax"/>, and nothing behind it.
    /// </summary>
    public static bool IsOneFrame(ReadOnlySpan<byte> frame)
    {
        if (!TrySkipHeader(ref frame, out var hasChecksum))
        {
            return false;
        }

        bool last;
        do
        {
            if (!TrySkipBlock(ref frame, out last))
            {
                return false;
            }
        }
        while (!last);

        return frame.Length == (hasChecksum ? ChecksumBytes : 0);
    }

    private static bool TrySkipHeader(ref ReadOnlySpan<byte> frame, out bool hasChecksum)
    {
        hasChecksum = false;
        if (frame.Length < 5 || BinaryPrimitives.ReadUInt32LittleEndian(frame) != Magic)
        {
            return false;
        }

        var descriptor = frame[4];
        var isSingleSegment = (descriptor & 0x20) != 0;
        hasChecksum = (descriptor & 0x04) != 0;
        var sizeBytes = (descriptor >> 6) switch { 0 => isSingleSegment ? 1 : 0, 1 => 2, 2 => 4, _ => 8 };
        var headerBytes = 5 + (isSingleSegment ? 0 : 1) + sizeBytes;
        const int ReservedBitAndDictionary = 0x08 | 0x03;
        if ((descriptor & ReservedBitAndDictionary) != 0 || frame.Length < headerBytes)
        {
            return false;
        }

        // A single segment has its content as window, which the limit of the content bounds far below that of windows.
        var isGood = ContentSize(frame[(headerBytes - sizeBytes)..headerBytes]) <= Limits.DataBytesMax
            && (isSingleSegment || WindowSize(frame[5]) <= Limits.ZstdWindowBytesMax);
        frame = frame[headerBytes..];
        return isGood;
    }

    private static ulong ContentSize(ReadOnlySpan<byte> field) => field.Length switch
    {
        0 => 0,
        1 => field[0],
        2 => BinaryPrimitives.ReadUInt16LittleEndian(field) + 256UL,
        4 => BinaryPrimitives.ReadUInt32LittleEndian(field),
        _ => BinaryPrimitives.ReadUInt64LittleEndian(field),
    };

    private static long WindowSize(byte descriptor)
    {
        var window = 1L << (10 + (descriptor >> 3));
        return window + ((window >> 3) * (descriptor & 7));
    }

    private static bool TrySkipBlock(ref ReadOnlySpan<byte> frame, out bool last)
    {
        last = false;
        if (frame.Length < 3)
        {
            return false;
        }

        var header = frame[0] | (frame[1] << 8) | (frame[2] << 16);
        last = (header & 1) != 0;
        var size = header >> 3;
        const int Raw = 0, RunLength = 1, Compressed = 2;
        var bytes = ((header >> 1) & 3) switch { Raw or Compressed => size, RunLength => 1, _ => int.MaxValue };
        if (size > BlockBytesMax || bytes > frame.Length - 3)
        {
            return false;
        }

        frame = frame[(3 + bytes)..];
        return true;
    }
}
