using System.Text.Json.Nodes;
using HeliosSync.Integration.Protocol.Rig;

namespace HeliosSync.Integration.Protocol;

/// <summary>Conflict policies over HTTP (protocol 5.5): set, durable, obeyed and reported.</summary>
public sealed class PolicyTests(Site site) : IClassFixture<Site>
{
    [Fact]
    public async Task Nobody_said_otherwise_so_conflicts_are_rejected()
    {
        var admin = Admin(site.NewTenant());
        var answer = (await GetAsync(admin)).Ok().Json;
        Assert.Equal(("reject", "configuration"), (answer.Text("policy"), answer.Text("source")));
        Assert.Empty(answer["tables"]!.AsObject());
    }

    [Fact]
    public async Task Policies_are_told_as_they_were_set_and_can_be_given_up()
    {
        var admin = Admin(site.NewTenant());
        const string Body = """{"policy":"server-wins","tables":{"tasks":"last-write-wins","a:b":"client-wins"}}""";
        var set = (await PutAsync(admin, Body)).Ok().Json;
        Assert.Equal(("server-wins", "tenant"), (set.Text("policy"), set.Text("source")));
        Assert.Equal(set.ToJsonString(), (await GetAsync(admin)).Ok().Json.ToJsonString());
        Assert.Equal("last-write-wins", set["tables"]!.AsObject().Text("tasks"));
        var given = (await PutAsync(admin, """{"policy":"configured"}""")).Ok().Json;
        Assert.Equal(("reject", "configuration"), (given.Text("policy"), given.Text("source")));
    }

    [Fact]
    public async Task Setting_the_same_policies_again_writes_nothing()
    {
        var admin = Admin(site.NewTenant());
        (await PutAsync(admin, """{"policy":"server-wins","tables":{"b":"reject","a":"reject"}}""")).Ok();
        var events = site.JournalEvents();
        (await PutAsync(admin, """{"tables":{"a":"reject","b":"reject"},"policy":"server-wins"}""")).Ok();
        Assert.Equal(events, site.JournalEvents());
    }

    [Theory]
    [InlineData("{}", "policy")]
    [InlineData("""{"policy":null}""", "policy")]
    [InlineData("""{"policy":"Reject"}""", "policy")]
    [InlineData("""{"policy":"reject ","tables":{}}""", "policy")]
    [InlineData("""{"policy":1}""", "policy")]
    [InlineData("""{"policy":"reject","policy":"reject"}""", "policy")]
    [InlineData("""{"policy":"reject","tables":[]}""", "tables")]
    [InlineData("""{"policy":"reject","tables":{"a b":"reject"}}""", "tables")]
    [InlineData("""{"policy":"reject","tables":{"":"reject"}}""", "tables")]
    [InlineData("""{"policy":"reject","tables":{"a":"last"}}""", "tables.a")]
    [InlineData("""{"policy":"reject","tables":{"a":null}}""", "tables.a")]
    [InlineData("""{"policy":"reject","tables":{"a":{}}}""", "tables.a")]
    [InlineData("""{"policy":"reject","tables":{"a":"reject","a":"reject"}}""", "tables.a")]
    [InlineData("""{"policy":"configured","tables":{"a":"reject"}}""", "tables")]
    public async Task What_is_no_policy_is_refused_and_changes_nothing(string body, string field)
    {
        var admin = Admin(site.NewTenant());
        (await PutAsync(admin, """{"policy":"client-wins"}""")).Ok();
        Assert.Equal(field, (await PutAsync(admin, body)).Refused(400, "INVALID_MESSAGE"));
        Assert.Equal("client-wins", (await GetAsync(admin)).Ok().Json.Text("policy"));
    }

    [Fact]
    public async Task At_most_256_tables_have_a_policy_of_their_own()
    {
        var admin = Admin(site.NewTenant());
        (await PutAsync(admin, Tables(256))).Ok();
        Assert.Equal("tables", (await PutAsync(admin, Tables(257))).Refused(400, "INVALID_MESSAGE"));

        static string Tables(int count)
        {
            var tables = new JsonObject(Enumerable.Range(0, count).Select(i => KeyValuePair.Create($"t{i}", (JsonNode?)"reject")));
            return new JsonObject { ["policy"] = "reject", ["tables"] = tables }.ToJsonString();
        }
    }

