using System.Text.Json.Nodes;
using HeliosSync.Integration.Protocol.Rig;

namespace HeliosSync.Integration.Protocol;

/// <summary>The conflict log over HTTP (protocol 4.7): conflicts are a list that can be read and settled, both versions kept.</summary>
public sealed class ConflictLogTests : IAsyncLifetime
{
    private readonly Site _site = new(new() { ["HeliosSync:SnapshotEvents"] = "10" });
    private int _tenants;

    public Task InitializeAsync() => _site.InitializeAsync();

    public Task DisposeAsync() => _site.DisposeAsync();

    [Fact]
    public async Task A_tenant_without_conflicts_has_an_empty_log()
    {
        var page = await ListAsync(await _site.DeviceAsync(Tenant(), "a"));
        Assert.Empty(page.Json.Objects("conflicts"));
        Assert.Equal((false, 0), (page.HasMore, page.Json.Long("next_since")));
    }

    [Fact]
    public async Task A_conflict_shows_both_versions_what_both_grew_from_and_what_was_decided()
    {
        var (a, b) = await TwoAsync(Tenant());
        (await a.PushAsync(Change.Insert(1, "k", "base"))).Ok();
        (await a.PushAsync(Change.Update(2, "k", "mine"))).Ok();
        (await b.PushAsync(Change.Update(1, "k", "yours", new() { ["base_lsn"] = 1, ["vector_clock"] = Body.Clock(("b", 4)) }))).Ok();
        var conflict = Assert.Single((await ListAsync(a)).Json.Objects("conflicts"));
        Assert.Equal(
            ("open", "tasks", "ConcurrentUpdate", "reject", "Rejected"),
            (conflict.Text("status"), conflict.Text("table"), conflict.Text("conflict_type"), conflict.Text("policy"),
                conflict.Text("resolution")));
        Assert.Equal(("yours", "b", 1), Seen(conflict.Object("client_change")));
        Assert.Equal(("mine", "a", 2), Seen(conflict.Object("server_change")));
        Assert.Equal(("base", "a", 1), Seen(conflict.Object("base_change")));
        Assert.Null(conflict.Object("client_change")["lsn"]);
        Assert.Equal(4, conflict.Object("client_change").Clock()["b"]);
        Assert.Null(conflict["settled"]);
        Assert.NotEmpty(conflict.Text("at"));
    }

    [Fact]
    public async Task Pages_joined_by_next_since_give_each_conflict_once_and_a_status_filters()
    {
        var (a, b) = await TwoAsync(Tenant());
        (await a.PushAsync(Change.Inserts(1, 7, "r"))).Ok();
        JsonObject[] theirs = [.. Enumerable.Range(0, 7).Select(i => Change.Insert(1 + i, $"r-{i}", "other"))];
        (await b.PushAsync(theirs[..5])).Ok();
        (await b.PushAsync(theirs[5..])).Ok();
        var ids = new List<long>();
        for (var (since, more) = (0L, true); more;)
        {
            var page = await ListAsync(a, $"?limit=3&since={since}");
            ids.AddRange(page.Json.Objects("conflicts").Select(c => c.Long("id")));
            (since, more) = (page.Json.Long("next_since"), page.HasMore);
        }

        Assert.Equal(7, ids.Count);
        Assert.Equal(ids.Distinct().Order(), ids);
        (await ResolveAsync(a, ids[2], """{"resolution":"keep_server"}""")).Ok();
        Assert.Equal([ids[2]], (await ListAsync(a, "?status=settled")).Json.Objects("conflicts").Select(c => c.Long("id")));
        Assert.Equal(6, (await ListAsync(a, "?status=open")).Json.Objects("conflicts").Length);
    }

    [Fact]
    public async Task The_same_change_against_the_same_version_is_logged_once()
    {
        var (a, b) = await TwoAsync(Tenant());
        (await a.PushAsync(Change.Insert(1, "k", "mine"))).Ok();
        (await b.PushAsync(Change.Insert(1, "k", "yours"))).Ok();
        (await b.PushAsync(Change.Insert(1, "k", "yours"))).Ok();
        Assert.Single((await ListAsync(a)).Json.Objects("conflicts"));
        (await a.PushAsync(Change.Update(2, "k", "mine again"))).Ok();
        (await b.PushAsync(Change.Insert(1, "k", "yours"))).Ok();
        Assert.Equal(2, (await ListAsync(a)).Json.Objects("conflicts").Length);
    }

