using System.Buffers;
using System.Globalization;
using System.Text;

namespace HeliosSync.Host;

/// <summary>
/// Text from outside, made fit for one line of a log or a terminal: nothing in it can end the line, move the cursor, colour,
/// reverse the direction of writing, or pass for another character.
/// </summary>
internal static class Quoted
{
    /// <summary>Characters of a text that are shown; what follows is cut, and the cut is marked.</summary>
    public const int CharsMax = 512;

    private static readonly SearchValues<char> Bare =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-/#+@{}*");

    /// <summary>The text in double quotes, escaped.</summary>
    public static string Text(string? text)
    {
        var to = new StringBuilder().Append('"');
        Escape(to, text);
        return to.Append('"').ToString();
    }

    /// <summary>Appends the text as the value of <c>key=value</c>: bare where nothing can be mistaken, else quoted and escaped.</summary>
    public static void AppendValue(StringBuilder to, string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            to.Append(text is null ? "-" : "\"\"");
            return;
        }

        if (text.Length <= CharsMax && !text.AsSpan().ContainsAnyExcept(Bare))
        {
            to.Append(text);
            return;
        }

        to.Append('"');
        Escape(to, text);
        to.Append('"');
    }

    /// <summary>Appends the text with everything but printable ASCII as an escape; quotes and backslashes too.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="text">What.</param>
    /// <param name="charsMax">Characters shown.</param>
    public static void Escape(StringBuilder to, ReadOnlySpan<char> text, int charsMax = CharsMax)
    {
        var cut = text.Length > charsMax;
        foreach (var c in cut ? text[..charsMax] : text)
        {
            _ = c switch
            {
                '"' => to.Append("\\\""),
                '\\' => to.Append("\\\\"),
                '\n' => to.Append("\\n"),
                '\r' => to.Append("\\r"),
                '\t' => to.Append("\\t"),
                >= ' ' and <= '~' => to.Append(c),
                _ => to.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
            };
        }

        if (cut)
        {
            to.Append("...");
        }
    }
}
