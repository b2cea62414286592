namespace HeliosSync.Codec;

/// <summary>
/// Walks JSON that is plain: without escapes, nulls and other numbers than integers in plain digits. Every method that answers false has
/// met something else, or the end: then nothing is said about the text, and it is for the tokenizer to judge.
/// </summary>
internal ref struct PlainJson(ReadOnlySpan<byte> json)
{
    private readonly ReadOnlySpan<byte> _json = json;

    /// <summary>Where the next byte stands.</summary>
    public int Position { get; private set; }

    /// <summary>What is left, from the next value on.</summary>
    public ReadOnlySpan<byte> Rest
    {
        get
        {
            SkipWhitespace();
            return _json[Position..];
        }
    }

    /// <summary>Goes past this character.</summary>
    public bool Skip(byte character)
    {
        SkipWhitespace();
        if (Position >= _json.Length || _json[Position] != character)
        {
            return false;
        }

        Position++;
        return true;
    }

    /// <summary>Goes past so many bytes, which the caller has read.</summary>
    public void Skip(int bytes) => Position += bytes;

    /// <summary>
    /// Goes past a string of at most so many bytes. What is between the quotes must still be held against an alphabet without the
    /// backslash: where there is one, the string may not end where it seems to.
    /// </summary>
    public bool TryString(int bytesMax, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (!Skip((byte)'"'))
        {
            return false;
        }

        var rest = _json[Position..];
        var length = rest[..Math.Min(rest.Length, bytesMax + 1)].IndexOf((byte)'"');
        if (length < 0)
        {
            return false;
        }

        text = rest[..length];
        Position += length + 1;
        return true;
    }

    /// <summary>Goes past an integer in these bounds, none of which is below 0. What follows it must still be looked at.</summary>
    public bool TryInteger(long min, long max, out long value)
    {
        const int DigitsMax = 18;
        var rest = Rest;
        value = 0;
        var digits = 0;
        while (digits < rest.Length && digits < DigitsMax && char.IsAsciiDigit((char)rest[digits]))
        {
            value = (value * 10) + (rest[digits++] - '0');
        }

        Position += digits;
        return digits > 0 && (digits == 1 || rest[0] != (byte)'0') && value >= min && value <= max;
    }

    /// <summary>Goes past this literal.</summary>
    public bool TryLiteral(ReadOnlySpan<byte> literal)
    {
        if (!Rest.StartsWith(literal))
        {
            return false;
        }

        Position += literal.Length;
        return true;
    }

    private void SkipWhitespace()
    {
        while (Position < _json.Length && _json[Position] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
        {
            Position++;
        }
    }
}