    /// <summary>A resolution is an ordinary change: everybody pulls it, and its repeat gets the same answer.</summary>
    [Fact]
    public async Task A_merged_change_settles_a_conflict_and_is_pulled_by_all()
    {
        var (a, b) = await TwoAsync(Tenant());
        var id = await ConflictAsync(a, b);
        var resolve = Body.Push("b", Change.Update(2, "k", "both", new() { ["base_lsn"] = 1 }));
        var first = (await ResolveAsync(b, id, resolve.ToJsonString())).Ok();
        Assert.Equal([2], first.Accepted);
        Assert.Equal([2], first.Assigned);
        Assert.Equal([id], first.Json.Longs("settled_conflicts"));
        Assert.Equal("both"u8.ToArray(), (await a.PullAllAsync())[^1].Bytes("data"));
        var settled = Assert.Single((await ListAsync(a)).Json.Objects("conflicts"));
        Assert.Equal(
            ("settled", "Merged", "b", 2),
            (settled.Text("status"), settled.Object("settled").Text("how"), settled.Object("settled").Text("by"),
                settled.Object("settled").Long("lsn")));
        Assert.Equal(first.Json.ToJsonString(), (await ResolveAsync(b, id, resolve.ToJsonString())).Ok().Json.ToJsonString());
    }

    [Fact]
    public async Task Of_two_resolvers_one_wins_and_the_other_is_told_also_after_a_restart()
    {
        var tenant = Tenant();
        var (a, b) = await TwoAsync(tenant);
        var id = await ConflictAsync(a, b);
        var bodies = new[]
        {
            Body.Push("a", Change.Update(2, "k", "of a", new() { ["base_lsn"] = 1 })).ToJsonString(),
            Body.Push("b", Change.Update(2, "k", "of b", new() { ["base_lsn"] = 1 })).ToJsonString(),
        };
        var answers = await Task.WhenAll(ResolveAsync(a, id, bodies[0]), ResolveAsync(b, id, bodies[1]));
        var winner = answers[0].Status == 200 ? 0 : 1;
        answers[winner].Ok();
        answers[1 - winner].Refused(409, "ALREADY_SETTLED");
        await _site.RestartAsync();
        Device[] devices = [_site.Stranger(tenant, "a"), _site.Stranger(tenant, "b")];
        Assert.Equal(answers[winner].Accepted, (await ResolveAsync(devices[winner], id, bodies[winner])).Ok().Accepted);
        (await ResolveAsync(devices[1 - winner], id, bodies[1 - winner])).Refused(409, "ALREADY_SETTLED");
        Assert.Equal(2, (await devices[0].PullAllAsync()).Count);
    }

    /// <summary>Judged by 5.3 without exception: what does not know the version that stands is a conflict again.</summary>
    [Fact]
    public async Task A_resolution_without_knowledge_settles_nothing()
    {
        var (a, b) = await TwoAsync(Tenant());
        var id = await ConflictAsync(a, b);
        var answer = (await ResolveAsync(b, id, Body.Push("b", Change.Update(2, "k", "blind")).ToJsonString())).Ok();
        Assert.Empty(answer.Accepted);
        Assert.Single(answer.Conflicts);
        Assert.Equal(2, (await ListAsync(a, "?status=open")).Json.Objects("conflicts").Length);
    }

    [Fact]
    public async Task A_word_settles_without_a_change_and_under_its_message_id_as_often_as_it_is_said()
    {
        var (a, b) = await TwoAsync(Tenant());
        var id = await ConflictAsync(a, b);
        var body = new JsonObject { ["resolution"] = "keep_server", ["message_id"] = Body.NewId() }.ToJsonString();
        var first = (await ResolveAsync(b, id, body)).Ok();
        Assert.Empty(first.Accepted);
        Assert.Equal([id], first.Json.Longs("settled_conflicts"));
        Assert.Equal(first.Json.ToJsonString(), (await ResolveAsync(b, id, body)).Ok().Json.ToJsonString());
        (await ResolveAsync(b, id, """{"resolution":"keep_server"}""")).Refused(409, "ALREADY_SETTLED");
        Assert.Single(await a.PullAllAsync());
    }

