using System.Text;
using HeliosSync.Codec;
using HeliosSync.Property.Codec;

namespace HeliosSync.Fuzz.Codec;

/// <summary>
/// An array of integers behind a byte that says how much room there is: with vectors, without, and by the naive reader the same, and
/// nothing written past the room.
/// </summary>
internal sealed class IntegersTarget : FuzzTarget
{
    private const int RoomStep = 4;

    public override string Name => "integers";

    public override int Share => 8;

    public override int InputBytesMax => 512;

    public override IReadOnlyList<byte[]> Tokens { get; } =
    [
        .. new[] { ",", "255,", "256,", "0,", "00", " ", "\n", "]", "[", "1,2,3,", "-1", "1.0", "100,200,250,9," }
            .Select(Encoding.ASCII.GetBytes),
    ];

    public override IEnumerable<byte[]> Seeds() =>
        new[]
        {
            "[]", "[1]", "[ 1 , 22\t,\r\n255 ]", "[" + string.Join(',', Enumerable.Range(0, 100)) + "]",
            "[" + string.Join(", ", Enumerable.Range(156, 100)) + "]", "[" + string.Join(',', Enumerable.Repeat(7, 64)) + "]",
        }.SelectMany(static json => new byte[] { 0, 1, 16, 100, 255 }.Select(room => (byte[])[room, .. Encoding.ASCII.GetBytes(json)]));

    public override bool Run(byte[] input)
    {
        if (input.Length == 0)
        {
            return false;
        }

        var room = input[0] * RoomStep;
        var source = input[1..];
        var naive = InboundIntegerArrayTests.Naive(source, room);
        foreach (var byVectors in new[] { true, false })
        {
            var read = Oracle.SameInAnySurroundings(source, bytes => Read(bytes.Span, room, byVectors));
            Oracle.Same(naive.Read, read.Read, $"the naive reader ends alike (vectors {byVectors})");
            Oracle.Holds(naive.Read != IntegersRead.Whole || naive == read, $"the naive reader gives the same (vectors {byVectors})");
        }

        return naive.Read == IntegersRead.Whole;
    }

    private static (IntegersRead Read, int Consumed, string Values) Read(ReadOnlySpan<byte> source, int room, bool byVectors)
    {
        const int MarginBytes = 64;
        const byte Canary = 0xa5;
        var destination = new byte[room + MarginBytes];
        destination.AsSpan(room).Fill(Canary);
        var read = IntegerArrays.Read(source, destination.AsSpan(0, room), byVectors, out var consumed, out var written);
        Oracle.Holds(!destination.AsSpan(room).ContainsAnyExcept(Canary), "nothing is written past the room");
        Oracle.Holds(consumed <= source.Length && written <= room, "counts stay within their spans");
        return (read, consumed, Convert.ToHexString(destination.AsSpan(0, written)));
    }
}
