using System.Globalization;
using System.Text.Json.Nodes;
using HeliosSync.Integration.Protocol.Rig;

namespace HeliosSync.Integration.Protocol;

/// <summary><c>GET /clients</c> and <c>DELETE /clients/{client_id}</c> (docs/protocol.md 6.6).</summary>
public sealed class FleetTests(Site site) : IClassFixture<Site>
{
    private const string AdminScope = "sync:admin";

    [Fact]
    public async Task Each_client_is_shown_with_where_it_stands()
    {
        var tenant = site.NewTenant();
        var began = DateTimeOffset.UtcNow;
        var (writer, reader) = (await site.DeviceAsync(tenant, "writer"), site.Stranger(tenant, "reader"));
        (await reader.RegisterAsync(new()
        {
            ["node_id"] = "reader#2",
            ["metadata"] = new JsonObject { ["sdk"] = "dart 1.2", ["größe"] = "\"<x>" },
        })).Ok();
        (await writer.PushAsync(Change.Inserts(1, 3, "k"))).Ok();
        (await reader.PullAsync(1)).Ok();
        (await reader.HeartbeatAsync(1)).Ok();
        Assert.Single((await reader.PushAsync(Change.Insert(1, "k-1", "mine"))).Ok().Conflicts);

        var answer = (await ListAsync(tenant)).Ok();
        Assert.Equal(
            ["as_of", "clients", "has_more", "head_lsn", "next_after", "registered_clients", "server_node"], answer.Json.Names());
        Assert.Equal((false, null), (answer.HasMore, answer.Json.TextOrNull("next_after")));
        Assert.Equal((2, 3), (answer.Json.Long("registered_clients"), answer.HeadLsn));
        Assert.Equal((await reader.PullAsync()).Ok().ServerNode, answer.ServerNode);
        var clients = answer.Json.Objects("clients");
        Assert.Equal(["reader", "writer"], clients.Select(c => c.Text("client_id")));
        var (r, w) = (clients[0], clients[1]);
        Assert.All(clients, c => Assert.Equal(
            ["changes_behind", "client_id", "conflicts", "last_seen", "live", "metadata", "node", "position", "registered_at",
                "unacknowledged_ms"],
            c.Names()));
        Assert.Equal(("reader#2", 1, 2, 1, true), Standing(r));
        Assert.Equal(("dart 1.2", "\"<x>"), (r.Object("metadata").Text("sdk"), r.Object("metadata").Text("größe")));
        Assert.Equal(("writer", 3, 0, 0, false), Standing(w));
        Assert.Equal(0, w.Long("unacknowledged_ms"));
        Assert.InRange(r.Long("unacknowledged_ms"), 0, (DateTimeOffset.UtcNow - began).TotalMilliseconds + 1);
        Assert.All(clients, c => Assert.InRange(Time(c, "registered_at"), began.AddMilliseconds(-1), Time(c, "last_seen")));
        Assert.InRange(Time(r, "last_seen"), began, Time(answer.Json, "as_of"));
    }

    [Fact]
    public async Task Pages_go_on_behind_the_last_client_and_hold_each_once_while_others_come_and_go()
    {
        var tenant = site.NewTenant();
        foreach (var n in Enumerable.Range(10, 25))
        {
            await site.DeviceAsync(tenant, $"c{n}");
        }

        var seen = new List<string>();
        string? after = null;
        do
        {
            var page = (await ListAsync(tenant, $"?limit=10{(after is null ? "" : $"&after={after}")}")).Ok();
            seen.AddRange(page.Json.Objects("clients").Select(c => c.Text("client_id")));
            after = page.Json.TextOrNull("next_after");
            Assert.Equal(page.HasMore, after is not null);
            (await ForgetAsync(tenant, seen[^1])).Ok();
            await site.DeviceAsync(tenant, "c0");
        }
        while (after is not null);
        Assert.Equal(Enumerable.Range(10, 25).Select(n => $"c{n}"), seen);
    }

    [Theory]
    [InlineData("?limit=0", "limit")]
    [InlineData("?limit=-1", "limit")]
    [InlineData("?limit=+1", "limit")]
    [InlineData("?limit=1.0", "limit")]
    [InlineData("?limit=", "limit")]
    [InlineData("?limit=1&limit=2", "limit")]
    [InlineData("?after=", "after")]
    [InlineData("?after=a/b", "after")]
    [InlineData("?after=a%00", "after")]
    [InlineData("?after=clocks", "after")]
    [InlineData("?after=a&after=b", "after")]
    public async Task A_page_that_cannot_be_is_refused(string query, string field) =>
        Assert.Equal(field, (await ListAsync(site.NewTenant(), query)).Refused(400, "INVALID_MESSAGE"));

