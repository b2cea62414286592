using System.Text;
using System.Text.Json.Nodes;
using HeliosSync.Integration.Protocol.Rig;

namespace HeliosSync.Integration.Isolation;

/// <summary>What a swap was answered: all of it, headers too.</summary>
internal sealed record Seen(int Status, string Text)
{
    public static Seen Of(Answer answer) => new(
        answer.Status, $"{answer.Headers}\n{answer.ContentType}\n{Encoding.UTF8.GetString(answer.Bytes)}");
}

/// <summary>One request of a tenant in which something is its twin's.</summary>
/// <param name="What">What is.</param>
/// <param name="Send">Sends it: who, and whose twin.</param>
/// <param name="Allowed">The only status that is right.</param>
internal sealed record Swap(string What, Func<Twin, Twin, Task<Seen>> Send, int Allowed);

/// <summary>
/// For each endpoint what can be swapped in it. An endpoint that is not here makes the suite fail: say here what of another tenant's a
/// request to it can name.
/// </summary>
internal static class SwapTable
{
    /// <summary>The endpoints of the protocol, by method and path.</summary>
    public static IReadOnlyDictionary<string, Swap[]> Rows { get; } = new Dictionary<string, Swap[]>
    {
        ["GET /health"] = [Get("health", 200)],
        ["GET /health/live"] = [Get("health/live", 200)],
        ["GET /health/ready"] = [Get("health/ready", 200)],
        ["POST /register"] =
        [
            Of("server_node", (me, other) => me.Phone.RegisterAsync(Node(other)), 410),
            Of("position", (me, other) => me.Phone.RegisterAsync(new() { ["last_known_lsn"] = other.Head }), 409),
            Of("clock", (me, other) => me.Phone.RegisterAsync(
                new() { ["vector_clock"] = Body.Clock((me.ServerNode, other.Head)) }), 409),
            Of("tenant in the body", (me, other) => me.Phone.RegisterAsync(Tenant(other)), 200),
            Of("client", (me, other) => me.Phone.PostAsync("register", Body.Register(other.OwnClient)), 403),
        ],
        ["POST /pull"] =
        [
            Of("continuation", (me, other) => me.Phone.PullAsync(
                0, new() { ["max_entries"] = 1, ["continuation_token"] = other.Continuation }), 400),
            Of("server_node", (me, other) => me.Phone.PullAsync(0, Node(other)), 410),
            Of("position", (me, other) => me.Phone.PullAsync(other.Head), 409),
            Of("table", (me, other) => me.Phone.PullAsync(0, new() { ["tables"] = Body.Array(other.Table, "tasks") }), 200),
            Of("client", (me, other) => me.Client(other.OwnClient).PullAsync(), 400),
            Of("tenant in the body", (me, other) => me.Phone.PullAsync(0, Tenant(other)), 200),
            Of("tenant in the address", (me, other) => me.Phone.PostAsync(
                $"pull?tenant_id={other.Tenant}&tenant={other.Tenant}", Body.Pull("phone", 0)), 200),
            Of("tenant in a header", (me, other) => me.Phone.PostAsync(
                "pull",
                Encoding.UTF8.GetBytes(Body.Pull("phone", 0).ToJsonString()),
                request => request.Headers.Add("X-Tenant-ID", other.Tenant)), 200),
            Of("base64", (me, _) => me.Phone.PullAsync(0, new() { ["encoding"] = "base64" }), 200),
        ],
        ["GET /stream"] =
        [
            new("Last-Event-ID", (me, other) => FromAsync(me, other, "", Text(other.Head)), 409),
            new("since_lsn", (me, other) => FromAsync(me, other, $"?since_lsn={other.Head}", null), 409),
            Of("server_node", (me, other) => me.Phone.NoStreamAsync($"?since_lsn=0&server_node={other.ServerNode}"), 410),
            new("tenant in the address", (me, other) => EventsAsync(me, $"?since_lsn=0&tenant_id={other.Tenant}"), 200),
            new("table", (me, other) => EventsAsync(me, $"?since_lsn=0&tables=tasks,{other.Table}"), 200),
        ],
        ["POST /push"] =
        [
            Of("server_node", (me, other) => me.Phone.PushWithAsync(Node(other), Change.Insert(20, "shared")), 410),
            Of("base_lsn", (me, other) => me.Tablet.PushAsync(
                Change.Insert(20, "shared", "x", new() { ["base_lsn"] = other.Head })), 409),
            Of("clock", (me, other) => me.Tablet.PushAsync(
                Change.Insert(20, "shared", "x", new() { ["vector_clock"] = Body.Clock((other.ServerNode, other.Head)) })), 200),
            Of("client", (me, other) => me.Phone.PostAsync("push", Body.Push(other.OwnClient, Change.Insert(20, "x"))), 403),
            Of("atomic", (me, _) => me.Tablet.PushWithAsync(new() { ["atomic"] = true }, Change.Insert(21, "shared", "y")), 409),
            Of("tenant in the body", (me, other) => me.Phone.PushWithAsync(Tenant(other), Change.Insert(2, "shared")), 200),
            Of("message_id", (me, _) => me.SecondPushAsync(), 200),
        ],
        ["POST /heartbeat"] =
        [
            Of("position", (me, other) => me.Phone.HeartbeatAsync(other.Head), 200),
            Of("client", (me, other) => me.Phone.PostAsync("heartbeat", Body.Heartbeat(other.OwnClient, 0)), 403),
        ],
        ["GET /conflicts"] =
        [
            Get("conflicts", 200),
            Of("position", (me, other) => me.Phone.SendAsync(HttpMethod.Get, $"conflicts?since={other.Conflicts[0] - 1}"), 200),
        ],
        ["POST /conflicts/{id}/resolve"] =
        [
            Of("conflict", (me, other) => ResolveAsync(me, other.Conflicts[1], KeepServer()), 404),
            Of("conflict, by a change", (me, other) => ResolveAsync(
                me, other.Conflicts[1], Body.Push("tablet", Change.Insert(30, "row 3", "z"))), 404),
            Of("conflict of the same id", (me, other) => ResolveAsync(me, other.Conflicts[0], KeepServer()), 200),
        ],
        ["GET /policy"] = [Admin("tenant in the address", (me, other) => me.Ops.SendAsync(
            HttpMethod.Get, $"policy?tenant_id={other.Tenant}"), 200)],
        ["PUT /policy"] = [Admin("table", (me, other) => me.Ops.SendAsync(
            HttpMethod.Put, "policy", Twin.Json("""{"policy":"last-write-wins"}""")), 200)],
        ["POST /compact"] =
        [
            Admin("tenant in the body", (me, other) => me.Ops.PostAsync("compact", Tenant(other).With(new() { ["dry_run"] = true })), 200),
            Admin("tenant in the address", (me, other) => me.Ops.PostAsync(
                $"compact?tenant_id={other.Tenant}", new JsonObject { ["dry_run"] = false }), 200),
        ],
        ["GET /clients"] =
        [
            Admin("tenant in the address", (me, other) => me.Ops.SendAsync(HttpMethod.Get, $"clients?tenant_id={other.Tenant}"), 200),
            Admin("client", (me, other) => me.Ops.SendAsync(HttpMethod.Get, $"clients?after={other.OwnClient}"), 200),
        ],
        ["DELETE /clients/{client_id}"] =
        [
            Admin("client", (me, other) => me.Ops.SendAsync(HttpMethod.Delete, $"clients/{other.OwnClient}"), 404),
            Admin("client of the same id", (me, _) => me.Ops.SendAsync(HttpMethod.Delete, "clients/spare"), 200),
        ],
    };

