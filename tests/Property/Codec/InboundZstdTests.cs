using FsCheck.Xunit;
using HeliosSync.Codec;
using HeliosSync.Domain;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace HeliosSync.Property.Codec;

/// <summary>One strict zstd frame is decompressed, nothing else (protocol 5.1; bad-inputs, the row of <c>compressed: true</c>).</summary>
public sealed class InboundZstdTests : IDisposable
{
    private readonly ZstdFrames _zstd = new();

    [Property]
    public void What_was_compressed_is_read_back(byte[] data, bool withChecksum, bool withoutSize)
    {
        Assert.Equal(data, Unwrap(Frame(data, withChecksum, withoutSize)));
    }

    [Fact]
    public void Data_of_the_greatest_size_is_read_back()
    {
        var noise = new byte[Limits.DataBytesMax];
        new Random(1).NextBytes(noise);
        Assert.Equal(noise, Unwrap(Frame(noise)));
        Assert.Equal(new byte[Limits.DataBytesMax], Unwrap(Frame(new byte[Limits.DataBytesMax])));
    }

    [Property]
    public void A_frame_cut_short_or_with_a_byte_behind_it_is_refused(byte[] data)
    {
        var frame = Frame(data, withChecksum: true);
        for (var length = 0; length < frame.Length; length++)
        {
            Assert.Null(Unwrap(frame.AsSpan(0, length)));
        }

        Assert.Null(Unwrap([.. frame, 0]));
    }

    [Property]
    public void Any_bytes_at_all_are_refused_or_read_within_the_bound(byte[] bytes, bool behindMagic)
    {
        byte[] frame = behindMagic ? [0x28, 0xB5, 0x2F, 0xFD, .. bytes] : bytes;
        Assert.True(Unwrap(frame) is null or { Length: <= Limits.DataBytesMax });
    }

    [Property]
    public void A_flipped_bit_never_gives_other_data_where_the_frame_has_a_checksum(byte[] seed, ushort place)
    {
        byte[] data = [1, 2, 3, 4, 5, 6, 7, 8, .. seed, .. seed];
        var frame = Frame(data, withChecksum: true);
        var bit = place % (frame.Length * 8);
        frame[bit / 8] ^= (byte)(1 << (bit % 8));
        Assert.True(Unwrap(frame) is not { } read || read.SequenceEqual(data), $"bit {bit} changed the data");
    }

    [Fact]
    public void Two_frames_are_refused() => Assert.Null(Unwrap([.. Frame([1, 2, 3]), .. Frame([4])]));

    [Fact]
    public void A_skippable_frame_is_refused_before_behind_and_alone()
    {
        byte[] skippable = [0x50, 0x2A, 0x4D, 0x18, 1, 0, 0, 0, 9];
        Assert.Null(Unwrap(skippable));
        Assert.Null(Unwrap([.. skippable, .. Frame([1])]));
        Assert.Null(Unwrap([.. Frame([1]), .. skippable]));
    }

    [Fact]
    public void A_frame_that_names_a_dictionary_is_refused()
    {
        var plain = Frame([1, 2, 3]);
        Assert.Equal(0x20, plain[4]);
        byte[] withId = [.. plain[..4], 0x21, 7, .. plain[5..]];
        Assert.Null(Unwrap(withId));
    }

    [Fact]
    public void The_reserved_bit_and_the_reserved_block_type_are_refused()
    {
        var plain = Frame([1, 2, 3]);
        Assert.Null(Unwrap([.. plain[..4], 0x28, .. plain[5..]]));
        Assert.Null(Unwrap([.. plain[..6], (byte)(plain[6] | 0x06), .. plain[7..]]));
    }

    /// <summary>
    /// A raw last block of three bytes behind a window descriptor: 8 MiB is 13 &lt;&lt; 3, nine are one above; seven eighths more than
    /// 4 MiB are below.
    /// </summary>
    [Theory]
    [InlineData(13 << 3, true)]
    [InlineData((12 << 3) | 7, true)]
    [InlineData((13 << 3) | 1, false)]
    [InlineData(17 << 3, false)]
    [InlineData(0xFF, false)]
    public void A_window_above_the_limit_is_refused(byte descriptor, bool isGood)
    {
        byte[] frame = [0x28, 0xB5, 0x2F, 0xFD, 0x00, descriptor, (3 << 3) | 1, 0, 0, 7, 8, 9];
        Assert.Equal(isGood ? [7, 8, 9] : null, Unwrap(frame));
    }

    /// <summary>Some 8 KB that expand to 256 MiB: 2,048 run-length blocks of 128 KiB.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_bomb_is_refused_within_the_bound_whether_or_not_it_declares_its_size(bool declared)
    {
        byte[] header = declared ? [0x28, 0xB5, 0x2F, 0xFD, 0x80, 0x58, 0, 0, 0, 0x10] : [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x58];
        var blocks = Enumerable.Range(0, 2_048).SelectMany(static i => new byte[] { (byte)(2 | (i == 2_047 ? 1 : 0)), 0, 0x10, 0 });
        byte[] bomb = [.. header, .. blocks];
        var destination = new byte[Limits.DataBytesMax + 1_024];
        destination.AsSpan(Limits.DataBytesMax).Fill(0xAB);
        _zstd.TryUnwrap(Frame([1]), destination, out _);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.False(_zstd.TryUnwrap(bomb, destination, out _));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 * 1_024);
        Assert.All(destination[Limits.DataBytesMax..], static b => Assert.Equal(0xAB, b));
    }

    [Fact]
    public void A_frame_that_declares_less_than_it_holds_is_refused()
    {
        byte[] frame = [0x28, 0xB5, 0x2F, 0xFD, 0x20, 2, (3 << 3) | 1, 0, 0, 7, 8, 9];
        Assert.Null(Unwrap(frame));
        frame[5] = 3;
        Assert.Equal([7, 8, 9], Unwrap(frame));
    }

    [Fact]
    public void Data_larger_than_its_destination_is_refused() =>
        Assert.False(_zstd.TryUnwrap(Frame(new byte[100]), new byte[99], out _));

    [Fact]
    public void A_refused_frame_does_not_spoil_the_next_one()
    {
        var frame = Frame([1, 2, 3], withChecksum: true);
        byte[] spoilt = [.. frame[..^1], (byte)(frame[^1] ^ 1)];
        for (var i = 0; i < 20; i++)
        {
            Assert.Null(Unwrap(spoilt));
            Assert.Equal([1, 2, 3], Unwrap(frame));
        }
    }

    [Fact]
    public void Many_threads_may_ask_at_once() => Parallel.For(0, 200, i =>
    {
        var data = Enumerable.Repeat((byte)i, 1_000 + i).ToArray();
        Assert.Equal(data, Unwrap(Frame(data)));
    });

    public void Dispose() => _zstd.Dispose();

    private static byte[] Frame(byte[] data, bool withChecksum = false, bool withoutSize = false)
    {
        using var compressor = new Compressor(3);
        compressor.SetParameter(ZSTD_cParameter.ZSTD_c_checksumFlag, withChecksum ? 1 : 0);
        compressor.SetParameter(ZSTD_cParameter.ZSTD_c_contentSizeFlag, withoutSize ? 0 : 1);
        return compressor.Wrap(data).ToArray();
    }

    private byte[]? Unwrap(ReadOnlySpan<byte> frame)
    {
        var destination = new byte[Limits.DataBytesMax];
        return _zstd.TryUnwrap(frame, destination, out var written) ? destination[..written] : null;
    }
}
