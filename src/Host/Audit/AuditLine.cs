using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace HeliosSync.Host;

/// <summary>
/// A line of the audit log: one JSON object whose last property is its seal. What is sealed is every byte before that property.
/// </summary>
internal static class AuditLine
{
    /// <summary>Characters of one text; what follows is cut.</summary>
    private const int TextCharsMax = 512;

    private const int SealedEndBytes = 9 + (AuditSeal.Bytes * 2) + 2;

    /// <summary>Appends an entry as the line after <paramref name="before"/>, and gives its place.</summary>
    public static AuditPlace Write(IBufferWriter<byte> to, AuditEntry entry, DateTimeOffset at, AuditPlace before, AuditSeal seal)
    {
        var body = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(body))
        {
            WriteBody(json, entry, before.Seq + 1, at);
        }

        // Without the brace at its end, which comes behind the seal.
        var sealedPart = body.WrittenSpan[..^1];
        var place = new AuditPlace(before.Seq + 1, seal.Of(before.Seal.Span, sealedPart));
        to.Write(sealedPart);
        to.Write(",\"hash\":\""u8);
        to.Write(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(place.Seal.Span)));
        to.Write("\"}\n"u8);
        return place;
    }

    /// <summary>The parts of a line without its end: what is sealed, and the seal that it says it has. False where it is no line.</summary>
    public static bool TryRead(ReadOnlySpan<byte> line, out ReadOnlySpan<byte> body, out byte[] seal)
    {
        seal = new byte[AuditSeal.Bytes];
        body = default;
        if (line.Length <= SealedEndBytes)
        {
            return false;
        }

        var end = line[^SealedEndBytes..];
        body = line[..^SealedEndBytes];
        Span<char> hex = stackalloc char[AuditSeal.Bytes * 2];
        return end.StartsWith(",\"hash\":\""u8)
            && end.EndsWith("\"}"u8)
            && Encoding.ASCII.TryGetChars(end[9..^2], hex, out _)
            && Convert.FromHexString(hex, seal, out _, out _) == OperationStatus.Done
            && !hex.ContainsAnyInRange('A', 'F');
    }

    /// <summary>The name of a kind in the log.</summary>
    public static string NameOf(AuditKind kind) => JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString());

    private static void WriteBody(Utf8JsonWriter json, AuditEntry entry, long seq, DateTimeOffset at)
    {
        json.WriteStartObject();
        json.WriteNumber("seq"u8, seq);
        json.WriteString("at"u8, at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        json.WriteString("kind"u8, NameOf(entry.Kind));
        WriteText(json, "tenant"u8, entry.Tenant?.Value);
        WriteText(json, "client"u8, entry.Client?.Value);
        WriteText(json, "by"u8, entry.By);
        WriteText(json, "address"u8, entry.Address);
        WriteText(json, "request_id"u8, entry.RequestId);
        WriteText(json, "method"u8, entry.Method);
        WriteText(json, "path"u8, entry.Path);
        WriteText(json, "code"u8, entry.Code);
        WriteText(json, "reason"u8, entry.Reason);
        if (entry.Count != 1)
        {
            json.WriteNumber("count"u8, entry.Count);
        }

        if (entry.IsMixed)
        {
            json.WriteBoolean("mixed"u8, true);
        }

        foreach (var (name, value) in entry.Details)
        {
            json.WritePropertyName(name);
            WriteValue(json, value);
        }

        json.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter json, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, Cut(value));
        }
    }

    private static void WriteValue(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case string text:
                json.WriteStringValue(Cut(text));
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case long or int:
                json.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            default:
                throw new ArgumentException($"An audit entry cannot have a {value.GetType()}.", nameof(value));
        }
    }

    private static ReadOnlySpan<char> Cut(string text) => text.AsSpan(0, Math.Min(text.Length, TextCharsMax));
}
