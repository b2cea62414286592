using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using HeliosSync.Codec;

namespace HeliosSync.Fuzz.Codec;

/// <summary>A time: taken just where a pattern and the framework's calendar take it, as the same instant; and written, read back.</summary>
internal sealed partial class TimestampTarget : FuzzTarget
{
    public override string Name => "timestamp";

    public override int Share => 8;

    public override int InputBytesMax => 48;

    public override IReadOnlyList<byte[]> Tokens { get; } =
    [
        .. new[]
        {
            "Z", "z", "t", "+00:00", "-23:59", "+14:00", ".123456789", ".9999999", "0001-01-01", "9999-12-31", "2000-02-29", "23:59:60",
            "24:00",
        }.Select(Encoding.ASCII.GetBytes),
    ];

    public override IEnumerable<byte[]> Seeds() =>
        new[]
        {
            "2025-11-24T10:30:00Z", "2025-11-24t10:30:00.5z", "1970-01-01T00:00:00.123456789+01:30", "0001-01-01T00:00:00Z",
            "2024-02-29T23:59:59-23:59", "9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00+00:01", "1969-12-31T23:59:59.9999999Z",
        }.Select(Encoding.ASCII.GetBytes);

    public override bool Run(byte[] input)
    {
        var read = Oracle.SameInAnySurroundings(input, static text => Rfc3339.TryParse(text.Span, out var m) ? m : (long?)null);
        Oracle.Same(Reference(Encoding.Latin1.GetString(input)), read, "the framework reads the same time");
        if (read is not { } micros)
        {
            return false;
        }

        var written = new byte[Rfc3339.TextBytesMax];
        var length = Rfc3339.Format(micros, written);
        Oracle.Same(true, Rfc3339.TryParse(written.AsSpan(0, length), out var again), "a time that is written is read");
        Oracle.Same(micros, again, "a time that is written is read back");
        return true;
    }

    private static long? Reference(string text)
    {
        if (Form().Match(text) is not { Success: true } match)
        {
            return null;
        }

        string Part(string name) => match.Groups[name].Value;
        if (!DateTime.TryParseExact(
            $"{Part("day")} {Part("time")}", "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out var local))
        {
            return null;
        }

        int Zone(string name) => int.Parse("0" + Part(name), CultureInfo.InvariantCulture);
        if (Zone("hours") > 23 || Zone("minutes") > 59)
        {
            return null;
        }

        var offset = ((Zone("hours") * 60) + Zone("minutes")) * (Part("sign") == "-" ? -1L : 1L);
        var micros = long.Parse(Part("fraction").PadRight(9, '0')[..6], CultureInfo.InvariantCulture);
        var all = (local.Ticks / TimeSpan.TicksPerMicrosecond) + micros - (offset * 60_000_000);
        return all >= 0 && all <= DateTime.MaxValue.Ticks / TimeSpan.TicksPerMicrosecond
            ? all - (DateTime.UnixEpoch.Ticks / TimeSpan.TicksPerMicrosecond)
            : null;
    }

    [GeneratedRegex(
        @"^(?<day>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt](?<time>[0-9]{2}:[0-9]{2}:[0-9]{2})(\.(?<fraction>[0-9]{1,9}))?"
        + @"([Zz]|(?<sign>[+-])(?<hours>[0-9]{2}):(?<minutes>[0-9]{2}))\z")]
    private static partial Regex Form();
}
