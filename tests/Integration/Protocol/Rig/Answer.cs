using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace HeliosSync.Integration.Protocol.Rig;

/// <summary>One answer of the server, read to its end.</summary>
internal sealed class Answer
{
    private readonly HttpContentHeaders _contentHeaders;

    private Answer(HttpResponseMessage response, byte[] body)
    {
        Status = (int)response.StatusCode;
        Headers = response.Headers;
        _contentHeaders = response.Content.Headers;
        Bytes = body;
    }

    public int Status { get; }

    public HttpResponseHeaders Headers { get; }

    /// <summary>The body as it was sent.</summary>
    public byte[] Bytes { get; }

    public string? ContentEncoding => string.Join(',', _contentHeaders.ContentEncoding) is { Length: > 0 } encodings ? encodings : null;

    public string? ContentType => _contentHeaders.ContentType?.ToString();

    public string Allow => string.Join(", ", _contentHeaders.Allow);

    public string RequestId => Assert.Single(Headers.GetValues("X-Request-ID"));

    public JsonObject Json => JsonNode.Parse(Bytes,
        documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false })!.AsObject();

    public long ServerLsn => Json.Long("server_lsn");

    public long HeadLsn => Json.Long("head_lsn");

    public string ServerNode => Json.Text("server_node");

    public SortedDictionary<string, long> Clock => Json.Clock();

    public JsonObject[] Changes => Json.Objects("changes");

    public bool HasMore => Json.Flag("has_more");

    public string? Token => Json.TextOrNull("continuation_token");

    public List<long> Accepted => Json.Longs("accepted_lsns");

    public List<long> Assigned => Json.Longs("assigned_lsns");

    public List<long> Superseded => Json.ContainsKey("superseded_lsns") ? Json.Longs("superseded_lsns") : [];

    public JsonObject[] Conflicts => Json.Objects("conflicts");

    public static async Task<Answer> OfAsync(HttpResponseMessage response) =>
        new(response, await response.Content.ReadAsByteArrayAsync());

    /// <summary>This answer, which has to be a 200 with a request id.</summary>
    public Answer Ok()
    {
        Assert.True(Status == 200, $"{Status} {Encoding.UTF8.GetString(Bytes)}");
        Assert.Equal("application/json", ContentType);
        Assert.NotEmpty(RequestId);
        return this;
    }

    /// <summary>This answer, which has to be a refusal with the whole error body of protocol 3. Returns the details.</summary>
    public string? Refused(int status, string code)
    {
        Assert.True(Status == status, $"{Status} instead of {status}: {Encoding.UTF8.GetString(Bytes)}");
        Assert.Equal("application/json", ContentType);
        var json = Json;
        Assert.Equal(code, json.Text("code"));
        Assert.NotEmpty(json.Text("error"));
        Assert.Equal(RequestId, json.Text("request_id"));
        Assert.Subset(
            new HashSet<string> { "error", "code", "details", "request_id", "conflicts" },
            json.Names().ToHashSet());
        Assert.Equal(status is 429 or 503, Headers.RetryAfter is not null);
        Assert.Equal(status == 401 || code == "INSUFFICIENT_SCOPE", Headers.WwwAuthenticate.Count > 0);
        return json.TextOrNull("details");
    }
}
