using System.Runtime.CompilerServices;
using System.Text.Json;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>
/// Walks the tokens of a piece of a body. Every method that answers false has either met the end of the piece (more bytes are needed)
/// or refused, which <see cref="Refusal"/> tells. What is no JSON throws <see cref="JsonException"/>, as the framework's reader does.
/// </summary>
/// <remarks>
/// What a method answers depends on the bytes before and under the cursor alone, never on how many follow. So a body cut anywhere
/// gives the same message or the same refusal as a whole one.
/// </remarks>
internal ref struct JsonCursor(ReadOnlySpan<byte> bytes, bool isFinal, JsonReaderState state)
{
    /// <summary>The deepest nesting that is read, also in unknown fields.</summary>
    public const int DepthMax = 64;

    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private readonly bool _isFinal = isFinal;
    private Utf8JsonReader _json = new(bytes, isFinal, state);
    private int _base;

    /// <summary>Why the body is no message; null while nothing is wrong.</summary>
    public Refusal? Refusal { get; private set; }

    /// <summary>The index of the change that is being read; below 0 outside of changes. Only for the details of a refusal.</summary>
    public int Entry { get; set; } = -1;

    /// <summary>The kind of the current token.</summary>
    public readonly JsonTokenType Token => _json.TokenType;

    /// <summary>Bytes up to and with the current token.</summary>
    public readonly int Consumed => _base + (int)_json.BytesConsumed;

    /// <summary>What a cursor on the bytes behind the current token goes on with.</summary>
    public readonly JsonReaderState State => _json.CurrentState;

    /// <summary>What follows the current token.</summary>
    public readonly ReadOnlySpan<byte> Rest => _bytes[Consumed..];

    /// <summary>The current name or string, its escapes resolved. Allocates only where it has escapes.</summary>
    public readonly ReadOnlySpan<byte> Text
    {
        get
        {
            if (!_json.ValueIsEscaped)
            {
                return _json.ValueSpan;
            }

            var text = new byte[_json.ValueSpan.Length];
            return text.AsSpan(0, _json.CopyString(text));
        }
    }

    /// <summary>Goes to the next token. A string that is no UTF-8, or escapes half a character, is refused.</summary>
    public bool Read()
    {
        if (!_json.Read())
        {
            return false;
        }

        return _json.TokenType is not (JsonTokenType.PropertyName or JsonTokenType.String)
            || JsonText.IsWellFormed(_json.ValueSpan, _json.ValueIsEscaped)
            || Refuse(ErrorCode.InvalidJson, "A string in the body is not UTF-8, or escapes half a character.");
    }

    /// <summary>Passes over the value of the current name, whatever it is.</summary>
    public bool SkipValue()
    {
        if (!Read())
        {
            return false;
        }

        var depth = _json.CurrentDepth;
        while (_json.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray || _json.CurrentDepth > depth)
        {
            if (!Read())
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Takes the current token as an integer in plain digits.</summary>
    public bool TakeInteger(string field, long min, long max, out long value)
    {
        value = 0;
        var digits = _json.TokenType == JsonTokenType.Number ? _json.ValueSpan : [];
        const int DigitsMax = 18;
        var isPlain = digits.Length is > 0 and <= DigitsMax && !digits.ContainsAnyExceptInRange((byte)'0', (byte)'9');
        for (var i = 0; isPlain && i < digits.Length; i++)
        {
            value = (value * 10) + (digits[i] - '0');
        }

        return (isPlain && value >= min && value <= max)
            || RefuseField(field, $"must be an integer from {min} to {max}, in plain digits");
    }

    /// <summary>Takes the current token as <c>true</c> or <c>false</c>.</summary>
    public bool TakeBoolean(string field, out bool value)
    {
        value = _json.TokenType == JsonTokenType.True;
        return value || _json.TokenType == JsonTokenType.False || RefuseField(field, "must be true or false");
    }

    /// <summary>Takes the current token as a string.</summary>
    public bool TakeText(string field, out ReadOnlySpan<byte> text)
    {
        var isString = _json.TokenType == JsonTokenType.String;
        text = isString ? Text : [];
        return isString || RefuseField(field, "must be a string");
    }

    /// <summary>
    /// Reads the value of the current name, an array of integers or a base64 string, into the arena. The token is then
    /// <see cref="JsonTokenType.String"/>, or <see cref="JsonTokenType.Null"/> where a null stood there.
    /// </summary>
    public bool ReadBytes(string field, int bytesMax, PayloadArena arena, out ReadOnlyMemory<byte> value)
    {
        value = default;
        var rest = Rest;
        var blank = rest.IndexOfAnyExcept(" \n\r\t"u8);
        if (blank >= 0 && rest[blank] == (byte)'[')
        {
            return ReadIntegers(field, bytesMax, arena, Consumed + blank, out value);
        }

        return Read() && _json.TokenType switch
        {
            JsonTokenType.Null => true,
            JsonTokenType.String => TakeBase64(field, bytesMax, arena, out value),
            _ => RefuseField(field, "must be an array of integers from 0 to 255, or a base64 string"),
        };
    }

    /// <summary>
    /// Ends the object whose opening brace is the current token, so many bytes behind it, where the caller has read its closing one.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void EndObject(int bytes) => StandIn("}"u8, Consumed + bytes);

    /// <summary>Refuses; always false.</summary>
    public bool Refuse(ErrorCode code, string message, string? details = null)
    {
        Refusal ??= new Refusal(code, message, details);
        return false;
    }

    /// <summary>Refuses a field as no part of a message; details name it and the entry's index. Always false.</summary>
    public bool RefuseField(string field, string what) =>
        Refuse(ErrorCode.InvalidMessage, $"The field {field} {what}.", PathOf(field));

    /// <summary>The name of a field with the index of its entry, as <c>changes[3].key</c>.</summary>
    public readonly string PathOf(string field) => Entry < 0 ? field : $"changes[{Entry}].{field}";

    private bool TakeBase64(string field, int bytesMax, PayloadArena arena, out ReadOnlyMemory<byte> value)
    {
        value = default;
        var text = Text;
        const int SpareBytesMax = 2;
        var most = StrictBase64.BytesMax(text.Length);
        if (most > bytesMax + SpareBytesMax)
        {
            return RefuseLength(field, bytesMax);
        }

        if (!StrictBase64.TryDecode(text, arena.Reserve(most), out var written))
        {
            return RefuseField(field, "is not base64 in the standard alphabet with padding");
        }

        value = arena.Commit(written);
        return written <= bytesMax || RefuseLength(field, bytesMax);
    }

    private bool ReadIntegers(string field, int bytesMax, PayloadArena arena, int start, out ReadOnlyMemory<byte> value)
    {
        value = default;
        var source = _bytes[start..];
        var close = source.IndexOf((byte)']');
        if (close < 0 && !_isFinal)
        {
            return false;
        }

        // An element takes a digit, and a comma or a bracket: this bounds the room before anything is read.
        var room = Math.Min(bytesMax, close / 2);
        var written = 0;
        switch (close < 0 ? IntegersRead.Wrong : IntegerArrays.Read(source[..(close + 1)], arena.Reserve(room), out _, out written))
        {
            case IntegersRead.Whole:
                value = arena.Commit(written);
                StandIn("\"\""u8, start + close + 1);
                return true;
            case IntegersRead.TooMany:
                return RefuseLength(field, bytesMax);
            default:
                return RefuseWrongIntegers(field);
        }
    }

    /// <summary>
    /// Lets the tokenizer believe that what it has not seen was this one token, and go on behind it: it keeps its own account of commas,
    /// brackets and depth.
    /// </summary>
    private void StandIn(ReadOnlySpan<byte> token, int behind)
    {
        var standIn = new Utf8JsonReader(token, isFinalBlock: false, _json.CurrentState);
        standIn.Read();
        _json = new Utf8JsonReader(_bytes[behind..], _isFinal, standIn.CurrentState);
        _base = behind;
    }

    /// <summary>Goes through the array again by tokens, to tell what is no JSON (which throws) from what is no byte.</summary>
    private bool RefuseWrongIntegers(string field)
    {
        if (!Read())
        {
            return false;
        }

        do
        {
            // Where the tokens end before anything is wrong, the bracket that was found stands inside a string: more bytes are needed.
            if (!Read())
            {
                return false;
            }
        }
        while (_json.TokenType == JsonTokenType.Number && _json.TryGetByte(out _)
            && !_json.ValueSpan.ContainsAnyExceptInRange((byte)'0', (byte)'9'));

        return RefuseField(field, "must be an array of integers from 0 to 255 in plain digits");
    }

    private bool RefuseLength(string field, int bytesMax) => RefuseField(field, $"has more than {bytesMax} bytes");
}
