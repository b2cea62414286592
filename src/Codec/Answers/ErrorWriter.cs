using System.Buffers;
using System.Text.Json;

namespace HeliosSync.Codec;

/// <summary>Writes the body of every error (protocol 3), but for an atomic push's: <see cref="AckWriter.WriteRefused"/>.</summary>
public static class ErrorWriter
{
    /// <summary>Writes the body.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="code">The code, as in <c>INVALID_MESSAGE</c>.</param>
    /// <param name="message">One sentence for a person.</param>
    /// <param name="details">What exactly; may be null.</param>
    /// <param name="requestId">The request's id, as <c>X-Request-ID</c> has it.</param>
    public static void Write(IBufferWriter<byte> to, string code, string message, string? details, string requestId)
    {
        using var json = Json.Begin(to);
        json.WriteStartObject();
        WriteFields(json, code, message, details, requestId);
        json.WriteEndObject();
    }

    internal static void WriteFields(Utf8JsonWriter json, string code, string message, string? details, string requestId)
    {
        json.WriteString("error"u8, message);
        json.WriteString("code"u8, code);
        json.WriteString("details"u8, details);
        json.WriteString("request_id"u8, requestId);
    }
}
