using System.IO.Compression;
using System.Text;
using System.Text.Json;
using ZstdSharp;

namespace HeliosSync.Fuzz.Http;

/// <summary>One answer, as it came over the wire.</summary>
internal sealed record RawAnswer(int Status, IReadOnlyList<(string Name, string Value)> Headers, byte[] Body)
{
    private byte[]? _parsed;
    private JsonElement? _json;

    /// <summary>Whether the server said that it closes.</summary>
    public bool Closes => Header("Connection") == "close";

    /// <summary>The code of an error body, or empty.</summary>
    public string Code => Json is { ValueKind: JsonValueKind.Object } json && json.TryGetProperty("code", out var code)
        && code.ValueKind == JsonValueKind.String ? code.GetString()! : "";

    /// <summary>The body as JSON; null where it is none.</summary>
    public JsonElement? Json
    {
        get
        {
            // Once for a body: pages are large, and are asked for their fields one by one.
            if (!ReferenceEquals(_parsed, Body))
            {
                (_parsed, _json) = (Body, Parse());
            }

            return _json;
        }
    }

    /// <summary>A header's only value; null where it is missing or stands twice.</summary>
    public string? Header(string name) =>
        Headers.Where(h => h.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).ToArray() is [var (_, value)] ? value : null;

    public override string ToString()
    {
        var text = Json is null ? $"no JSON, {Header("Content-Encoding")} {Convert.ToHexString(Body)}" : Encoding.UTF8.GetString(Plain());
        return $"{Status} {(text.Length > 2_000 ? text[..2_000] + "..." : text)}";
    }

    private JsonElement? Parse()
    {
        try
        {
            return JsonElement.Parse(Plain(), new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (Exception e) when (e is JsonException or InvalidDataException or ZstdException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The body without its compression.</summary>
    private byte[] Plain()
    {
        using var body = new MemoryStream(Body);
        using Stream? decoded = Header("Content-Encoding") switch
        {
            null => null,
            "gzip" => new GZipStream(body, CompressionMode.Decompress),
            "br" => new BrotliStream(body, CompressionMode.Decompress),
            "zstd" => new DecompressionStream(body),
            var other => throw new InvalidDataException(other),
        };
        if (decoded is null)
        {
            return Body;
        }

        using var plain = new MemoryStream();
        decoded.CopyTo(plain);
        return plain.ToArray();
    }
}
