using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>What all answers have in common.</summary>
internal static class Json
{
    /// <summary>Bytes of a UUID as text.</summary>
    public const int UuidBytes = 36;

    // Validation is for writers that could write nonsense; relaxed escaping leaves what only HTML would mind.
    private static readonly JsonWriterOptions Options = new()
    {
        SkipValidation = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static Utf8JsonWriter Begin(IBufferWriter<byte> to) => new(to, Options);

    /// <summary>An answer's clock (protocol 5.4): the server's entry is the safe position, the node's its highest judged counter.</summary>
    public static void WriteClock(Utf8JsonWriter json, Guid? serverNode, long serverLsn, NodeId? node, long judgedCounter)
    {
        Span<byte> server = stackalloc byte[UuidBytes];
        json.WriteStartObject("vector_clock"u8);
        if (serverNode is { } guid && serverLsn > 0)
        {
            guid.TryFormat(server, out _);
            json.WriteNumber(server, serverLsn);
        }

        if (node is { } own && judgedCounter > 0)
        {
            json.WriteNumber(own.Value, judgedCounter);
        }

        json.WriteEndObject();
    }

    public static void WriteServerNode(Utf8JsonWriter json, Guid? serverNode)
    {
        if (serverNode is { } guid)
        {
            json.WriteString("server_node"u8, guid);
        }
        else
        {
            json.WriteNull("server_node"u8);
        }
    }
}
