using System.Text.Json.Nodes;
using HeliosSync.Integration.Protocol.Rig;

namespace HeliosSync.Integration.Protocol;

/// <summary>Registrations without a token (protocol 4.1): held, and claimed by the first token of that client.</summary>
public sealed class AnonymousRegisterTests(Site site) : IClassFixture<Site>
{
    [Fact]
    public async Task It_is_answered_without_a_journal_and_stores_nothing()
    {
        var before = site.JournalEvents();
        var answer = (await site.Anonymous("held-1").RegisterAsync()).Ok();
        Assert.Null(answer.Json["server_node"]);
        Assert.True(answer.Json.ContainsKey("server_node"));
        Assert.Equal((0, 0), (answer.ServerLsn, answer.HeadLsn));
        Assert.Empty(answer.Clock);
        Assert.Equal(before, site.JournalEvents());
    }

    [Theory]
    [InlineData("pull")]
    [InlineData("push")]
    [InlineData("heartbeat")]
    public async Task The_first_request_with_a_token_claims_it(string first)
    {
        var (tenant, client) = (site.NewTenant(), $"held-{first}");
        (await site.Anonymous(client).RegisterAsync()).Ok();
        var device = site.Stranger(tenant, client);
        var answer = first switch
        {
            "pull" => await device.PullAsync(),
            "push" => await device.PushAsync(Change.Insert(1, "k")),
            _ => await device.HeartbeatAsync(),
        };
        answer.Ok();
    }

    [Fact]
    public async Task Only_one_tenant_gets_it()
    {
        (await site.Anonymous("held-2").RegisterAsync()).Ok();
        (await site.Stranger(site.NewTenant(), "held-2").PullAsync()).Ok();
        (await site.Stranger(site.NewTenant(), "held-2").PullAsync()).Refused(400, "CLIENT_NOT_REGISTERED");
    }

    [Fact]
    public async Task It_takes_over_neither_position_nor_node()
    {
        var tenant = site.NewTenant();
        var other = await site.DeviceAsync(tenant, "other");
        (await other.PushAsync(Change.Inserts(1, 3, "k"))).Ok();
        (await site.Anonymous("held-3").RegisterAsync(new() { ["last_known_lsn"] = 3, ["node_id"] = "held-3#x" })).Ok();
        var device = site.Stranger(tenant, "held-3");
        var pushed = (await device.PushAsync(Change.Insert(1, "mine"))).Ok();
        Assert.Equal(0, pushed.ServerLsn);
        Assert.Equal("held-3", (await device.PullAllAsync(3)).Single().Text("author"));
    }

    [Fact]
    public async Task It_changes_nothing_for_a_client_that_is_registered()
    {
        var device = await site.DeviceAsync(site.NewTenant(), "held-4");
        (await device.RegisterAsync(new() { ["node_id"] = "held-4#2", ["metadata"] = new JsonObject { ["kept"] = "yes" } })).Ok();
        (await device.PushAsync(Change.Insert(1, "k"))).Ok();
        var before = site.JournalEvents();
        (await site.Anonymous("held-4").RegisterAsync(new() { ["metadata"] = new JsonObject { ["forged"] = "yes" } })).Ok();
        (await device.PullAsync()).Ok();
        Assert.Equal(before, site.JournalEvents());
        (await device.PushAsync(Change.Insert(2, "k2"))).Ok();
        Assert.Equal("held-4#2", (await device.PullAllAsync(1)).Single().Text("author"));
    }

    [Fact]
    public async Task It_is_refused_where_it_is_switched_off()
    {
        var closed = new Site(new() { ["ALLOW_ANONYMOUS_REGISTRATION"] = "false" });
        await closed.InitializeAsync();
        try
        {
            (await closed.Anonymous("a").RegisterAsync()).Refused(401, "UNAUTHORIZED");
        }
        finally
        {
            await closed.DisposeAsync();
        }
    }
}
