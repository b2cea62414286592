using System.Buffers;
using System.Text.Json;
using HeliosSync.Domain;

namespace HeliosSync.Host;

/// <summary><c>GET /openapi/v1.json</c>: what the server's endpoints take and answer, as OpenAPI 3.1.</summary>
internal sealed class ApiDescription(Answers answers)
{
    /// <summary>Where it is.</summary>
    public const string Path = "/openapi/v1.json";

    private const string Resource = "openapi.json";

    private readonly Lazy<byte[]> _document = new(Read);

    /// <summary>Answers with the document.</summary>
    public async ValueTask<Refusal?> HandleAsync(Exchange exchange)
    {
        await using var body = answers.Open(exchange, StatusCodes.Status200OK);
        body.Write(_document.Value);
        return await answers.SendAsync(exchange, body);
    }

    /// <summary>Without the blanks, which are half of it.</summary>
    private static byte[] Read()
    {
        using var stream = typeof(ApiDescription).Assembly.GetManifestResourceStream(Resource)!;
        using var document = JsonDocument.Parse(stream);
        return JsonSerializer.SerializeToUtf8Bytes(document.RootElement);
    }
}
