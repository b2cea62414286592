using FsCheck.Xunit;
using HeliosSync.Codec;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace HeliosSync.Property.Codec;

/// <summary>A zstd frame is measured by its headers alone (RFC 8878, section 3.1.1), before the library sees it.</summary>
public sealed class InboundFrameTests
{
    private const int RawBlock = 0;
    private const int RunLengthBlock = 2;
    private const int BlockBytesMax = 128 * 1_024;

    [Property]
    public void No_beginning_of_a_frame_is_a_frame(byte[] data)
    {
        using var zstd = new Compressor(3);
        zstd.SetParameter(ZSTD_cParameter.ZSTD_c_checksumFlag, 1);
        var frame = zstd.Wrap(data).ToArray();
        Assert.True(ZstdFrameWalk.IsOneFrame(frame));
        for (var length = 0; length < frame.Length; length++)
        {
            Assert.False(ZstdFrameWalk.IsOneFrame(frame.AsSpan(0, length)), $"{length} of {frame.Length} bytes");
        }
    }

    [Property]
    public void Blocks_alone_are_no_frame(byte[] data)
    {
        byte[] blocks = [.. Header(RawBlock, data.Length), .. data];
        Assert.True(ZstdFrameWalk.IsOneFrame(Frame(blocks)));
        Assert.False(ZstdFrameWalk.IsOneFrame(blocks));
    }

    [Fact]
    public void A_block_of_128_KiB_is_measured_and_a_larger_one_is_refused()
    {
        for (var size = BlockBytesMax - 1; size <= BlockBytesMax + 1; size++)
        {
            var isGood = size <= BlockBytesMax;
            Assert.Equal(isGood, ZstdFrameWalk.IsOneFrame(Frame([.. Header(RunLengthBlock, size), 7])));
            Assert.Equal(isGood, ZstdFrameWalk.IsOneFrame(Frame([.. Header(RawBlock, size), .. new byte[size]])));
        }
    }

    /// <summary>A header without a size, with a window of 1 MiB.</summary>
    private static byte[] Frame(byte[] blocks) => [0x28, 0xB5, 0x2F, 0xFD, 0x00, 10 << 3, .. blocks];

    /// <summary>The header of a last block.</summary>
    private static byte[] Header(int type, int size)
    {
        var header = (size << 3) | type | 1;
        return [(byte)header, (byte)(header >> 8), (byte)(header >> 16)];
    }
}