    [Fact]
    public async Task An_ordinary_change_that_knows_both_versions_settles_too()
    {
        var (a, b) = await TwoAsync(Tenant());
        var id = await ConflictAsync(a, b);
        (await a.PushAsync(Change.Update(2, "k", "knows its own alone"))).Ok();
        Assert.Equal("open", Assert.Single((await ListAsync(a)).Json.Objects("conflicts")).Text("status"));
        var merged = (await b.PushAsync(Change.Update(2, "k", "both", new() { ["base_lsn"] = 2 }))).Ok();
        Assert.Equal([id], merged.Json.Longs("settled_conflicts"));
        (await ResolveAsync(a, id, """{"resolution":"keep_server"}""")).Refused(409, "ALREADY_SETTLED");
    }

    [Fact]
    public async Task A_policy_settles_at_once_and_the_loser_is_in_the_log()
    {
        var tenant = Tenant();
        var admin = _site.Stranger(tenant, "admin").WithToken(_site.Token(tenant, "admin", "sync:admin"));
        (await admin.SendAsync(HttpMethod.Put, "policy", new StringContent(
            """{"policy":"client-wins"}""", System.Text.Encoding.UTF8, "application/json"))).Ok();
        var (a, b) = await TwoAsync(tenant);
        var id = await ConflictAsync(a, b);
        var conflict = Assert.Single((await ListAsync(a)).Json.Objects("conflicts"));
        Assert.Equal(
            ("settled", "client-wins", "ClientWon"), (conflict.Text("status"), conflict.Text("policy"), conflict.Text("resolution")));
        Assert.Equal(("mine", "yours"), (Seen(conflict.Object("server_change")).Data, Seen(conflict.Object("client_change")).Data));
        (await ResolveAsync(a, id, """{"resolution":"keep_server"}""")).Refused(409, "ALREADY_SETTLED");
    }

    [Theory]
    [InlineData("{}", 400, "INVALID_MESSAGE")]
    [InlineData("""{"resolution":"keep_client"}""", 400, "INVALID_MESSAGE")]
    [InlineData("""{"resolution":"keep_server","changes":[]}""", 400, "INVALID_MESSAGE")]
    [InlineData("""{"resolution":"keep_server","client_id":"b"}""", 403, "CLIENT_MISMATCH")]
    [InlineData("""{"type":"push_changes","client_id":"a","changes":[]}""", 400, "INVALID_MESSAGE")]
    public async Task What_settles_nothing_is_refused(string body, int status, string code)
    {
        var (a, b) = await TwoAsync(Tenant());
        var id = await ConflictAsync(a, b);
        (await ResolveAsync(a, id, body)).Refused(status, code);
        Assert.Equal("open", Assert.Single((await ListAsync(a)).Json.Objects("conflicts")).Text("status"));
    }

    [Fact]
    public async Task A_conflict_is_settled_by_one_change_of_its_own_row()
    {
        var (a, b) = await TwoAsync(Tenant());
        var id = await ConflictAsync(a, b);
        var other = Body.Push("b", Change.Update(2, "other", "x", new() { ["base_lsn"] = 1 })).ToJsonString();
        Assert.Equal("changes[0].key", (await ResolveAsync(b, id, other)).Refused(400, "INVALID_MESSAGE"));
        var two = Body.Push("b", Change.Update(2, "k"), Change.Update(3, "k")).ToJsonString();
        Assert.Equal("changes", (await ResolveAsync(b, id, two)).Refused(400, "INVALID_MESSAGE"));
        foreach (var wrong in new[] { "0", "x", "-1", "99999999999999999999", $"{id + 1}" })
        {
            (await b.PostAsync($"conflicts/{wrong}/resolve", """{"resolution":"keep_server"}""")).Refused(404, "NOT_FOUND");
        }

        (await b.PostAsync("push", Body.Push("b", Change.Insert(9, "n")).With(new() { ["message_id"] = Id(other) }))).Ok();
        (await ResolveAsync(b, id, other)).Refused(409, "MESSAGE_ID_REUSED");
    }

