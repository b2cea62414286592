using FsCheck.Xunit;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Property.Codec;

/// <summary>What all stored bytes are made of, numbers and texts: each reads back as it was written, and what is none is corrupt.</summary>
public sealed class JournalBytesTests
{
    [Fact]
    public void A_number_of_any_width_reads_back_as_it_was_written()
    {
        for (var bits = 0; bits < 64; bits++)
        {
            foreach (var value in new[] { 1UL << bits, (1UL << bits) - 1, ulong.MaxValue >> bits, ulong.MaxValue << bits })
            {
                Assert.Equal(value, new BytesReader(Varint(value)).Varint());
                using var to = new BytesWriter(1);
                to.Signed(unchecked((long)value));
                Assert.Equal(unchecked((long)value), new BytesReader(to.Written).Signed());
            }
        }
    }

    [Fact]
    public void A_number_of_more_than_64_bits_is_corrupt()
    {
        static byte[] Of(int last) => [.. Enumerable.Repeat((byte)0xff, 9), (byte)last, 0];
        Assert.Equal(ulong.MaxValue, new BytesReader(Of(1)).Varint());
        for (var last = 2; last <= byte.MaxValue; last++)
        {
            var bytes = Of(last);
            Assert.Throws<InvalidDataException>(() => new BytesReader(bytes).Varint());
        }
    }

    [Fact]
    public void A_number_above_its_limit_is_corrupt_and_below_0_every_number_is()
    {
        foreach (var max in new[] { 0, 1, 127, 128, Limits.SafeIntegerMax, long.MaxValue })
        {
            Assert.Equal(max, new BytesReader(Varint((ulong)max)).Number(max));
            Assert.Throws<InvalidDataException>(() => new BytesReader(Varint((ulong)max + 1)).Number(max));
            Assert.Throws<InvalidDataException>(() => new BytesReader(Varint(ulong.MaxValue)).Number(max));
        }

        Assert.Throws<InvalidDataException>(() => new BytesReader(Varint(0)).Number(-1));
    }

    /// <summary>Whoever reads a count makes room for as many: so it must not be more than the bytes behind it can hold.</summary>
    [Fact]
    public void A_count_of_more_than_can_follow_is_corrupt()
    {
        static byte[] Of(int count, int left) => [(byte)count, .. new byte[left]];
        foreach (var each in new[] { 1, 2, 3 })
        {
            foreach (var left in Enumerable.Range(0, 10))
            {
                var most = left / each;
                Assert.Equal(most, new BytesReader(Of(most, left)).Count(each));
                Assert.Throws<InvalidDataException>(() => new BytesReader(Of(most + 1, left)).Count(each));
            }
        }
    }

    [Theory]
    [InlineData("FF")]
    [InlineData("C0AF")]
    [InlineData("EDA080")]
    [InlineData("61C3")]
    public void A_text_that_is_no_utf_8_is_corrupt(string hex)
    {
        var utf8 = Convert.FromHexString(hex);
        Assert.Throws<InvalidDataException>(() => new BytesReader([(byte)utf8.Length, .. utf8]).Text());
    }

    [Property]
    public void Bytes_written_past_the_capacity_are_all_there(byte[][] pieces)
    {
        using var to = new BytesWriter(1);
        foreach (var piece in pieces)
        {
            to.Bytes(piece ?? []);
        }

        Assert.Equal(pieces.SelectMany(static p => p ?? []), to.ToArray());
    }

    [Fact]
    public void A_negative_number_is_a_bug_and_is_never_written()
    {
        using var to = new BytesWriter(1);
        Assert.Throws<ArgumentOutOfRangeException>(() => to.Number(-1));
        Assert.Equal(0, to.Length);
    }

    private static byte[] Varint(ulong value)
    {
        using var to = new BytesWriter(1);
        to.Varint(value);
        return to.ToArray();
    }
}
