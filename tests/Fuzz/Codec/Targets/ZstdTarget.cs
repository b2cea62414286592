using HeliosSync.Codec;
using ZstdSharp;

namespace HeliosSync.Fuzz.Codec;

/// <summary>
/// A zstd frame behind two bytes that say how much room there is: never more than the room is written; what is taken is one whole frame
/// by the library's own measure, and decompresses to the same again.
/// </summary>
internal sealed class ZstdTarget : FuzzTarget
{
    private readonly ZstdFrames _zstd = new();
    private readonly byte[] _room = new byte[ushort.MaxValue + 64];
    private readonly byte[] _again = new byte[ushort.MaxValue];

    public override string Name => "zstd";

    public override int Share => 4;

    public override int InputBytesMax => 2_048;

    public override IReadOnlyList<byte[]> Tokens { get; } =
    [
        [0x28, 0xb5, 0x2f, 0xfd], [0x50, 0x2a, 0x4d, 0x18], [0x01, 0x00, 0x00], [0x03, 0x00, 0x00], [0xfd, 0xff, 0xff], [0x24, 0x00],
        [0x60, 0xff, 0xff],
    ];

    public override IEnumerable<byte[]> Seeds()
    {
        foreach (var checksum in new[] { 0, 1 })
        {
            using var zstd = new Compressor(3);
            zstd.SetParameter(ZstdSharp.Unsafe.ZSTD_cParameter.ZSTD_c_checksumFlag, checksum);
            byte[] uneven = [.. Enumerable.Range(0, 600).Select(static i => (byte)(i * i))];
            foreach (var data in new byte[][] { [], [1, 2, 3], new byte[1_000], uneven })
            {
                byte[] frame = zstd.Wrap(data).ToArray();
                yield return [0xff, 0xff, .. frame];
                yield return [(byte)data.Length, (byte)(data.Length >> 8), .. frame];
            }
        }
    }

    public override bool Run(byte[] input)
    {
        if (input.Length < 2)
        {
            return false;
        }

        const byte Canary = 0xa5;
        var room = input[0] | (input[1] << 8);
        _room.AsSpan(room, 64).Fill(Canary);
        var frame = input[2..];
        var written = -1;
        var isTaken = Oracle.Bounded(input.Length, 64, 1_024 * 1_024, () => _zstd.TryUnwrap(frame, _room.AsSpan(0, room), out written));
        Oracle.Holds(!_room.AsSpan(room, 64).ContainsAnyExcept(Canary), "nothing is written past the room");
        Oracle.Holds(written >= 0 && written <= room && (isTaken || written == 0), "what was written fits");
        Oracle.Same(
            ZstdFrameWalk.IsOneFrame(frame),
            Oracle.SameInAnySurroundings(frame, static bytes => ZstdFrameWalk.IsOneFrame(bytes.Span)),
            "the walk reads the frame alone");
        if (!isTaken)
        {
            return false;
        }

        Oracle.Same(frame.Length, FrameBytes(frame), "the library measures the same one frame");
        Oracle.Holds(_zstd.TryUnwrap(frame, _again, out var again) && again == written, "it is taken again");
        Oracle.Holds(_room.AsSpan(0, written).SequenceEqual(_again.AsSpan(0, again)), "it gives the same bytes again");
        Oracle.Holds(!ZstdFrameWalk.IsOneFrame([.. frame, 0]), "no more is it");
        Oracle.Holds(!ZstdFrameWalk.IsOneFrame(frame.AsSpan(0, frame.Length - 1)), "no less is it");
        return true;
    }

    private static unsafe int FrameBytes(byte[] frame)
    {
        fixed (byte* start = frame)
        {
            return (int)ZstdSharp.Unsafe.Methods.ZSTD_findFrameCompressedSize(start, (nuint)frame.Length);
        }
    }
}
