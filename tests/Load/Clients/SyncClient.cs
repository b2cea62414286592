using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace HeliosSync.Load.Clients;

/// <summary>One client's way to the server.</summary>
internal sealed class SyncClient(HttpClient http, string client, string? token)
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");
    private readonly AuthenticationHeaderValue? _authorization = token is null ? null : new("Bearer", token);

    /// <summary>Connections to one server on the loopback, past whatever proxy the environment names.</summary>
    public static HttpClient Connect(Uri address) => new(new SocketsHttpHandler { UseProxy = false })
    {
        BaseAddress = new Uri(address, "/api/v1/sync/"),
        // Only so that a run that is stuck ends: the server gives up on a push or a pull after 90 s and says so, if it gets any time
        // to. What may take long is a compaction: of five million events nine minutes.
        Timeout = TimeSpan.FromMinutes(40),
    };

    public Task<Answer> RegisterAsync(CancellationToken ct) => PostAsync("register", Encoding.UTF8.GetBytes(
        $$"""
        {"type":"register_client","version":1,"client_id":"{{client}}","last_known_lsn":0,"vector_clock":{},"metadata":{} }
        """), ct);

    public Task<Answer> HeartbeatAsync(long currentLsn, CancellationToken ct) => PostAsync("heartbeat", Encoding.UTF8.GetBytes(
        $$"""
        {"type":"heartbeat","client_id":"{{client}}","current_lsn":{{currentLsn}},
        "timestamp":{{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}} }
        """), ct);

    public Task<Answer> PushAsync(Batch batch, CancellationToken ct) => PostAsync("push", batch.Body, ct);

    public Task<Answer> PullAsync(PullOf pull, CancellationToken ct) => PostAsync("pull", Encoding.UTF8.GetBytes(
        $$"""
        {"type":"pull_request","message_id":"{{Guid.NewGuid()}}","client_id":"{{client}}","since_lsn":{{pull.SinceLsn}},
        "max_entries":{{pull.Entries}},"encoding":"{{(pull.Base64 ? "base64" : "bytes")}}",
        "continuation_token":{{(pull.Token is null ? "null" : $"\"{pull.Token}\"")}} }
        """), ct);

    /// <summary>Sends a body to an endpoint.</summary>
    public Task<Answer> PostAsync(string path, byte[] body, CancellationToken ct) => SendAsync(HttpMethod.Post, path, body, ct);

    /// <summary>Asks an endpoint that takes no body.</summary>
    public Task<Answer> GetAsync(string path, CancellationToken ct) => SendAsync(HttpMethod.Get, path, null, ct);

    /// <summary>Sends a body, where there is one, by any method.</summary>
    public async Task<Answer> SendAsync(HttpMethod method, string path, byte[]? body, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = Json;
        }

        request.Headers.Authorization = _authorization;
        // Without a body, that something was sent must show nevertheless.
        var sent = body?.Length ?? 1;
        try
        {
            using var response = await http.SendAsync(request, ct);
            var answer = await response.Content.ReadAsByteArrayAsync(ct);
            return new Answer((int)response.StatusCode, answer, sent, response.Headers.RetryAfter?.Delta);
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ConnectionError)
        {
            return new Answer(0, [], 0);
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !ct.IsCancellationRequested)
        {
            return new Answer(0, [], sent);
        }
    }
}

/// <summary>What a pull asks for (protocol 4.2).</summary>
/// <param name="SinceLsn">Changes above it.</param>
/// <param name="Entries">Entries of the page, at most.</param>
/// <param name="Base64">Keys and data as base64 strings.</param>
/// <param name="Token">As the page before gave it.</param>
internal readonly record struct PullOf(long SinceLsn, int Entries, bool Base64, string? Token = null);

/// <summary>What came back.</summary>
/// <param name="Status">The HTTP status; 0 where there was no answer.</param>
/// <param name="Body">The body.</param>
/// <param name="SentBytes">Bytes of the request's body, 1 where it has none; 0 where nobody listened, so that nothing was sent.</param>
/// <param name="RetryAfter">When to come back, where the answer says that.</param>
internal readonly record struct Answer(int Status, byte[] Body, int SentBytes, TimeSpan? RetryAfter = null)
{
    public bool Ok => Status == 200;

    /// <summary>Whether anything reached the server, as far as can be told.</summary>
    public bool Sent => SentBytes > 0;

    public long Bytes => SentBytes + Body.LongLength;

    /// <summary>The error's code (protocol 3), or what comes closest.</summary>
    public string ErrorCode()
    {
        if (Status == 0)
        {
            return "no answer";
        }

        try
        {
            using var json = JsonDocument.Parse(Body);
            return json.RootElement.GetProperty("code").GetString() ?? "no code";
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return $"HTTP {Status} without an error body";
        }
    }

    /// <summary>Itself where it is a 200; else an exception that says what it is.</summary>
    public Answer OrThrow() => Ok ? this : throw new InvalidDataException($"The server answered {Status} {ErrorCode()}.");
}
