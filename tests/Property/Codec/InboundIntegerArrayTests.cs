using System.Text;
using FsCheck.Xunit;
using HeliosSync.Codec;

namespace HeliosSync.Property.Codec;

/// <summary>Arrays of integers are read exactly as a naive reading of their grammar would, by vectors and without.</summary>
public sealed class InboundIntegerArrayTests
{
    private static readonly string[] Elements = ["0", "7", "42", "99", "100", "199", "200", "249", "250", "255"];
    private static readonly string[] Blanks = ["", "", "", " ", "  ", "\n\t", "\r\n    "];
    private static readonly char[] Letters = [.. "0123456789,,[] \t\n-+.eE\"xa{}\0é"];

    [Property(MaxTest = 2_000)]
    public void Any_array_mutated_or_not_is_read_as_by_the_naive_reader(int seed)
    {
        var random = new Random(seed);
        var text = new StringBuilder(Array(random, random.Next(random.Next(1, 200)), random.Next(3) == 0));
        for (var i = random.Next(3); i > 0; i--)
        {
            Mutate(text, random);
        }

        var bytes = Encoding.Latin1.GetBytes(text.ToString());
        AssertAgrees(bytes, bytesMax: random.Next(250));
        AssertAgrees(bytes[..random.Next(bytes.Length + 1)], bytesMax: 200);
    }

    [Theory]
    [InlineData("[]", "")]
    [InlineData("[ \t\r\n ]", "")]
    [InlineData("[0]", "0")]
    [InlineData("[255,0,10]", "255 0 10")]
    [InlineData("[ 1 , 2 ]", "1 2")]
    public void An_array_of_bytes_is_read(string json, string values)
    {
        var expected = values.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(byte.Parse);
        Assert.Equal((IntegersRead.Whole, json.Length, Convert.ToHexString([.. expected])), Ours(Encoding.UTF8.GetBytes(json), 10, true));
    }

    [Theory]
    [InlineData("[256]")]
    [InlineData("[1000]")]
    [InlineData("[99999999999999999999]")]
    [InlineData("[01]")]
    [InlineData("[00]")]
    [InlineData("[-0]")]
    [InlineData("[-1]")]
    [InlineData("[1.0]")]
    [InlineData("[1e0]")]
    [InlineData("[1,]")]
    [InlineData("[,1]")]
    [InlineData("[1,,2]")]
    [InlineData("[1 2]")]
    [InlineData("[\"1\"]")]
    [InlineData("[null]")]
    [InlineData("[[1]]")]
    public void What_is_no_array_of_bytes_is_wrong_at_every_place_of_a_long_one(string json)
    {
        var inner = json[1..^1];
        foreach (var good in new[] { "1", "12", "123", " 1", "34 ", "\n255" })
        {
            foreach (var before in new[] { 0, 1, 2, 5, 9, 30, 70 })
            {
                var text = string.Concat(Enumerable.Repeat($"{good},", before)) + inner + string.Concat(Enumerable.Repeat($",{good}", 30));
                var bytes = Encoding.UTF8.GetBytes($"[{text}]");
                Assert.Equal(IntegersRead.Wrong, Ours(bytes, 200, byVectors: true).Read);
                Assert.Equal(IntegersRead.Wrong, Ours(bytes, 200, byVectors: false).Read);
            }
        }
    }

    [Fact]
    public void One_element_more_than_there_is_room_for_is_too_many()
    {
        var json = Encoding.UTF8.GetBytes("[" + string.Join(',', Enumerable.Repeat("7", 100)) + "]");
        foreach (var byVectors in new[] { true, false })
        {
            Assert.Equal(IntegersRead.Whole, Ours(json, 100, byVectors).Read);
            Assert.Equal(IntegersRead.TooMany, Ours(json, 99, byVectors).Read);
            Assert.Equal(IntegersRead.TooMany, Ours(json, 0, byVectors).Read);
        }
    }

