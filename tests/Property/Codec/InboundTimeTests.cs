using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using FsCheck.Xunit;
using HeliosSync.Codec;

namespace HeliosSync.Property.Codec;

/// <summary>Times are read and written as RFC 3339 with the rules of protocol 5.1.</summary>
public sealed partial class InboundTimeTests
{
    [Property(MaxTest = 1_000)]
    public void What_is_written_is_read_back(long any)
    {
        var span = DateTime.MaxValue.Ticks / TimeSpan.TicksPerMicrosecond;
        var micros = (long)((ulong)any % (ulong)span) - (DateTime.UnixEpoch.Ticks / TimeSpan.TicksPerMicrosecond);
        Assert.Equal(micros, Parse(Format(micros)));
    }

    [Property(MaxTest = 1_000)]
    public void Any_offset_and_fraction_mean_what_the_framework_says(uint seconds, uint fraction, byte digits, short offset)
    {
        var zone = TimeSpan.FromMinutes(offset % (14 * 60));
        var local = DateTimeOffset.UnixEpoch.AddSeconds(seconds).ToOffset(zone);
        var decimals = $"{fraction % 1_000_000_000:D9}"[..(1 + (digits % 9))];
        var text = local.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture) + "." + decimals
            + (zone < TimeSpan.Zero ? "-" : "+") + zone.ToString("hh\\:mm", CultureInfo.InvariantCulture);
        var micros = long.Parse(decimals.PadRight(9, '0')[..6], CultureInfo.InvariantCulture);
        Assert.Equal((seconds * 1_000_000L) + micros, Parse(text));
    }

    [Theory]
    [InlineData("1970-01-01T00:00:00Z", 0L)]
    [InlineData("2025-11-24T10:30:00Z", 1_763_980_200_000_000L)]
    [InlineData("2025-11-24t10:30:00z", 1_763_980_200_000_000L)]
    [InlineData("2025-11-24T11:30:00+01:00", 1_763_980_200_000_000L)]
    [InlineData("1970-01-01T00:00:00-00:00", 0L)]
    [InlineData("1970-01-01T23:59:00+23:59", 0L)]
    [InlineData("1969-12-31T00:01:00-23:59", 0L)]
    [InlineData("1970-01-01T00:00:00.1Z", 100_000L)]
    [InlineData("1970-01-01T00:00:00.123456789Z", 123_456L)]
    [InlineData("1969-12-31T23:59:59.9999999Z", -1L)]
    [InlineData("0001-01-01T00:00:00Z", -62_135_596_800_000_000L)]
    [InlineData("9999-12-31T23:59:59.999999999Z", 253_402_300_799_999_999L)]
    [InlineData("2024-02-29T00:00:00Z", 1_709_164_800_000_000L)]
    public void A_time_with_a_zone_is_read(string text, long micros) => Assert.Equal(micros, Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("2025-11-24T10:30:00")]
    [InlineData("2025-11-24 10:30:00Z")]
    [InlineData("2025-11-24T10:30Z")]
    [InlineData("2025-11-24")]
    [InlineData("2025-13-24T10:30:00Z")]
    [InlineData("2025-00-24T10:30:00Z")]
    [InlineData("2025-02-29T10:30:00Z")]
    [InlineData("2025-11-31T10:30:00Z")]
    [InlineData("2025-11-00T10:30:00Z")]
    [InlineData("2025-11-24T24:00:00Z")]
    [InlineData("2025-11-24T10:60:00Z")]
    [InlineData("2016-12-31T23:59:60Z")]
    [InlineData("0000-01-01T00:00:00Z")]
    [InlineData("10000-01-01T00:00:00Z")]
    [InlineData("0001-01-01T00:00:00+00:01")]
    [InlineData("9999-12-31T23:59:59-00:01")]
    [InlineData("2025-11-24T10:30:00.Z")]
    [InlineData("2025-11-24T10:30:00.1234567890Z")]
    [InlineData("2025-11-24T10:30:00,5Z")]
    [InlineData("2025-11-24T10:30:00.5")]
    [InlineData("2025-11-24T10:30:00+0100")]
    [InlineData("2025-11-24T10:30:00+24:00")]
    [InlineData("2025-11-24T10:30:00+01:60")]
    [InlineData("2025-11-24T10:30:00ZZ")]
    [InlineData("2025-11-24T10:30:00Z ")]
    [InlineData(" 2025-11-24T10:30:00Z")]
    [InlineData("+025-11-24T10:30:00Z")]
    [InlineData("2025-11-24T10:30:00\u0660Z")]
    [InlineData("1700000000000")]
    public void Anything_else_is_no_time(string text) => Assert.Null(Parse(text));

    /// <summary>One character left out, put in or exchanged, anywhere.</summary>
    [Theory]
    [InlineData("2025-11-24T10:30:00Z")]
    [InlineData("2025-11-24T10:30:00+01:10")]
    [InlineData("2025-11-24T10:30:00.123456789-01:10")]
    public void What_breaks_the_grammar_in_one_place_is_no_time(string text)
    {
        Assert.NotNull(Parse(text));
        for (var at = 0; at <= text.Length; at++)
        {
            var (before, here, behind) = (text[..at], text[at..], text[Math.Min(at + 1, text.Length)..]);
            var edits = Enumerable.Range(0, 128).Select(c => (char)c).SelectMany(c => new[] { before + c + here, before + c + behind });
            foreach (var edit in edits.Append(before + behind).Append(before))
            {
                Assert.True(Grammar().IsMatch(edit) || Parse(edit) is null, edit);
            }
        }
    }

    [Theory]
    [InlineData(0L, "1970-01-01T00:00:00Z")]
    [InlineData(100_000L, "1970-01-01T00:00:00.1Z")]
    [InlineData(123_456L, "1970-01-01T00:00:00.123456Z")]
    [InlineData(-1L, "1969-12-31T23:59:59.999999Z")]
    [InlineData(-62_135_596_800_000_000L, "0001-01-01T00:00:00Z")]
    [InlineData(253_402_300_799_999_999L, "9999-12-31T23:59:59.999999Z")]
    public void A_time_is_written_without_needless_zeros(long micros, string text) => Assert.Equal(text, Format(micros));

    [Theory]
    [InlineData(-62_135_596_800_000_001L)]
    [InlineData(253_402_300_800_000_000L)]
    [InlineData(long.MinValue)]
    public void A_time_that_cannot_be_written_is_a_bug(long micros) => Assert.ThrowsAny<SystemException>(() => Format(micros));

    private static long? Parse(string text) => Rfc3339.TryParse(Encoding.UTF8.GetBytes(text), out var micros) ? micros : null;

    private static string Format(long micros)
    {
        var text = new byte[Rfc3339.TextBytesMax];
        return Encoding.UTF8.GetString(text, 0, Rfc3339.Format(micros, text));
    }

    [GeneratedRegex(@"\A[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})\z")]
    private static partial Regex Grammar();
}
