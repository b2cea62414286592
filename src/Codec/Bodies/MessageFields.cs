using System.Buffers.Text;
using System.Text;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>Takes the values of fields that several messages have.</summary>
internal static class MessageFields
{
    /// <summary>Takes the current token as a UUID: 8-4-4-4-12 hexadecimal digits, in either case.</summary>
    public static bool TakeUuid(ref JsonCursor cursor, string field, out Guid uuid)
    {
        uuid = default;
        return cursor.TakeText(field, out var text) && (TryUuid(text, out uuid) || cursor.RefuseField(field, "must be a UUID"));
    }

    /// <summary>Takes the current token as a client's id.</summary>
    public static bool TakeClient(ref JsonCursor cursor, string field, out ClientId client)
    {
        client = default;
        return cursor.TakeText(field, out var text)
            && (ClientId.TryParse(Name(text), out client) || cursor.RefuseField(field, "is no client id"));
    }

    /// <summary>Takes the current token as a node.</summary>
    public static bool TakeNode(ref JsonCursor cursor, string field, out NodeId node)
    {
        node = default;
        return cursor.TakeText(field, out var text)
            && (NodeId.TryParse(Name(text), out node) || cursor.RefuseField(field, "is no node"));
    }

    /// <summary>The text where it is short enough to be a name, else a name that breaks every alphabet.</summary>
    private static string Name(ReadOnlySpan<byte> utf8) => utf8.Length <= Limits.NodeCharsMax ? Encoding.UTF8.GetString(utf8) : "";

    private static bool TryUuid(ReadOnlySpan<byte> text, out Guid uuid)
    {
        const int UuidChars = 36;
        uuid = default;
        return text.Length == UuidChars && Utf8Parser.TryParse(text, out uuid, out _, 'D');
    }
}
