using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HeliosSync.Codec;

/// <summary>How the reading of an array of integers ended.</summary>
internal enum IntegersRead
{
    /// <summary>At its closing bracket.</summary>
    Whole,

    /// <summary>At the end of the bytes: nothing wrong so far, more are needed.</summary>
    Incomplete,

    /// <summary>At something that is no JSON, or no integer of 0 to 255 in plain digits.</summary>
    Wrong,

    /// <summary>At an element that the destination has no room for.</summary>
    TooMany,
}

/// <summary>
/// Reads a JSON array of integers 0…255, the default form of <c>key</c> and <c>data</c> (protocol 5.1) and the hottest path of a push.
/// Blocks of whole elements go through vectors, 32 bytes at a time; what a block does not take goes through the plain reading below it,
/// which alone decides what is wrong.
/// </summary>
internal static class IntegerArrays
{
    private const int BlockBytes = 32;

    /// <summary>As many elements as a block can end: a digit and a comma each.</summary>
    private const int BlockElementsMax = BlockBytes / 2;

    /// <summary>As many bytes as a block may write: its last elements are written eight at once.</summary>
    private const int BlockRoom = BlockElementsMax + 4;

    private static readonly ulong[] Moves = MakeMoves();

    /// <summary>
    /// Reads the array that begins at the first byte. Its elements go to <paramref name="destination"/>, whose length is the most that it
    /// may have. <paramref name="consumed"/> counts the bytes up to and with the closing bracket, or to where reading ended.
    /// </summary>
    public static IntegersRead Read(ReadOnlySpan<byte> source, Span<byte> destination, out int consumed, out int written) =>
        Read(source, destination, Vector256.IsHardwareAccelerated, out consumed, out written);

    /// <summary>The same, with or without vectors, so that tests reach both on any machine.</summary>
    internal static IntegersRead Read(
        ReadOnlySpan<byte> source, Span<byte> destination, bool byVectors, out int consumed, out int written)
    {
        written = 0;
        consumed = 0;
        if (source.IsEmpty || source[0] != (byte)'[')
        {
            return source.IsEmpty ? IntegersRead.Incomplete : IntegersRead.Wrong;
        }

        var at = SkipWhitespace(source, 1);
        if (at < source.Length && source[at] == (byte)']')
        {
            consumed = at + 1;
            return IntegersRead.Whole;
        }

        while (true)
        {
            if (byVectors && source[at - 1] == (byte)',' && HasBlock(source, destination, at, written))
            {
                ReadBlocks(source, destination, ref at, ref written);
            }

            var read = ReadElement(source, ref at, out var value, out var isLast);
            consumed = at;
            if (read == IntegersRead.Whole && written == destination.Length)
            {
                return IntegersRead.TooMany;
            }

            if (read != IntegersRead.Whole)
            {
                return read;
            }

            destination[written++] = value;
            if (isLast)
            {
                return IntegersRead.Whole;
            }
        }
    }

    /// <summary>Reads one element and the comma or bracket behind it.</summary>
    private static IntegersRead ReadElement(ReadOnlySpan<byte> source, ref int at, out byte value, out bool isLast)
    {
        value = 0;
        isLast = false;
        at = SkipWhitespace(source, at);
        var start = at;
        var number = 0;
        while (at < source.Length && char.IsAsciiDigit((char)source[at]) && at - start < 4)
        {
            number = (number * 10) + (source[at++] - '0');
        }

        var digits = at - start;
        if (number > byte.MaxValue || (digits > 1 && source[start] == (byte)'0') || (digits == 0 && at < source.Length))
        {
            return IntegersRead.Wrong;
        }

        at = SkipWhitespace(source, at);
        if (at == source.Length)
        {
            return IntegersRead.Incomplete;
        }

        value = (byte)number;
        isLast = source[at] == (byte)']';
        return isLast || source[at] == (byte)',' ? Past(ref at) : IntegersRead.Wrong;
    }

    private static IntegersRead Past(ref int at)
    {
        at++;
        return IntegersRead.Whole;
    }

