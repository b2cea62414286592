using System.Globalization;
using System.Text;

namespace HeliosSync.Fuzz.Codec;

/// <summary>Makes a new input of an old one: bits, bytes, numbers as text, pieces moved, taken away, doubled, or from elsewhere.</summary>
internal sealed class Mutator(Random random, IReadOnlyList<byte[]> tokens, int inputBytesMax)
{
    private const int StepsExponentMax = 5;

    private static readonly byte[] EdgeBytes = [0, 1, 0x7f, 0x80, 0xff, 0x20, 0x22, 0x2c, 0x5b, 0x5d, 0x7b, 0x7d, 0x30, 0x39];

    private static readonly string[] EdgeNumbers =
    [
        "0", "1", "255", "256", "1000", "1024", "4294967295", "4294967296", "9007199254740991", "9007199254740992", "18446744073709551616",
    ];

    /// <summary>A few steps away from <paramref name="parent"/>; <paramref name="other"/> lends pieces.</summary>
    public byte[] Mutate(byte[] parent, byte[] other)
    {
        var bytes = parent.ToList();
        for (var steps = 1 << random.Next(StepsExponentMax); steps > 0; steps--)
        {
            Step(bytes, other);
        }

        return bytes.Count <= inputBytesMax ? [.. bytes] : [.. bytes.Take(inputBytesMax)];
    }

    private void Step(List<byte> bytes, byte[] other)
    {
        if (bytes.Count == 0)
        {
            bytes.Add((byte)random.Next(256));
            return;
        }

        var at = random.Next(bytes.Count);
        switch (random.Next(12))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                bytes[at] = (byte)random.Next(256);
                break;
            case 2:
                bytes[at] = EdgeBytes[random.Next(EdgeBytes.Length)];
                break;
            case 3:
                bytes[at] = unchecked((byte)(bytes[at] + random.Next(-8, 9)));
                break;
            case 4:
                bytes.RemoveRange(at, Math.Min(Length(), bytes.Count - at));
                break;
            case 5:
                bytes.InsertRange(random.Next(bytes.Count + 1), bytes.GetRange(at, Math.Min(Length(), bytes.Count - at)));
                break;
            case 6:
                bytes.InsertRange(at, RandomBytes(Length()));
                break;
            case 7:
                bytes.RemoveRange(at, random.Next(8) == 0 ? bytes.Count - at : 0);
                break;
            case 8:
                Splice(bytes, at, other);
                break;
            case 9:
                ReplaceNumber(bytes, at);
                break;
            default:
                PlaceToken(bytes, at);
                break;
        }
    }

    /// <summary>Mostly short: a long piece seldom leaves anything of the form.</summary>
    private int Length() => 1 + random.Next(1 << random.Next(7));

    private byte[] RandomBytes(int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private void Splice(List<byte> bytes, int at, byte[] other)
    {
        if (other.Length == 0)
        {
            return;
        }

        var from = random.Next(other.Length);
        var piece = other.AsSpan(from, Math.Min(Length(), other.Length - from)).ToArray();
        if (random.Next(2) == 0)
        {
            bytes.RemoveRange(at, Math.Min(piece.Length, bytes.Count - at));
        }

        bytes.InsertRange(at, piece);
    }

    /// <summary>Puts another number where one stands as text, or nothing where none does.</summary>
    private void ReplaceNumber(List<byte> bytes, int at)
    {
        var start = bytes.FindIndex(at, static b => char.IsAsciiDigit((char)b));
        if (start < 0)
        {
            return;
        }

        var end = bytes.FindIndex(start, static b => !char.IsAsciiDigit((char)b));
        bytes.RemoveRange(start, (end < 0 ? bytes.Count : end) - start);
        var number = random.Next(3) == 0
            ? random.Next(1_000).ToString(CultureInfo.InvariantCulture)
            : EdgeNumbers[random.Next(EdgeNumbers.Length)];
        bytes.InsertRange(start, Encoding.ASCII.GetBytes(number));
    }

    private void PlaceToken(List<byte> bytes, int at)
    {
        if (tokens.Count == 0)
        {
            return;
        }

        var token = tokens[random.Next(tokens.Count)];
        if (random.Next(3) == 0)
        {
            bytes.RemoveRange(at, Math.Min(token.Length, bytes.Count - at));
        }

        bytes.InsertRange(at, token);
    }
}
