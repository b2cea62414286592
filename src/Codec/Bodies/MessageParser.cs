using System.Text.Json;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>
/// Reads one message, unit by unit: a unit is one field of the body's object, or one change. A unit is taken whole or not at all, so its
/// bytes can stay in the pipe until the rest has come.
/// </summary>
internal abstract class MessageParser(FieldSet fields, string type)
{
    private JsonReaderState _state = new(new JsonReaderOptions { MaxDepth = JsonCursor.DepthMax });
    private Phase _phase = Phase.Start;
    private uint _seen;
    private uint _present;
    private int _lastField = -1;
    private int _elements;

    private enum Phase
    {
        /// <summary>Before the root's first token.</summary>
        Start,

        /// <summary>Inside the root object, between fields.</summary>
        Fields,

        /// <summary>Inside an array whose elements are units, between elements.</summary>
        Elements,

        /// <summary>The root was no object: all that is left to find out is whether it is JSON.</summary>
        WrongRoot,

        /// <summary>Behind the root.</summary>
        End,
    }

    /// <summary>Bytes looked at so far, those looked at again counted again: a test holds it to a multiple of the body's length.</summary>
    internal long BytesScanned { get; private set; }

    /// <summary>
    /// Takes as many units as are whole, and returns their bytes; the rest is to be shown again with more behind it.
    /// Where <paramref name="isFinal"/>, nothing follows, and no refusal means that the message is complete.
    /// </summary>
    public int Parse(ReadOnlySpan<byte> bytes, bool isFinal, out Refusal? refusal)
    {
        BytesScanned += bytes.Length;
        var cursor = new JsonCursor(bytes, isFinal, _state);
        var taken = 0;
        try
        {
            while (ReadUnit(ref cursor))
            {
                taken = cursor.Consumed;
                _state = cursor.State;
            }

            refusal = cursor.Refusal;
            if (refusal is null && isFinal && _phase != Phase.End)
            {
                cursor.Refuse(ErrorCode.InvalidMessage, "The body must be a JSON object.");
                refusal = cursor.Refusal;
            }
        }
        catch (JsonException)
        {
            var where = cursor.Entry < 0 ? null : $"changes[{cursor.Entry}]";
            refusal = new Refusal(ErrorCode.InvalidJson, "The body must be one JSON object in UTF-8.", where);
        }

        return taken;
    }

    /// <summary>Whether the field was there and was not null.</summary>
    protected bool IsPresent(int field) => (_present & (1u << field)) != 0;

    /// <summary>
    /// Takes the value that is the current token, never a null, of one of the message's own fields. A field for which this answers true
    /// standing on the first token of an array is read element by element from then on.
    /// </summary>
    protected abstract bool TakeField(int field, ref JsonCursor cursor);

    /// <summary>Takes the element that begins with the current token.</summary>
    protected virtual bool TakeElement(ref JsonCursor cursor) => throw new InvalidOperationException("The message has no elements.");

    /// <summary>Checks what can be checked only at the end of the message; all required fields are there.</summary>
    protected virtual bool TakeEnd(ref JsonCursor cursor) => true;

    /// <summary>Takes the current token as the message's type.</summary>
    protected bool TakeType(ref JsonCursor cursor) =>
        cursor.TakeText("type", out var text)
        && (System.Text.Ascii.Equals(text, type) || cursor.RefuseField("type", $"must be {type} here"));

    private bool ReadUnit(ref JsonCursor cursor)
    {
        cursor.Entry = _phase == Phase.Elements ? _elements : -1;
        if (!cursor.Read())
        {
            return false;
        }

        switch (_phase)
        {
            case Phase.Start:
                _phase = cursor.Token == JsonTokenType.StartObject ? Phase.Fields : Phase.WrongRoot;
                return true;
            case Phase.Fields when cursor.Token == JsonTokenType.EndObject:
                _phase = Phase.End;
                return fields.FirstMissing(_present) is { } missing
                    ? cursor.RefuseField(missing, "is missing or null")
                    : TakeEnd(ref cursor);
            case Phase.Fields:
                return ReadField(ref cursor);
            case Phase.Elements when cursor.Token == JsonTokenType.EndArray:
                _phase = Phase.Fields;
                return true;
            case Phase.Elements:
                var isTaken = TakeElement(ref cursor);
                _elements += isTaken ? 1 : 0;
                return isTaken;
            default:
                return true;
        }
    }

    private bool ReadField(ref JsonCursor cursor)
    {
        var field = fields.Find(cursor.Text, _lastField + 1);
        if (field < 0)
        {
            return cursor.SkipValue();
        }

        var bit = 1u << field;
        if ((_seen & bit) != 0)
        {
            return cursor.RefuseField(fields[field], "stands there twice");
        }

        if (!cursor.Read())
        {
            return false;
        }

        if (cursor.Token != JsonTokenType.Null)
        {
            if (!TakeField(field, ref cursor))
            {
                return false;
            }

            _present |= bit;
            _phase = cursor.Token == JsonTokenType.StartArray ? Phase.Elements : _phase;
        }

        _seen |= bit;
        _lastField = field;
        return true;
    }
}

/// <summary>Reads one message of a kind.</summary>
internal abstract class MessageParser<T>(FieldSet fields, string type) : MessageParser(fields, type), IDisposable
    where T : class
{
    /// <summary>The message, once the body was read to its end without a refusal. Taken once.</summary>
    public abstract T Take();

    /// <summary>Gives back what was rented and not taken.</summary>
    public virtual void Dispose()
    {
    }
}
