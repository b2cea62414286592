using System.Buffers.Binary;
using System.Globalization;

namespace HeliosSync.Codec;

/// <summary>
/// Writes bytes as a JSON array of integers, the default form of <c>key</c> and <c>data</c> (protocol 5.1). Each byte is one look-up:
/// its digits with the comma behind them, stored as four bytes of which those past the comma are overwritten by the next.
/// </summary>
internal static class IntegerArrayWriter
{
    private static readonly uint[] DigitsAndComma = [.. Texts().Select(static t => BinaryPrimitives.ReadUInt32LittleEndian(Padded(t)))];

    private static readonly byte[] Lengths = [.. Texts().Select(static t => (byte)t.Length)];

    /// <summary>How long a destination must be for so many bytes.</summary>
    public static int BytesMax(int count) => checked((4 * count) + 4);

    /// <summary>Writes the array; returns how many bytes it took. <paramref name="to"/> must have <see cref="BytesMax"/> of them.</summary>
    public static int Write(ReadOnlySpan<byte> values, Span<byte> to)
    {
        // Spans of a length that the compiler knows: a byte cannot be out of their bounds, which makes this half again as fast.
        var digits = DigitsAndComma.AsSpan(0, 256);
        var lengths = Lengths.AsSpan(0, 256);
        to[0] = (byte)'[';
        var at = 1;
        foreach (var value in values)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(to[at..], digits[value]);
            at += lengths[value];
        }

        // The last comma gives way to the bracket; where there is none, the bracket follows the other.
        at = values.IsEmpty ? 2 : at;
        to[at - 1] = (byte)']';
        return at;
    }

    private static IEnumerable<string> Texts() =>
        Enumerable.Range(0, 256).Select(static i => string.Create(CultureInfo.InvariantCulture, $"{i},"));

    private static byte[] Padded(string text) => [.. text.PadRight(4, '\0').Select(static c => (byte)c)];
}
