using System.Text.Unicode;

namespace HeliosSync.Codec;

/// <summary>What Utf8JsonReader does not look at in a string: whether its bytes are UTF-8, and its escapes whole characters.</summary>
internal static class JsonText
{
    /// <summary>Whether the text between the quotes, its escapes already known to be JSON, stands for Unicode characters.</summary>
    public static bool IsWellFormed(ReadOnlySpan<byte> raw, bool hasEscapes) =>
        Utf8.IsValid(raw) && (!hasEscapes || HasPairedSurrogates(raw));

    /// <summary>Whether every escaped high surrogate is followed at once by an escaped low one, and no low one stands alone.</summary>
    private static bool HasPairedSurrogates(ReadOnlySpan<byte> raw)
    {
        var isLowDue = false;
        while (!raw.IsEmpty)
        {
            var plain = raw.IndexOf((byte)'\\');
            if (plain != 0)
            {
                if (isLowDue)
                {
                    return false;
                }

                raw = plain < 0 ? [] : raw[plain..];
                continue;
            }

            var isLow = IsEscapeOf(raw, 0xdc);
            if (isLow != isLowDue)
            {
                return false;
            }

            isLowDue = IsEscapeOf(raw, 0xd8);
            raw = raw[(raw[1] == (byte)'u' ? 6 : 2)..];
        }

        return !isLowDue;
    }

    /// <summary>Whether the escape is of a surrogate whose upper byte is this one, or one of the three above it.</summary>
    private static bool IsEscapeOf(ReadOnlySpan<byte> escape, int upper) =>
        escape[1] == (byte)'u' && (((Hex(escape[2]) << 4) | Hex(escape[3])) & 0xfc) == upper;

    private static int Hex(byte digit) => digit <= (byte)'9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
