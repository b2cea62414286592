using System.Globalization;

namespace HeliosSync.Codec;

/// <summary>Times as RFC 3339 text and as microseconds since the Unix epoch, years 0001 to 9999 (protocol 5.1).</summary>
public static class Rfc3339
{
    /// <summary>Bytes of the longest text that <see cref="Format"/> writes, as in <c>2025-11-24T10:30:00.123456Z</c>.</summary>
    public const int TextBytesMax = 27;

    private const int FractionDigitsMax = 9;
    private const long TicksPerMinute = TimeSpan.TicksPerMinute;

    /// <summary>
    /// Reads date, time and zone (<c>Z</c> or an offset; either letter in either case). A fraction has 1 to 9 digits; those past the
    /// microsecond are dropped. False where anything else stands there, where the day or time does not exist (a leap second neither),
    /// or where the time in UTC is outside the years 0001 to 9999.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out long micros)
    {
        micros = 0;
        const int WholeSecondBytes = 19;
        if (text.Length <= WholeSecondBytes || !TryReadDateTime(text[..WholeSecondBytes], out var ticks))
        {
            return false;
        }

        var rest = text[WholeSecondBytes..];
        if (!TryReadFraction(ref rest, out var fractionMicros) || !TryReadOffset(rest, out var offsetMinutes))
        {
            return false;
        }

        ticks += (fractionMicros * TimeSpan.TicksPerMicrosecond) - (offsetMinutes * TicksPerMinute);
        micros = (ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;
        return ticks >= 0 && ticks <= DateTime.MaxValue.Ticks;
    }

    /// <summary>
    /// Writes the time in UTC with <c>Z</c>: no fraction where it is zero, else without zeros at its end. Returns the bytes written,
    /// at most <see cref="TextBytesMax"/>. A time outside the years 0001 to 9999 throws.
    /// </summary>
    public static int Format(long micros, Span<byte> destination)
    {
        // The round-trip format is made several times as fast as any custom one. It always has seven digits.
        Span<byte> text = stackalloc byte[TextBytesMax + 1];
        var time = DateTime.UnixEpoch.AddTicks(checked(micros * TimeSpan.TicksPerMicrosecond));
        time.TryFormat(text, out _, "O", CultureInfo.InvariantCulture);
        var last = text[..^1].LastIndexOfAnyExcept((byte)'0');
        var length = text[last] == '.' ? last : last + 1;
        text[length++] = (byte)'Z';
        text[..length].CopyTo(destination);
        return length;
    }

    private static bool TryReadDateTime(ReadOnlySpan<byte> text, out long ticks)
    {
        ticks = 0;
        if (text[4] != '-' || text[7] != '-' || (text[10] | 0x20) != 't' || text[13] != ':' || text[16] != ':'
            || !TryReadDigits(text[..4], out var year) || !TryReadDigits(text[5..7], out var month)
            || !TryReadDigits(text[8..10], out var day) || !TryReadDigits(text[11..13], out var hour)
            || !TryReadDigits(text[14..16], out var minute) || !TryReadDigits(text[17..19], out var second))
        {
            return false;
        }

        if (year == 0 || month is 0 or > 12 || day == 0 || day > DateTime.DaysInMonth(year, month)
            || hour > 23 || minute > 59 || second > 59)
        {
            return false;
        }

        ticks = new DateTime(year, month, day, hour, minute, second, DateTimeKind.Utc).Ticks;
        return true;
    }

    private static bool TryReadFraction(ref ReadOnlySpan<byte> rest, out long micros)
    {
        micros = 0;
        if (rest[0] != '.')
        {
            return true;
        }

        var digits = rest[1..].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        if (digits is < 1 or > FractionDigitsMax)
        {
            return false;
        }

        for (var i = 1; i <= 6; i++)
        {
            micros = (micros * 10) + (i <= digits ? rest[i] - '0' : 0);
        }

        rest = rest[(1 + digits)..];
        return true;
    }

    private static bool TryReadOffset(ReadOnlySpan<byte> zone, out int minutes)
    {
        minutes = 0;
        if (zone.Length == 1)
        {
            return (zone[0] | 0x20) == 'z';
        }

        if (zone.Length != 6 || zone[0] is not ((byte)'+' or (byte)'-') || zone[3] != ':'
            || !TryReadDigits(zone[1..3], out var hour) || !TryReadDigits(zone[4..], out var minute) || hour > 23 || minute > 59)
        {
            return false;
        }

        minutes = ((hour * 60) + minute) * (zone[0] == '-' ? -1 : 1);
        return true;
    }

    private static bool TryReadDigits(ReadOnlySpan<byte> text, out int value)
    {
        value = 0;
        foreach (var digit in text)
        {
            if (!char.IsAsciiDigit((char)digit))
            {
                return false;
            }

            value = (value * 10) + (digit - '0');
        }

        return true;
    }
}
