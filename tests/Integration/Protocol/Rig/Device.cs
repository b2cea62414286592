using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace HeliosSync.Integration.Protocol.Rig;

/// <summary>One client of one tenant, as thin as can be: it sends what a test says, and keeps nothing.</summary>
internal sealed class Device(HttpClient http, string client, string? token)
{
    private const string Base = "/api/v1/sync/";

    public string Client => client;

    /// <summary>The same client with another token, or none.</summary>
    public Device WithToken(string? other) => new(http, client, other);

    public Task<Answer> RegisterAsync(JsonObject? with = null) => PostAsync("register", Body.Register(client).With(with));

    public Task<Answer> PullAsync(long since = 0, JsonObject? with = null) => PostAsync("pull", Body.Pull(client, since).With(with));

    public Task<Answer> PushAsync(params JsonObject[] changes) => PostAsync("push", Body.Push(client, changes));

    /// <summary>A push with other fields put over the required ones.</summary>
    public Task<Answer> PushWithAsync(JsonObject with, params JsonObject[] changes) => PostAsync("push", Body.Push(client,
        changes).With(with));

    public Task<Answer> HeartbeatAsync(long currentLsn = 0, JsonObject? with = null) =>
        PostAsync("heartbeat", Body.Heartbeat(client, currentLsn).With(with));

    public Task<Answer> PostAsync(string endpoint, JsonObject body) => PostAsync(endpoint, Encoding.UTF8.GetBytes(body.ToJsonString()));

    public Task<Answer> PostAsync(string endpoint, string body) => PostAsync(endpoint, Encoding.UTF8.GetBytes(body));

    public Task<Answer> PostAsync(string endpoint, byte[] body, Action<HttpRequestMessage>? shape = null)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return SendAsync(HttpMethod.Post, endpoint, content, shape);
    }

    public async Task<Answer> SendAsync(
        HttpMethod method, string endpoint, HttpContent? content = null, Action<HttpRequestMessage>? shape = null)
    {
        using var request = new HttpRequestMessage(method, Base + endpoint) { Content = content };
        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        shape?.Invoke(request);
        using var response = await http.SendAsync(request);
        return await Answer.OfAsync(response);
    }

    /// <summary>A live stream of this client.</summary>
    public Task<EventStream> StreamAsync(string query = "?since_lsn=0", string? lastEventId = null) =>
        EventStream.OpenAsync(http, token, query, lastEventId);

    /// <summary>The answer to a stream that is not let in.</summary>
    public Task<Answer> NoStreamAsync(string query, string? lastEventId = null) =>
        EventStream.RefusedAsync(http, token, query, lastEventId);

    /// <summary>Every change above an LSN, page by page along the tokens.</summary>
    public async Task<List<JsonObject>> PullAllAsync(long since = 0, JsonObject? with = null)
    {
        var all = new List<JsonObject>();
        string? next = null;
        do
        {
            var page = (await PullAsync(since, new JsonObject { ["continuation_token"] = next }.With(with))).Ok();
            all.AddRange(page.Changes);
            next = page.Token;
            Assert.Equal(page.HasMore, next is not null);
        }
        while (next is not null);
        return all;
    }
}