    [Theory]
    [InlineData("?limit=1000000")]
    [InlineData("?limit=99999999999999999999")]
    [InlineData("?limit=007&other=1")]
    [InlineData("?after=nobody-there")]
    public async Task A_page_of_a_tenant_without_clients_is_empty_and_stores_nothing(string query)
    {
        var before = site.JournalEvents();
        var answer = (await ListAsync(site.NewTenant(), query)).Ok();
        Assert.Equal((0, 0, false), (answer.Json.Objects("clients").Length, answer.HeadLsn, answer.HasMore));
        Assert.Null(answer.Json["server_node"]);
        Assert.Equal(before, site.JournalEvents());
    }

    [Fact]
    public async Task Both_calls_need_the_scope_of_an_administrator_and_show_only_the_tokens_own_tenant()
    {
        var (tenant, other) = (site.NewTenant(), site.NewTenant());
        var device = await site.DeviceAsync(tenant, "a");
        foreach (var scopes in new[] { "sync:read,sync:write", "refresh2" })
        {
            var weak = device.WithToken(site.Token(tenant, "a", scopes));
            (await weak.SendAsync(HttpMethod.Get, "clients")).Refused(403, "INSUFFICIENT_SCOPE");
            (await weak.SendAsync(HttpMethod.Delete, "clients/a")).Refused(403, "INSUFFICIENT_SCOPE");
        }

        (await device.WithToken(null).SendAsync(HttpMethod.Get, "clients")).Refused(401, "UNAUTHORIZED");
        (await device.WithToken(null).SendAsync(HttpMethod.Delete, "clients/a")).Refused(401, "UNAUTHORIZED");
        Assert.Empty((await ListAsync(other)).Ok().Json.Objects("clients"));
        (await ForgetAsync(other, "a")).Refused(404, "NOT_FOUND");
        Assert.Single((await ListAsync(tenant)).Ok().Json.Objects("clients"));
    }

    [Fact]
    public async Task A_forgotten_client_registers_anew_and_its_repeats_write_nothing()
    {
        var tenant = site.NewTenant();
        var (a, b) = (await site.DeviceAsync(tenant, "a"), await site.DeviceAsync(tenant, "b"));
        var message = Guid.NewGuid().ToString();
        JsonObject[] changes = [.. Change.Inserts(1, 3, "k")];
        (await a.PushWithAsync(new() { ["message_id"] = message }, changes)).Ok();
        (await b.PushAsync(Change.Update(1, "k-1", "later", new() { ["base_lsn"] = 2 }))).Ok();

        var forgotten = (await ForgetAsync(tenant, "a")).Ok();
        Assert.Equal((true, "a"), (forgotten.Json.Flag("success"), forgotten.Json.Text("client_id")));
        foreach (var answer in new[]
        {
            await a.PushWithAsync(new() { ["message_id"] = message }, changes), await a.PullAsync(), await a.HeartbeatAsync(),
        })
        {
            answer.Refused(400, "CLIENT_NOT_REGISTERED");
        }

        (await a.RegisterAsync(new() { ["last_local_lsn"] = 2 })).Refused(409, "NODE_REUSED");
        Assert.Equal(3, (await a.RegisterAsync(new() { ["last_local_lsn"] = 3 })).Ok().Json.Long("last_local_lsn"));
        var repeat = (await a.PushWithAsync(new() { ["message_id"] = message }, changes)).Ok();
        // What stands is acknowledged as it stands; what another has changed since is a conflict with that change.
        Assert.Equal((4, 4), (repeat.HeadLsn, (await a.PullAllAsync()).Count));
        Assert.Equal([1, 3], repeat.Accepted);
        Assert.Equal([1, 3], repeat.Assigned);
        Assert.Equal(4, Assert.Single(repeat.Conflicts).Object("server_change").Long("lsn"));
    }