    private static int SkipWhitespace(ReadOnlySpan<byte> source, int at)
    {
        while (at < source.Length && source[at] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
        {
            at++;
        }

        return at;
    }

    /// <summary>
    /// Takes elements, each with the comma directly behind it and any whitespace before it, while a block of 32 bytes and room for all
    /// that it may hold are there. Begins and ends behind a comma, so no number is ever cut by the edge of a block.
    /// </summary>
    private static void ReadBlocks(ReadOnlySpan<byte> source, Span<byte> destination, ref int at, ref int written)
    {
        while (HasBlock(source, destination, at, written))
        {
            var bytes = Vector256.Create(source.Slice(at, BlockBytes));
            var digits = Digits(bytes);
            var commas = Vector256.Equals(bytes, Vector256.Create((byte)',')).ExtractMostSignificantBits();
            var other = ~(digits | commas);
            if (other != 0)
            {
                // Beyond the first byte that is neither digit, comma nor whitespace, commas are no longer ours.
                other &= ~Whitespace(bytes);
                commas &= other == 0 ? uint.MaxValue : (other & (0 - other)) - 1;
            }

            if (commas == 0)
            {
                return;
            }

            // What counts is the block up to its last comma; the rest is seen again at the start of the next block.
            var length = BitOperations.Log2(commas) + 1;
            var wrong = WrongForms(bytes, digits, commas) & (uint.MaxValue >> (BlockBytes - length));
            ValuesBefore(source, at, out var value, out var above);
            if ((wrong | (above.ExtractMostSignificantBits() & commas)) != 0)
            {
                return;
            }

            Gather(value, commas, destination.Slice(written, BlockRoom));
            written += BitOperations.PopCount(commas);
            at += length;
        }
    }

    private static bool HasBlock(ReadOnlySpan<byte> source, Span<byte> destination, int at, int written) =>
        at + BlockBytes <= source.Length && written + BlockRoom <= destination.Length;

    private static uint Digits(Vector256<byte> bytes) =>
        Vector256.LessThanOrEqual(bytes - Vector256.Create((byte)'0'), Vector256.Create((byte)9)).ExtractMostSignificantBits();

    private static uint Whitespace(Vector256<byte> bytes) =>
        (Vector256.Equals(bytes, Vector256.Create((byte)' ')) | Vector256.Equals(bytes, Vector256.Create((byte)'\n'))
            | Vector256.Equals(bytes, Vector256.Create((byte)'\r')) | Vector256.Equals(bytes, Vector256.Create((byte)'\t')))
        .ExtractMostSignificantBits();

    /// <summary>
    /// Bits where the block breaks the form: a comma that is not directly behind a digit, or a digit with something else behind it;
    /// the fourth digit of a number; a digit behind a leading zero.
    /// </summary>
    private static uint WrongForms(Vector256<byte> bytes, uint digits, uint commas)
    {
        var behindDigit = digits << 1;
        var zeros = Vector256.Equals(bytes, Vector256.Create((byte)'0')).ExtractMostSignificantBits();
        var leadingZeros = zeros & ~behindDigit;
        return ((behindDigit & ~digits) ^ commas)
            | (digits & behindDigit & (digits << 2) & (digits << 3))
            | ((leadingZeros << 1) & digits);
    }

    /// <summary>
    /// For each byte of the block, the number that ends just before it, and all ones in <paramref name="above"/> where it is over 255.
    /// Means something only behind a digit. The three bytes before the block are looked at too.
    /// </summary>
    private static void ValuesBefore(ReadOnlySpan<byte> source, int at, out Vector256<byte> value, out Vector256<byte> above)
    {
        var zero = Vector256.Create((byte)'0');
        var nine = Vector256.Create((byte)9);
        var ones = Vector256.Create(source.Slice(at - 1, BlockBytes)) - zero;
        var tens = Vector256.Create(source.Slice(at - 2, BlockBytes)) - zero;
        var hundreds = Vector256.Create(source.Slice(at - 3, BlockBytes)) - zero;
        var hasTens = Vector256.LessThanOrEqual(tens, nine);
        tens &= hasTens;
        hundreds &= hasTens & Vector256.LessThanOrEqual(hundreds, nine);

        var twice = tens + tens;
        var low = ones + twice + (twice + twice) + (twice + twice);
        var isOne = Vector256.Equals(hundreds, Vector256.Create((byte)1));
        var isTwo = Vector256.Equals(hundreds, Vector256.Create((byte)2));
        value = low + (isOne & Vector256.Create((byte)100)) + (isTwo & Vector256.Create((byte)200));
        above = Vector256.GreaterThan(hundreds, Vector256.Create((byte)2))
            | (isTwo & Vector256.GreaterThan(low, Vector256.Create((byte)55)));
    }

    /// <summary>
    /// Moves the values at the set places together, eight places at a time. Of eight written bytes those behind the values are overwritten
    /// by the next, or never looked at.
    /// </summary>
    private static void Gather(Vector256<byte> values, uint places, Span<byte> to)
    {
        var eights = values.AsUInt64();
        var at = GatherEight(eights.GetElement(0), (byte)places, to);
        at += GatherEight(eights.GetElement(1), (byte)(places >> 8), to[at..]);
        at += GatherEight(eights.GetElement(2), (byte)(places >> 16), to[at..]);
        GatherEight(eights.GetElement(3), (byte)(places >> 24), to[at..]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int GatherEight(ulong values, byte places, Span<byte> to)
    {
        var moves = Vector128.CreateScalarUnsafe(Moves[places]).AsByte();
        var moved = Vector128.ShuffleNative(Vector128.CreateScalarUnsafe(values).AsByte(), moves);
        BinaryPrimitives.WriteUInt64LittleEndian(to, moved.AsUInt64().ToScalar());
        return BitOperations.PopCount(places);
    }

    /// <summary>For each set of eight places, which of them come to the front, in their order; behind them the first again.</summary>
    private static ulong[] MakeMoves()
    {
        var moves = new ulong[256];
        for (var taken = 0; taken < moves.Length; taken++)
        {
            var at = 0;
            for (var place = 0; place < 8; place++)
            {
                if ((taken & (1 << place)) != 0)
                {
                    moves[taken] |= (ulong)place << (8 * at++);
                }
            }
        }

        return moves;
    }
}