    [Fact]
    public async Task Policies_are_for_administrators_and_take_GET_and_PUT_alone()
    {
        var tenant = site.NewTenant();
        var client = site.Stranger(tenant, "a");
        (await GetAsync(client)).Refused(403, "INSUFFICIENT_SCOPE");
        (await PutAsync(client, """{"policy":"reject"}""")).Refused(403, "INSUFFICIENT_SCOPE");
        (await GetAsync(client.WithToken(null))).Refused(401, "UNAUTHORIZED");
        var posted = await Admin(tenant).PostAsync("policy", """{"policy":"reject"}""");
        posted.Refused(405, "METHOD_NOT_ALLOWED");
        Assert.Equal("GET, PUT", posted.Allow);
    }

    [Theory]
    [InlineData("reject", "Rejected", "first")]
    [InlineData("server-wins", "ServerWon", "first")]
    [InlineData("client-wins", "ClientWon", "second")]
    public async Task A_conflict_ends_as_the_policy_says_and_reports_what_it_met(string policy, string resolution, string stands)
    {
        var (a, b, _) = await TwoAsync(policy);
        (await a.PushAsync(Change.Insert(1, "k", "first"))).Ok();
        var answer = (await b.PushAsync(Change.Insert(1, "k", "second"), Change.Insert(2, "other", "x"))).Ok();
        var report = Assert.Single(answer.Conflicts);
        Assert.Equal((1, resolution, 1), (report.Long("lsn"), report.Text("resolution"), report.Object("server_change").Long("lsn")));
        Assert.Equal("first"u8.ToArray(), report.Object("server_change").Bytes("data"));
        Assert.Equal(resolution == "ClientWon" ? [1, 2] : [2], answer.Accepted);
        var last = (await a.PullAllAsync()).Last(c => c.Bytes("key").AsSpan().SequenceEqual("k"u8));
        Assert.Equal(stands, System.Text.Encoding.UTF8.GetString(last.Bytes("data")));
    }

    [Theory]
    [InlineData("2025-11-24T10:30:01Z", "ClientWon")]
    [InlineData("2025-11-24T10:29:59Z", "ServerWon")]
    [InlineData("2025-11-24T10:30:00Z", "ClientWon")]
    public async Task The_last_write_wins_by_time_and_then_by_author(string time, string resolution)
    {
        var (a, b, _) = await TwoAsync("last-write-wins");
        (await a.PushAsync(Change.Insert(1, "k", "first"))).Ok();
        var report = Assert.Single((await b.PushAsync(Change.Insert(1, "k", "second", new() { ["timestamp"] = time }))).Ok().Conflicts);
        Assert.Equal(resolution, report.Text("resolution"));
    }

    /// <summary>The whole of it again: the same answer, whatever the policy is by then.</summary>
    [Fact]
    public async Task A_repeat_gets_the_outcome_that_its_own_policy_made()
    {
        var (a, b, admin) = await TwoAsync("client-wins");
        (await a.PushAsync(Change.Insert(1, "k", "first"))).Ok();
        var push = Body.Push("b", Change.Insert(1, "k", "second"));
        var first = (await b.PostAsync("push", push)).Ok();
        (await PutAsync(admin, """{"policy":"reject"}""")).Ok();
        Assert.Equal(first.Json.ToJsonString(), (await b.PostAsync("push", push)).Ok().Json.ToJsonString());
    }

    [Fact]
    public async Task An_atomic_push_is_refused_by_a_conflict_that_it_does_not_win_and_by_no_other()
    {
        var (a, b, admin) = await TwoAsync("client-wins");
        (await PutAsync(admin, """{"policy":"client-wins","tables":{"fixed":"server-wins"}}""")).Ok();
        (await a.PushAsync(Change.Insert(1, "k", "a"), Change.Insert(2, "f", "a", new() { ["table"] = "fixed" }))).Ok();
        var won = (await b.PushWithAsync(new() { ["atomic"] = true }, Change.Insert(1, "k", "b"))).Ok();
        Assert.Equal([1], won.Accepted);
        var refused = await b.PushWithAsync(
            new() { ["atomic"] = true }, Change.Insert(2, "n", "b"), Change.Insert(3, "f", "b", new() { ["table"] = "fixed" }));
        refused.Refused(409, "CONFLICT");
        Assert.Equal((3, "ServerWon"), (Assert.Single(refused.Conflicts).Long("lsn"), refused.Conflicts[0].Text("resolution")));
    }