    [Fact]
    public async Task A_client_is_forgotten_once_and_unknown_ones_are_not_found()
    {
        var tenant = site.NewTenant();
        await site.DeviceAsync(tenant, "a");
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => ForgetAsync(tenant, "a")));
        Assert.Equal([200, 404, 404, 404, 404, 404, 404, 404], answers.Select(answer => answer.Status).Order());
        (await ForgetAsync(tenant, "a")).Refused(404, "NOT_FOUND");
        (await ForgetAsync(tenant, "nobody")).Refused(404, "NOT_FOUND");
    }

    [Theory]
    [InlineData("clients/a%2Fb", 400, "INVALID_MESSAGE")]
    [InlineData("clients/a%00", 400, "INVALID_MESSAGE")]
    [InlineData("clients/a%23b", 400, "INVALID_MESSAGE")]
    [InlineData("clients/clocks", 400, "INVALID_MESSAGE")]
    [InlineData("clients/%E2%80%AE", 400, "INVALID_MESSAGE")]
    [InlineData("clients/a/b", 404, "NOT_FOUND")]
    [InlineData("clients", 405, "METHOD_NOT_ALLOWED")]
    public async Task A_path_that_names_no_client_is_refused(string path, int status, string code) =>
        (await Admin(site.NewTenant()).SendAsync(HttpMethod.Delete, path)).Refused(status, code);

    [Fact]
    public async Task A_name_as_long_as_can_be_is_found_and_one_longer_is_refused()
    {
        var tenant = site.NewTenant();
        var longest = new string('x', 128);
        await site.DeviceAsync(tenant, longest);
        (await ForgetAsync(tenant, longest + "x")).Refused(400, "INVALID_MESSAGE");
        (await ForgetAsync(tenant, longest)).Ok();
    }

    [Fact]
    public async Task A_push_that_is_under_way_when_its_client_is_forgotten_has_an_ordinary_answer()
    {
        var tenant = site.NewTenant();
        for (var round = 0; round < 10; round++)
        {
            var device = await site.DeviceAsync(tenant, "a");
            var numbers = Enumerable.Range((round * 10) + 1, 8);
            var pushes = numbers.Select(n => device.PushAsync(Change.Insert(n, $"k{n}"))).ToArray();
            (await ForgetAsync(tenant, "a")).Ok();
            foreach (var answer in await Task.WhenAll(pushes))
            {
                Assert.True(answer.Status == 200 || answer.Refused(400, "CLIENT_NOT_REGISTERED") is null);
            }
        }

        await site.DeviceAsync(tenant, "a");
    }

    [Fact]
    public async Task Health_counts_a_forgotten_client_no_longer_and_so_does_the_next_start()
    {
        var own = new Site();
        await own.InitializeAsync();
        try
        {
            foreach (var id in new[] { "a", "b", "c" })
            {
                await own.DeviceAsync("t", id);
            }

            var admin = own.Stranger("t", "ops").WithToken(own.Token("t", "ops", AdminScope));
            (await admin.SendAsync(HttpMethod.Delete, "clients/b")).Ok();
            (await admin.SendAsync(HttpMethod.Delete, "clients/c")).Ok();
            await own.DeviceAsync("t", "c");
            Assert.Equal(2, await CountAsync(own));
            await own.RestartAsync();
            Assert.Equal(2, await CountAsync(own));
            (await own.Stranger("t", "b").PullAsync()).Refused(400, "CLIENT_NOT_REGISTERED");
            (await own.Stranger("t", "c").PullAsync()).Ok();
            Assert.Equal(2, await CountAsync(own));
        }
        finally
        {
            await own.DisposeAsync();
        }
    }

    /// <summary>What is held names no node, and anybody may have put it there: the client has to say itself who it is.</summary>
    [Fact]
    public async Task A_registration_without_a_token_does_not_bring_a_forgotten_client_back()
    {
        var tenant = site.NewTenant();
        var device = await site.DeviceAsync(tenant, "comeback");
        (await ForgetAsync(tenant, "comeback")).Ok();
        (await site.Anonymous("comeback").RegisterAsync()).Ok();
        (await device.PullAsync()).Refused(400, "CLIENT_NOT_REGISTERED");
        (await device.PullAsync()).Refused(400, "CLIENT_NOT_REGISTERED");
        (await device.RegisterAsync()).Ok();
        (await device.PullAsync()).Ok();
    }

    private static async Task<long> CountAsync(Site of) =>
        (await of.Anonymous("x").SendAsync(HttpMethod.Get, "health")).Ok().Json.Long("registered_clients");

    private static (string Node, long Position, long Behind, long Conflicts, bool Live) Standing(JsonObject client) => (
        client.Text("node"), client.Long("position"), client.Long("changes_behind"), client.Long("conflicts"), client.Flag("live"));

    private static DateTimeOffset Time(JsonObject json, string name)
    {
        Assert.EndsWith("Z", json.Text(name), StringComparison.Ordinal);
        return DateTimeOffset.Parse(json.Text(name), CultureInfo.InvariantCulture);
    }

    private Device Admin(string tenant) => site.Stranger(tenant, "ops").WithToken(site.Token(tenant, "ops", AdminScope));

    private Task<Answer> ListAsync(string tenant, string query = "") => Admin(tenant).SendAsync(HttpMethod.Get, "clients" + query);

    private Task<Answer> ForgetAsync(string tenant, string client) => Admin(tenant).SendAsync(HttpMethod.Delete, "clients/" + client);
}
