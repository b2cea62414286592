using System.Text;
using System.Text.Json.Nodes;
using HeliosSync.Integration.Protocol.Rig;

namespace HeliosSync.Integration.Isolation;

/// <summary>What two tenants have alike: the ids of their pushes.</summary>
internal sealed record SharedIds(string First, string Second)
{
    public static SharedIds New() => new(Body.NewId(), Body.NewId());
}

/// <summary>
/// A tenant that has the same clients, keys, message ids and LSNs as its twin, and in everything that is its own two canaries: a word in
/// names, and a secret in rows and metadata.
/// </summary>
internal sealed class Twin
{
    private readonly TestServer _server;
    private readonly HttpClient _http;

    private Twin(TestServer server, HttpClient http)
    {
        (_server, _http) = (server, http);
        Word = $"word{Guid.NewGuid():N}";
        Secret = $"secret-{Guid.NewGuid():N}-row";
    }

    /// <summary>Stands in the names of the tenant, a table, a client, a node.</summary>
    public string Word { get; }

    /// <summary>Stands in keys, data and metadata, and so nowhere in any log.</summary>
    public string Secret { get; }

    public string Tenant => $"tenant-{Word}";

    public string Table => $"t-{Word}";

    public string OwnClient => $"only-{Word}";

    public Device Phone => Client("phone");

    public Device Tablet => Client("tablet");

    /// <summary>A client that only reads, for <see cref="PortraitAsync"/>.</summary>
    public Device Reader => Client("reader");

    public Device Ops => new(_http, "ops", Token("ops", "sync:read,sync:write,sync:admin"));

    public SharedIds Ids { get; private set; } = null!;

    public string ServerNode { get; private set; } = "";

    public long Head { get; private set; }

    /// <summary>For the phone, from 0, by one change a page.</summary>
    public string Continuation { get; private set; } = "";

    /// <summary>Of the conflicts the first has the same id in both twins.</summary>
    public long[] Conflicts { get; private set; } = [];

    /// <summary>What must stand in nothing that is another tenant's.</summary>
    public IEnumerable<string> Canaries => [Word, .. Forms(Word), .. Forms(Secret), ServerNode];

    /// <summary>What must stand in no log at all.</summary>
    public IEnumerable<string> Secrets => [.. Forms(Secret), .. _tokens.Select(static token => token.Split('.')[2])];

    private readonly List<string> _tokens = [];

    /// <summary>Makes one. The rich twin has a longer history than the poor one, which is its beginning.</summary>
    public static async Task<Twin> MakeAsync(TestServer server, HttpClient http, SharedIds ids, bool isRich)
    {
        var twin = new Twin(server, http) { Ids = ids };
        var note = new JsonObject { ["metadata"] = new JsonObject { ["note"] = twin.Secret } };
        foreach (var client in new[] { "tablet", "reader", "spare", twin.OwnClient })
        {
            (await twin.Client(client).RegisterAsync(note)).Ok();
        }

        (await twin.Phone.RegisterAsync(new JsonObject { ["node_id"] = $"phone#{twin.Word}" }.With(note))).Ok();
        (await twin.FirstPushAsync()).Ok();
        Assert.Single((await twin.Tablet.PushAsync(Change.Insert(1, "shared", $"other {twin.Secret}"))).Ok().Conflicts);
        if (isRich)
        {
            await twin.EnrichAsync();
        }

        (await twin.Ops.SendAsync(HttpMethod.Put, "policy", Json($$$"""{"policy":"reject","tables":{"{{{twin.Table}}}":"client-wins"}}""")))
            .Ok();
        var page = (await twin.Phone.PullAsync(0, new() { ["max_entries"] = 1 })).Ok();
        (twin.ServerNode, twin.Head, twin.Continuation) = (page.ServerNode, page.HeadLsn, page.Token!);
        (await twin.Phone.HeartbeatAsync(twin.Head)).Ok();
        var conflicts = (await twin.Reader.SendAsync(HttpMethod.Get, "conflicts")).Ok().Json.Objects("conflicts");
        twin.Conflicts = [.. conflicts.Select(static conflict => conflict.Long("id"))];
        await twin.PortraitAsync();
        return twin;
    }

    /// <summary>The push that both twins made, each with data of its own.</summary>
    public Task<Answer> FirstPushAsync() => Phone.PushWithAsync(
        new() { ["message_id"] = Ids.First },
        Change.Insert(1, "shared", $"data {Secret}"),
        Change.Insert(2, $"key {Secret}", $"data {Secret}", new() { ["table"] = Table }));

    /// <summary>The push that the rich twin alone made.</summary>
    public Task<Answer> SecondPushAsync() => Phone.PushWithAsync(
        new() { ["message_id"] = Ids.Second },
        [.. Enumerable.Range(3, 5).Select(lsn => Change.Insert(lsn, $"row {lsn}", $"data {Secret}"))]);

    public Device Client(string client) => new(_http, client, Token(client, "sync:read,sync:write"));

    public string Token(string client, string scopes)
    {
        var token = _server.Token(client, Tenant, scopes);
        _tokens.Add(token);
        return token;
    }

    /// <summary>
    /// All that the tenant can be asked for, without what time alone changes: whatever another tenant does, it must stay the same.
    /// </summary>
    public async Task<string> PortraitAsync()
    {
        var fleet = (await Ops.SendAsync(HttpMethod.Get, "clients")).Ok().Json.Without("as_of");
        foreach (var client in fleet.Objects("clients"))
        {
            client.Without("last_seen").Without("live").Without("unacknowledged_ms");
        }

        var page = (await Reader.PullAsync()).Ok().Json.Without("request_id");
        var repeat = (await FirstPushAsync()).Ok();
        return string.Join(
            '\n',
            fleet.ToJsonString(),
            page.ToJsonString(),
            (await Reader.SendAsync(HttpMethod.Get, "conflicts")).Ok().Json.ToJsonString(),
            (await Ops.SendAsync(HttpMethod.Get, "policy")).Ok().Json.ToJsonString(),
            string.Join(',', repeat.Assigned),
            repeat.Conflicts.Length);
    }

    public static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");

    private async Task EnrichAsync()
    {
        (await SecondPushAsync()).Ok();
        Assert.Single((await Tablet.PushAsync(Change.Insert(2, "row 3", $"other {Secret}"))).Ok().Conflicts);
    }

    /// <summary>A text as it can stand in an answer: itself, as numbers, and in base64 wherever it begins.</summary>
    private static IEnumerable<string> Forms(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        yield return text;
        yield return string.Join(',', bytes);
        for (var before = 0; before < 3; before++)
        {
            // Without both ends, which depend on what stands beside it.
            yield return Convert.ToBase64String([.. new byte[before], .. bytes])[4..^4];
        }
    }
}