    [Theory]
    [InlineData("?since=-1", "since")]
    [InlineData("?since=x", "since")]
    [InlineData("?since=1&since=2", "since")]
    [InlineData("?since=9007199254740992", "since")]
    [InlineData("?limit=0", "limit")]
    [InlineData("?limit=1.0", "limit")]
    [InlineData("?status=all", "status")]
    public async Task What_is_no_page_is_refused(string query, string parameter)
    {
        var a = await _site.DeviceAsync(Tenant(), "a");
        Assert.Equal(parameter, (await a.SendAsync(HttpMethod.Get, "conflicts" + query)).Refused(400, "INVALID_MESSAGE"));
    }

    [Fact]
    public async Task Reading_needs_sync_read_and_settling_sync_write()
    {
        var tenant = Tenant();
        var (a, b) = await TwoAsync(tenant);
        var id = await ConflictAsync(a, b);
        (await ResolveAsync(a.WithToken(_site.Token(tenant, "a", "sync:read")), id, """{"resolution":"keep_server"}"""))
            .Refused(403, "INSUFFICIENT_SCOPE");
        (await a.WithToken(_site.Token(tenant, "a", "sync:write")).SendAsync(HttpMethod.Get, "conflicts"))
            .Refused(403, "INSUFFICIENT_SCOPE");
        var stranger = await _site.DeviceAsync(Tenant(), "a");
        (await ResolveAsync(stranger, id, """{"resolution":"keep_server"}""")).Refused(404, "NOT_FOUND");
        Assert.Empty((await ListAsync(stranger)).Json.Objects("conflicts"));
    }

    /// <summary>With a snapshot behind some of it.</summary>
    [Fact]
    public async Task The_log_survives_a_restart_as_it_was()
    {
        var tenant = Tenant();
        var (a, b) = await TwoAsync(tenant);
        for (var i = 1; i <= 15; i++)
        {
            (await a.PushAsync(Change.Insert(i, $"k{i}", "mine"))).Ok();
            (await b.PushAsync(Change.Insert(i, $"k{i}", "yours"))).Ok();
        }

        var ids = (await ListAsync(a)).Json.Objects("conflicts").Select(c => c.Long("id")).ToArray();
        (await ResolveAsync(a, ids[1], """{"resolution":"keep_server"}""")).Ok();
        (await ResolveAsync(a, ids[14], """{"resolution":"keep_server"}""")).Ok();
        var before = (await ListAsync(a)).Json.ToJsonString();
        await _site.RestartAsync();
        Assert.Equal(before, (await ListAsync(_site.Stranger(tenant, "a"))).Json.ToJsonString());
    }

    private static (string Data, string Author, long AuthorLsn) Seen(JsonObject change) =>
        (System.Text.Encoding.UTF8.GetString(change.Bytes("data")), change.Text("author"), change.Long("author_lsn"));

    private static string Id(string push) => JsonNode.Parse(push)!.AsObject().Text("message_id");

    private static async Task<Answer> ListAsync(Device device, string query = "") =>
        (await device.SendAsync(HttpMethod.Get, "conflicts" + query)).Ok();

    private static Task<Answer> ResolveAsync(Device device, long id, string body) => device.PostAsync($"conflicts/{id}/resolve", body);

    /// <summary>Both make the row; gives the conflict's id.</summary>
    private static async Task<long> ConflictAsync(Device a, Device b)
    {
        (await a.PushAsync(Change.Insert(1, "k", "mine"))).Ok();
        (await b.PushAsync(Change.Insert(1, "k", "yours"))).Ok();
        return Assert.Single((await ListAsync(a)).Json.Objects("conflicts")).Long("id");
    }

    private string Tenant() => $"log-{++_tenants}";

    private async Task<(Device A, Device B)> TwoAsync(string tenant) =>
        (await _site.DeviceAsync(tenant, "a"), await _site.DeviceAsync(tenant, "b"));
}