    private static Task<Answer> GetAsync(Device device) => device.SendAsync(HttpMethod.Get, "policy");

    private static Task<Answer> PutAsync(Device device, string body)
    {
        var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        return device.SendAsync(HttpMethod.Put, "policy", content);
    }

    private Device Admin(string tenant) => site.Stranger(tenant, "admin").WithToken(site.Token(tenant, "admin", "sync:admin"));

    private async Task<(Device A, Device B, Device Admin)> TwoAsync(string policy)
    {
        var tenant = site.NewTenant();
        var admin = Admin(tenant);
        (await PutAsync(admin, new JsonObject { ["policy"] = policy }.ToJsonString())).Ok();
        return (await site.DeviceAsync(tenant, "a"), await site.DeviceAsync(tenant, "b"), admin);
    }
}

/// <summary>Policies survive what tenants survive, and those of the configuration hold where a tenant has none.</summary>
public sealed class PolicyRestartTests : IAsyncLifetime
{
    private readonly Site _site = new(new()
    {
        ["HeliosSync:ConflictPolicy"] = "server-wins",
        ["HeliosSync:ConflictPolicyTables:0"] = "tasks=client-wins",
        ["HeliosSync:SnapshotEvents"] = "10",
    });

    public Task InitializeAsync() => _site.InitializeAsync();

    public Task DisposeAsync() => _site.DisposeAsync();

    /// <summary>With a snapshot behind it, and without.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(40)]
    public async Task Policies_and_what_they_decided_survive_a_restart(int pushes)
    {
        var tenant = _site.NewTenant();
        var (a, b) = (await _site.DeviceAsync(tenant, "a"), await _site.DeviceAsync(tenant, "b"));
        (await PutAsync(tenant)).Ok();
        for (var i = 1; i <= pushes; i++)
        {
            (await a.PushAsync(Change.Insert(i, $"k{i}"))).Ok();
        }

        var push = Body.Push("b", Change.Insert(1, "k1", "other", new() { ["timestamp"] = "2025-11-24T10:30:01Z" }));
        var before = (await b.PostAsync("push", push)).Ok();
        Assert.Equal("ClientWon", Assert.Single(before.Conflicts).Text("resolution"));
        await _site.RestartAsync();
        b = _site.Stranger(tenant, "b");
        Assert.Equal(before.Conflicts[0].ToJsonString(), Assert.Single((await b.PostAsync("push", push)).Ok().Conflicts).ToJsonString());

        // The row's time has survived too: an older change loses, a newer one wins.
        var older = Change.Insert(2, "k2", "older", new() { ["timestamp"] = "2025-11-24T10:29:59Z" });
        Assert.Equal("ServerWon", Assert.Single((await b.PushAsync(older)).Ok().Conflicts).Text("resolution"));
        var newer = Change.Insert(3, "k2", "newer", new() { ["timestamp"] = "2025-11-24T10:30:01Z" });
        Assert.Equal("ClientWon", Assert.Single((await b.PushAsync(newer)).Ok().Conflicts).Text("resolution"));
    }

    [Fact]
    public async Task A_tenant_without_policies_of_its_own_has_those_of_the_configuration()
    {
        var tenant = _site.NewTenant();
        var (a, b) = (await _site.DeviceAsync(tenant, "a"), await _site.DeviceAsync(tenant, "b"));
        var other = new System.Text.Json.Nodes.JsonObject { ["table"] = "other" };
        (await a.PushAsync(Change.Insert(1, "k", "a"), Change.Insert(2, "k", "a", other))).Ok();
        var answer = (await b.PushAsync(Change.Insert(1, "k", "b"), Change.Insert(2, "k", "b", other))).Ok();
        Assert.Equal(["ClientWon", "ServerWon"], answer.Conflicts.Select(c => c.Text("resolution")));
    }

    private Task<Answer> PutAsync(string tenant) => _site.Stranger(tenant, "admin").WithToken(_site.Token(tenant, "admin", "sync:admin"))
        .SendAsync(HttpMethod.Put, "policy", new StringContent(
            """{"policy":"last-write-wins"}""", System.Text.Encoding.UTF8, "application/json"));
}
