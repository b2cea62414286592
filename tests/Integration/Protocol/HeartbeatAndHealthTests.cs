using HeliosSync.Integration.Protocol.Rig;

namespace HeliosSync.Integration.Protocol;

/// <summary><c>POST /heartbeat</c> (protocol 4.4) and <c>GET /health</c> with its two below it (4.6).</summary>
public sealed class HeartbeatAndHealthTests(Site site) : IClassFixture<Site>
{
    [Fact]
    public async Task A_heartbeat_has_the_fields_of_the_protocol_and_the_servers_time()
    {
        var device = await site.DeviceAsync(site.NewTenant(), "a");
        (await device.PushAsync(Change.Inserts(1, 3, "k"))).Ok();
        var answer = (await device.HeartbeatAsync(1)).Ok();
        Assert.Equal(["head_lsn", "success", "timestamp"], answer.Json.Names());
        Assert.True(answer.Json.Flag("success"));
        Assert.Equal(3, answer.HeadLsn);
        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        Assert.InRange(answer.Json.Long("timestamp"), now - 60_000, now + 60_000);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 3)]
    [InlineData(100, 3)]
    public async Task A_heartbeat_sets_the_position_capped_at_the_head(long currentLsn, long serverLsn)
    {
        var tenant = site.NewTenant();
        var (writer, device) = (await site.DeviceAsync(tenant, "writer"), await site.DeviceAsync(tenant, "a"));
        (await writer.PushAsync(Change.Inserts(1, 2, "k"))).Ok();
        (await device.HeartbeatAsync(currentLsn)).Ok();

        // A push that follows the position directly is answered with its own number, any other with the position.
        Assert.Equal(serverLsn, (await device.PushAsync(Change.Insert(1, "mine"))).Ok().ServerLsn);
    }

    [Fact]
    public async Task A_heartbeat_stores_nothing()
    {
        var device = await site.DeviceAsync(site.NewTenant(), "a");
        var before = site.JournalEvents();
        (await device.HeartbeatAsync(5)).Ok();
        Assert.Equal(before, site.JournalEvents());
    }

    [Theory]
    [InlineData("health")]
    [InlineData("health/live")]
    [InlineData("health/ready")]
    public async Task Health_needs_no_token_and_minds_no_bad_one(string endpoint)
    {
        (await site.Anonymous("x").SendAsync(HttpMethod.Get, endpoint)).Ok();
        var bad = site.Anonymous("x").WithToken("not.a.token");
        Assert.Equal("healthy", (await bad.SendAsync(HttpMethod.Get, endpoint)).Ok().Json.Text("status"));
    }

    [Fact]
    public async Task A_server_that_may_lose_acknowledged_changes_says_so_in_its_health_and_its_log()
    {
        await using var server = await TestServer.StartAsync(new() { ["HeliosSync:UnsafeSynchronousOff"] = "true" });
        var health = await server.Http.GetStringAsync(new Uri("health", UriKind.Relative));
        Assert.EndsWith(""","unsafe_synchronous_off":true}""", health, StringComparison.Ordinal);
        Assert.Contains(server.Log.Lines, static line => line.Contains("UnsafeSynchronousOff is on", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_count_of_registered_clients_survives_a_restart()
    {
        var own = new Site();
        await own.InitializeAsync();
        try
        {
            for (var n = 1; n <= 5; n++)
            {
                await own.DeviceAsync($"t{n % 2}", $"c{n}");
            }

            (await own.Anonymous("held").RegisterAsync()).Ok();
            await own.RestartAsync();
            Assert.Equal(5, (await own.Anonymous("x").SendAsync(HttpMethod.Get, "health")).Ok().Json.Long("registered_clients"));
        }
        finally
        {
            await own.DisposeAsync();
        }
    }
}
