using System.Text.Json.Nodes;
using HeliosSync.Integration.Protocol.Rig;

namespace HeliosSync.Integration.Protocol;

/// <summary><c>POST /register</c> (protocol 4.1).</summary>
public sealed class RegisterTests(Site site) : IClassFixture<Site>
{

    [Fact]
    public async Task The_answer_has_the_fields_of_the_protocol_and_no_others()
    {
        var answer = (await site.Stranger(site.NewTenant(), "a").RegisterAsync()).Ok();
        Assert.Equal(
            [
                "client_id", "head_lsn", "last_local_lsn", "limits", "server_lsn", "server_node", "server_version", "success",
                "vector_clock",
            ],
            answer.Json.Names());
        Assert.True(answer.Json.Flag("success"));
        Assert.Equal("a", answer.Json.Text("client_id"));
        Assert.Equal(1, answer.Json.Long("server_version"));
        Assert.Equal((0, 0, 0), (answer.ServerLsn, answer.HeadLsn, answer.Json.Long("last_local_lsn")));
        Assert.True(Guid.TryParseExact(answer.ServerNode, "D", out _));
        Assert.Empty(answer.Clock);
    }

    [Fact]
    public async Task The_limits_are_those_that_hold()
    {
        var limits = (await site.Stranger(site.NewTenant(), "a").RegisterAsync()).Ok().Json.Object("limits");
        Assert.Equal(
            ["heartbeat_interval_secs", "heartbeat_timeout_secs", "max_batch", "max_change_bytes", "max_request_bytes"], limits.Names());
        Assert.Equal(1_000, limits.Long("max_batch"));
        Assert.Equal(256 * 1_024, limits.Long("max_change_bytes"));
        Assert.Equal(8 * 1_024 * 1_024, limits.Long("max_request_bytes"));
        Assert.Equal((20, 60), (limits.Long("heartbeat_interval_secs"), limits.Long("heartbeat_timeout_secs")));
    }

    [Fact]
    public async Task Registering_again_answers_alike_and_counts_no_second_client()
    {
        var tenant = site.NewTenant();
        var first = (await site.Stranger(tenant, "a").RegisterAsync()).Ok();
        var (counted, events) = (await RegisteredClientsAsync(), site.JournalEvents());
        var again = (await site.Stranger(tenant, "a").RegisterAsync()).Ok();
        Assert.Equal(first.Json.ToJsonString(), again.Json.ToJsonString());
        Assert.Equal(counted, await RegisteredClientsAsync());
        Assert.Equal(events, site.JournalEvents());
    }

    [Fact]
    public async Task Every_client_of_every_tenant_is_counted_in_health()
    {
        var before = await RegisteredClientsAsync();
        var (one, two) = (site.NewTenant(), site.NewTenant());
        await site.DeviceAsync(one, "a");
        await site.DeviceAsync(one, "b");
        await site.DeviceAsync(two, "a");
        Assert.Equal(before + 3, await RegisteredClientsAsync());
    }

    [Fact]
    public async Task New_metadata_are_stored_and_the_same_again_are_not()
    {
        var device = await site.DeviceAsync(site.NewTenant(), "a");
        var metadata = new JsonObject { ["metadata"] = new JsonObject { ["device"] = "tablet", ["os"] = "" } };
        var before = site.JournalEvents();
        (await device.RegisterAsync(metadata)).Ok();
        Assert.Equal(before + 1, site.JournalEvents());
        (await device.RegisterAsync(metadata)).Ok();
        Assert.Equal(before + 1, site.JournalEvents());
    }

    [Theory]
    [InlineData(32, 64, 512, true)]
    [InlineData(33, 2, 1, false)]
    [InlineData(1, 65, 1, false)]
    [InlineData(1, 1, 513, false)]
    [InlineData(1, 0, 1, false)]
    public async Task Metadata_are_bounded(int entries, int nameChars, int valueChars, bool good)
    {
        var metadata = new JsonObject();
        for (var i = 0; i < entries; i++)
        {
            metadata[$"{i:00}".PadRight(nameChars, 'n')[..nameChars]] = new string('v', valueChars);
        }

        var answer = await site.Stranger(site.NewTenant(), "a").RegisterAsync(new() { ["metadata"] = metadata });
        if (good)
        {
            answer.Ok();
        }
        else
        {
            Assert.Equal("metadata", answer.Refused(400, "INVALID_MESSAGE"));
        }
    }

    [Fact]
    public async Task Metadata_and_clock_may_be_left_out()
    {
        var body = Body.Register("a").Without("metadata").Without("vector_clock");
        (await site.Stranger(site.NewTenant(), "a").PostAsync("register", body)).Ok();
    }

    [Fact]
    public async Task Last_known_lsn_is_taken_as_the_position_and_answered()
    {
        var (device, _) = await WithHeadAsync(3);
        var answer = (await device.RegisterAsync(new() { ["last_known_lsn"] = 2 })).Ok();
        Assert.Equal((2, 3), (answer.ServerLsn, answer.HeadLsn));
        Assert.Equal(2, answer.Clock[answer.ServerNode]);
    }