    [Fact]
    public void Every_prefix_of_an_array_needs_more_bytes()
    {
        var json = Encoding.UTF8.GetBytes(Array(new Random(5), 60, spaced: false));
        for (var length = 0; length < json.Length; length++)
        {
            Assert.Equal(IntegersRead.Incomplete, Ours(json[..length], 60, byVectors: true).Read);
            Assert.Equal(IntegersRead.Incomplete, Ours(json[..length], 60, byVectors: false).Read);
        }
    }

    [Fact]
    public void Every_byte_at_every_place_of_a_block_is_read_right()
    {
        for (var value = 0; value < 300; value++)
        {
            for (var place = 0; place < 40; place++)
            {
                var elements = Enumerable.Repeat("1", 60).ToArray();
                elements[place] = $"{value}";
                AssertAgrees(Encoding.UTF8.GetBytes("[" + string.Join(',', elements) + "]"), 60);
            }
        }
    }

    private static string Array(Random random, int count, bool spaced)
    {
        var text = new StringBuilder("[");
        for (var i = 0; i < count; i++)
        {
            text.Append(i == 0 ? "" : ",").Append(spaced ? Blanks[random.Next(Blanks.Length)] : "")
                .Append(random.Next(2) == 0 ? Elements[random.Next(Elements.Length)] : $"{random.Next(256)}")
                .Append(spaced ? Blanks[random.Next(3 + random.Next(3))] : "");
        }

        return text.Append(spaced ? Blanks[random.Next(Blanks.Length)] : "").Append(']').ToString();
    }

    private static void Mutate(StringBuilder text, Random random)
    {
        var at = random.Next(text.Length);
        switch (random.Next(3))
        {
            case 0:
                text[at] = Letters[random.Next(Letters.Length)];
                break;
            case 1:
                text.Insert(at, Letters[random.Next(Letters.Length)]);
                break;
            default:
                text.Remove(at, text.Length > 1 ? 1 : 0);
                break;
        }
    }

    private static void AssertAgrees(byte[] bytes, int bytesMax)
    {
        var expected = Naive(bytes, bytesMax);
        foreach (var byVectors in new[] { true, false })
        {
            var read = Ours(bytes, bytesMax, byVectors);
            Assert.True(
                expected.Read == read.Read && (read.Read != IntegersRead.Whole || expected == read),
                $"{Encoding.Latin1.GetString(bytes)} by vectors {byVectors}: {read}, expected {expected}");
        }
    }

    private static (IntegersRead Read, int Consumed, string Values) Ours(byte[] bytes, int bytesMax, bool byVectors)
    {
        var destination = new byte[bytesMax];
        var read = IntegerArrays.Read(bytes, destination, byVectors, out var consumed, out var written);
        return (read, consumed, Convert.ToHexString(destination.AsSpan(0, written)));
    }

    /// <summary>One letter at a time, with the number so far as text; what could still become right is incomplete.</summary>
    internal static (IntegersRead Read, int Consumed, string Values) Naive(byte[] bytes, int bytesMax)
    {
        var values = new List<byte>();
        var number = "";
        var isDone = false;
        for (var i = 0; i < bytes.Length; i++)
        {
            var letter = (char)bytes[i];
            var ends = letter is ',' or ']';
            if (i == 0 ? letter == '[' : letter is ' ' or '\t' or '\r' or '\n')
            {
                isDone = number.Length > 0;
            }
            else if (i > 0 && letter == ']' && number.Length == 0 && values.Count == 0 && !bytes.AsSpan(0, i).Contains((byte)','))
            {
                return (IntegersRead.Whole, i + 1, "");
            }
            else if (i > 0 && ends && number.Length > 0)
            {
                if (values.Count == bytesMax)
                {
                    return (IntegersRead.TooMany, i, "");
                }

                values.Add(byte.Parse(number, System.Globalization.CultureInfo.InvariantCulture));
                (number, isDone) = ("", false);
                if (letter == ']')
                {
                    return (IntegersRead.Whole, i + 1, Convert.ToHexString([.. values]));
                }
            }
            else if (i > 0 && char.IsAsciiDigit(letter) && !isDone && number != "0" && int.Parse(number + letter) <= 255)
            {
                number += letter;
            }
            else
            {
                return (IntegersRead.Wrong, i, "");
            }
        }

        return (IntegersRead.Incomplete, bytes.Length, "");
    }
}
