using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace HeliosSync.Integration.Protocol.Rig;

/// <summary>An event as it came: what of it was there, and nothing made up.</summary>
internal sealed record ServerEvent(string? Name, string? Id, string? Retry, JsonObject Data)
{
    public JsonObject[] Changes => Data.Objects("changes");
}

/// <summary>The reader of one stream (protocol 4.5). What does not come in time fails the test.</summary>
internal sealed class EventStream : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly HttpResponseMessage _response;
    private readonly StreamReader _lines;

    private EventStream(HttpResponseMessage response, Stream body)
    {
        _response = response;
        _lines = new StreamReader(body);
    }

    /// <summary>Comments that came so far.</summary>
    public int Comments { get; private set; }

    public HttpResponseMessage Response => _response;

    /// <summary>Opens a stream, which has to be let in.</summary>
    public static async Task<EventStream> OpenAsync(HttpClient http, string? token, string query, string? lastEventId = null)
    {
        using var request = Request(token, query, lastEventId);
        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        if ((int)response.StatusCode != 200)
        {
            Assert.Fail($"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
        }

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.ToString());
        return new EventStream(response, await response.Content.ReadAsStreamAsync());
    }

    /// <summary>Asks for a stream, and has the whole answer, which has to end.</summary>
    public static async Task<Answer> RefusedAsync(HttpClient http, string? token, string query, string? lastEventId = null)
    {
        using var request = Request(token, query, lastEventId);
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.NotEqual("text/event-stream", response.Content.Headers.ContentType?.ToString());
        return await Answer.OfAsync(response);
    }

    /// <summary>The next event; null where the stream is at its end.</summary>
    public async Task<ServerEvent?> NextAsync()
    {
        string? name = null, id = null, retry = null, data = null;
        while (await LineAsync() is { } line)
        {
            if (line.Length == 0)
            {
                if (data is not null)
                {
                    return new ServerEvent(name, id, retry, JsonNode.Parse(data)!.AsObject());
                }

                continue;
            }

            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var value = line[(colon + 1)..].TrimStart(' ');
            switch (line[..colon])
            {
                case "":
                    Comments++;
                    break;
                case "event":
                    name = value;
                    break;
                case "id":
                    id = value;
                    break;
                case "retry":
                    retry = value;
                    break;
                case "data":
                    data = value;
                    break;
                default:
                    Assert.Fail($"A line of no kind: {line}");
                    break;
            }
        }

        return null;
    }

    /// <summary>The keys of the changes that come next, as many.</summary>
    public async Task<List<string>> KeysAsync(int count)
    {
        var keys = new List<string>();
        while (keys.Count < count)
        {
            var next = await NextAsync();
            Assert.NotNull(next);
            Assert.Null(next.Name);
            keys.AddRange(next.Changes.Select(static change => change.KeyText()));
        }

        return keys;
    }

    /// <summary>The event with which the stream ends, behind which nothing comes: its code.</summary>
    public async Task<string> EndAsync()
    {
        var last = await NextAsync();
        Assert.Equal("end", last?.Name);
        Assert.Null(last!.Id);
        Assert.InRange(int.Parse(last.Retry!, System.Globalization.CultureInfo.InvariantCulture), 500, 5_000);
        Assert.Equal(["code", "details", "error", "request_id"], last.Data.Names());
        Assert.Null(await LineAsync());
        return last.Data.Text("code");
    }

    /// <summary>Waits for one more comment, while nothing else comes.</summary>
    public async Task CommentAsync()
    {
        Assert.Equal(":", await LineAsync());
        Assert.Equal("", await LineAsync());
        Comments++;
    }

    public void Dispose()
    {
        _lines.Dispose();
        _response.Dispose();
    }

    private static HttpRequestMessage Request(string? token, string query, string? lastEventId)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/sync/stream{query}");
        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        if (lastEventId is not null)
        {
            request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
        }

        return request;
    }

    private async Task<string?> LineAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        return await _lines.ReadLineAsync(patience.Token);
    }
}