    [Fact]
    public async Task A_last_known_lsn_above_the_head_is_refused()
    {
        var (device, _) = await WithHeadAsync(3);
        (await device.RegisterAsync(new() { ["last_known_lsn"] = 4 })).Refused(409, "LSN_AHEAD_OF_SERVER");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_clock_that_knows_more_than_the_head_is_refused(bool wrapped)
    {
        var (device, node) = await WithHeadAsync(3);
        var clock = Body.Clock((node, 4));
        var answer = await device.RegisterAsync(new() { ["vector_clock"] = wrapped ? new JsonObject { ["clocks"] = clock } : clock });
        answer.Refused(409, "LSN_AHEAD_OF_SERVER");
        (await device.RegisterAsync(new() { ["vector_clock"] = Body.Clock((node, 3)) })).Ok();
    }

    [Fact]
    public async Task Another_journals_node_is_answered_with_resync_and_says_journal()
    {
        var (device, node) = await WithHeadAsync(1);
        var details = (await device.RegisterAsync(new() { ["server_node"] = Body.NewId() })).Refused(410, "RESYNC_REQUIRED");
        Assert.Contains("journal", details, StringComparison.Ordinal);
        (await device.RegisterAsync(new() { ["server_node"] = node })).Ok();
    }

    [Fact]
    public async Task Last_local_lsn_and_the_own_clock_entry_are_the_highest_judged_accepted_or_not()
    {
        var tenant = site.NewTenant();
        var (a, b) = (await site.DeviceAsync(tenant, "a"), await site.DeviceAsync(tenant, "b"));
        (await a.PushAsync(Change.Insert(1, "k"))).Ok();
        var conflict = (await b.PushAsync(Change.Insert(9, "k", "other", new() { ["vector_clock"] = Body.Clock(("b", 5)) }))).Ok();
        Assert.Single(conflict.Conflicts);
        var answer = (await b.RegisterAsync()).Ok();
        Assert.Equal(9, answer.Json.Long("last_local_lsn"));
        Assert.Equal(5, answer.Clock["b"]);
    }

    [Fact]
    public async Task Local_numbers_that_went_back_are_refused_and_a_new_node_is_let_in()
    {
        var device = await site.DeviceAsync(site.NewTenant(), "a");
        (await device.PushAsync(Change.Insert(7, "k"))).Ok();
        (await device.RegisterAsync(new() { ["last_local_lsn"] = 7 })).Ok();
        (await device.RegisterAsync(new() { ["last_local_lsn"] = 6 })).Refused(409, "NODE_REUSED");
        var fresh = (await device.RegisterAsync(new() { ["last_local_lsn"] = 0, ["node_id"] = "a#2" })).Ok();
        Assert.Equal(0, fresh.Json.Long("last_local_lsn"));
    }

    [Fact]
    public async Task Changes_after_a_new_node_bear_its_name()
    {
        var device = await site.DeviceAsync(site.NewTenant(), "a");
        (await device.PushAsync(Change.Insert(1, "k1"))).Ok();
        (await device.RegisterAsync(new() { ["node_id"] = "a#second.life" })).Ok();
        (await device.PushAsync(Change.Insert(1, "k2"))).Ok();
        Assert.Equal(["a", "a#second.life"], (await device.PullAllAsync()).Select(static c => c.Text("author")));
    }

    [Theory]
    [InlineData("b")]
    [InlineData("b#1")]
    [InlineData("ab")]
    [InlineData("a#")]
    [InlineData("a#1#2")]
    [InlineData("#1")]
    [InlineData("clocks")]
    public async Task A_node_that_is_not_the_clients_is_refused(string node)
    {
        var details = (await site.Stranger(site.NewTenant(), "a").RegisterAsync(new() { ["node_id"] = node })).Refused(400,
            "INVALID_MESSAGE");
        Assert.Equal("node_id", details);
    }

    [Fact]
    public async Task A_client_may_not_bear_the_name_of_the_server_node()
    {
        var tenant = site.NewTenant();
        var node = (await site.Stranger(tenant, "a").RegisterAsync()).Ok().ServerNode;
        (await site.Stranger(tenant, node).RegisterAsync()).Refused(400, "INVALID_MESSAGE");
    }

    [Fact]
    public async Task A_client_uses_up_a_thousand_nodes_and_no_more()
    {
        var device = await site.DeviceAsync(site.NewTenant(), "a");
        // So many at once as a tenant may have in hand.
        foreach (var some in Enumerable.Range(1, 999).Chunk(100))
        {
            await Task.WhenAll(some.Select(async n => (await device.RegisterAsync(new() { ["node_id"] = $"a#{n}" })).Ok()));
        }

        (await device.RegisterAsync(new() { ["node_id"] = "a#1000" })).Refused(403, "QUOTA_EXCEEDED");
        (await device.RegisterAsync(new() { ["node_id"] = "a#999" })).Ok();
    }

    private async Task<(Device Device, string ServerNode)> WithHeadAsync(int head)
    {
        var device = site.Stranger(site.NewTenant(), "a");
        var node = (await device.RegisterAsync()).Ok().ServerNode;
        (await device.PushAsync(Change.Inserts(1, head, "k"))).Ok();
        return (device, node);
    }

    private async Task<long> RegisteredClientsAsync() =>
        (await site.Anonymous("x").SendAsync(HttpMethod.Get, "health")).Ok().Json.Long("registered_clients");
}