    /// <summary>What is mapped elsewhere, by its pattern: what answers where there is nothing.</summary>
    public static IReadOnlyDictionary<string, Swap[]> Elsewhere { get; } = new Dictionary<string, Swap[]>
    {
        ["/api/v1/sync/{**rest}"] = [Of("tenant in the path", (me, other) => me.Phone.SendAsync(
            HttpMethod.Get, $"tenants/{other.Tenant}/pull"), 404)],
        ["/{**path}"] = [Of("tenant in the path", (me, other) => me.Phone.SendAsync(HttpMethod.Get, $"../../../{other.Tenant}"), 404)],
        ["/api/v1/auth/{**rest}"] = [Of("tenant in the path", (me, other) => me.Phone.SendAsync(
            HttpMethod.Get, $"../auth/{other.Tenant}"), 404)],
        ["/api/v1/auth/token/refresh"] =
        [
            Of("nothing but a token of another kind", (me, _) => me.Phone.PostAsync(
                "../auth/token/refresh", new JsonObject { ["refresh_token"] = "x" }), 401),
        ],
        ["/api/v1/auth/revoke"] =
        [
            // (A client of the other's alone would be told back as it was sent.)
            Of("client of the same id", (me, _) => me.Ops.PostAsync("../auth/revoke", new JsonObject { ["client_id"] = "spare" }), 200),
            Of("tenant in the body", (me, other) => me.Ops.PostAsync(
                "../auth/revoke", Tenant(other).With(new() { ["jti"] = "nobody's" })), 200),
        ],
        ["/openapi/v1.json"] = [Of("nothing but the asking", (me, _) => me.Phone.SendAsync(
            HttpMethod.Get, "../../../openapi/v1.json"), 200)],
    };

    private static Swap Get(string path, int allowed) =>
        Of("nothing but the asking", (me, _) => me.Phone.SendAsync(HttpMethod.Get, path), allowed);

    private static Swap Admin(string what, Func<Twin, Twin, Task<Answer>> send, int allowed) => Of(what, send, allowed);

    private static Swap Of(string what, Func<Twin, Twin, Task<Answer>> send, int allowed) =>
        new(what, async (me, other) => Seen.Of(await send(me, other)), allowed);

    private static JsonObject Node(Twin of) => new() { ["server_node"] = of.ServerNode };

    private static JsonObject Tenant(Twin of) => new() { ["tenant_id"] = of.Tenant, ["tenant"] = of.Tenant };

    private static string Text(long number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static JsonObject KeepServer() => new() { ["message_id"] = Body.NewId(), ["resolution"] = "keep_server" };

    private static Task<Answer> ResolveAsync(Twin me, long conflict, JsonObject body) =>
        me.Tablet.PostAsync($"conflicts/{conflict}/resolve", body);

    /// <summary>A stream from the other's head; the tenant with the longer history is let in there.</summary>
    private static async Task<Seen> FromAsync(Twin me, Twin other, string query, string? lastEventId) => other.Head > me.Head
        ? Seen.Of(await me.Phone.NoStreamAsync(query, lastEventId))
        : await EventsAsync(me, query, lastEventId);

    /// <summary>The first of the events that there are.</summary>
    private static async Task<Seen> EventsAsync(Twin me, string query, string? lastEventId = null)
    {
        using var stream = await me.Phone.StreamAsync(query, lastEventId);
        var text = new StringBuilder(stream.Response.Headers.ToString());
        for (var reached = 0L; reached < 1;)
        {
            var next = await stream.NextAsync();
            Assert.NotNull(next);
            text.Append(next.Data.ToJsonString());
            reached = next.Data.Long("server_lsn");
        }

        return new Seen(200, text.ToString());
    }
}
