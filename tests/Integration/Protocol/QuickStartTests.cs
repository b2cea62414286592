using System.Text.Json.Nodes;
using HeliosSync.Integration.Protocol.Rig;

namespace HeliosSync.Integration.Protocol;

/// <summary>
/// The quick start of HeliosDB Nano, its bodies word for word. Only the checksum of its push is put right (protocol 5.2).
/// </summary>
public sealed class QuickStartTests(Site site) : IClassFixture<Site>
{
    private const string Client = "my-client-123";

    private const string Register =
        """
        {
        "type": "register_client",
        "version": 1,
        "client_id": "my-client-123",
        "last_known_lsn": 0,
        "vector_clock": {},
        "metadata": {"device": "mobile"}
        }
        """;

    private const string Pull =
        """
        {
        "type": "pull_request",
        "message_id": "550e8400-e29b-41d4-a716-446655440000",
        "client_id": "my-client-123",
        "since_lsn": 0,
        "max_entries": 100,
        "continuation_token": null
        }
        """;

    private const string Push =
        """
        {
        "type": "push_changes",
        "message_id": "660e8400-e29b-41d4-a716-446655440001",
        "client_id": "my-client-123",
        "changes": [{
        "lsn": 1,
        "table": "tasks",
        "operation": "Insert",
        "key": [1, 2, 3],
        "data": [10, 20, 30],
        "vector_clock": {},
        "timestamp": "2025-11-24T10:30:00Z",
        "checksum": 987654321,
        "compressed": false
        }],
        "vector_clock": {}
        }
        """;

    private const string Heartbeat =
        """
        {
        "type": "heartbeat",
        "client_id": "my-client-123",
        "timestamp": 1700000000000,
        "current_lsn": 10
        }
        """;

    private static readonly string RightPush = Push.Replace("987654321", "3420316008", StringComparison.Ordinal);

    [Fact]
    public async Task Every_step_of_it_works_in_its_order_without_a_token_at_the_registration()
    {
        var device = site.Stranger(site.NewTenant(), Client);
        (await site.Anonymous(Client).PostAsync("register", Register)).Ok();

        var empty = (await device.PostAsync("pull", Pull)).Ok();
        Assert.Empty(empty.Changes);
        Assert.False(empty.HasMore);

        var pushed = (await device.PostAsync("push", RightPush)).Ok();
        Assert.Equal([1], pushed.Accepted);
        Assert.Empty(pushed.Conflicts);
        Assert.Equal("660e8400-e29b-41d4-a716-446655440001", pushed.Json.Text("request_id"));

        var change = Assert.Single((await device.PostAsync("pull", Pull)).Ok().Changes);
        Assert.Equal([1, 2, 3], change.Bytes("key"));
        Assert.Equal([10, 20, 30], change.Bytes("data"));
        Assert.Equal(3_420_316_008, change.Long("checksum"));
        Assert.Equal("Insert", change.Text("operation"));
        Assert.Equal("tasks", change.Text("table"));
        Assert.Equal("2025-11-24T10:30:00Z", change.Text("timestamp"));
        Assert.False(change.Flag("compressed"));

        // The heartbeat says that it has reached 10, and the head is 1: a heartbeat is capped, never refused.
        var beat = (await device.PostAsync("heartbeat", Heartbeat)).Ok();
        Assert.True(beat.Json.Flag("success"));
        Assert.Equal(1, beat.HeadLsn);
    }

    [Fact]
    public async Task Its_push_as_it_stands_is_refused_for_its_checksum_and_stores_nothing()
    {
        var device = await site.DeviceAsync(site.NewTenant(), Client);
        var details = (await device.PostAsync("push", Push)).Refused(400, "CHECKSUM_MISMATCH");
        Assert.Contains("lsn 1", details, StringComparison.Ordinal);
        Assert.Contains("expected 3420316008", details, StringComparison.Ordinal);
        Assert.Contains("received 987654321", details, StringComparison.Ordinal);
        Assert.Empty(await device.PullAllAsync());
    }

    [Fact]
    public async Task Its_push_sent_again_is_answered_alike_and_stored_once()
    {
        var device = await site.DeviceAsync(site.NewTenant(), Client);
        var first = (await device.PostAsync("push", RightPush)).Ok();
        var again = (await device.PostAsync("push", RightPush)).Ok();
        Assert.Equal(first.Json.ToJsonString(), again.Json.ToJsonString());
        Assert.Single(await device.PullAllAsync());
    }

    /// <summary>The loop of the quick start's "Handle Pagination": <c>since_lsn</c> stays 0, only the token moves on.</summary>
    [Fact]
    public async Task Its_pagination_loop_gathers_every_change_once()
    {
        var device = await site.DeviceAsync(site.NewTenant(), Client);
        (await device.PushAsync(Change.Inserts(1, 257, "row"))).Ok();

        string? continuationToken = null;
        var allChanges = new List<JsonObject>();
        var pages = 0;
        while (true)
        {
            var pullRequest = new JsonObject
            {
                ["type"] = "pull_request",
                ["message_id"] = Body.NewId(),
                ["client_id"] = Client,
                ["since_lsn"] = 0,
                ["max_entries"] = 100,
                ["continuation_token"] = continuationToken,
            };
            var response = (await device.PostAsync("pull", pullRequest)).Ok();
            allChanges.AddRange(response.Changes);
            pages++;
            if (!response.HasMore)
            {
                break;
            }

            continuationToken = response.Token;
        }

        Assert.Equal(3, pages);
        Assert.Equal(Enumerable.Range(1, 257).Select(static n => (long)n), allChanges.Select(static c => c.Long("lsn")));
    }

    [Fact]
    public async Task Its_health_check_has_the_five_fields_that_it_shows()
    {
        var answer = (await site.Anonymous(Client).SendAsync(HttpMethod.Get, "health")).Ok();
        Assert.Equal(["registered_clients", "status", "timestamp", "uptime_secs", "version"], answer.Json.Names());
        Assert.Equal("healthy", answer.Json.Text("status"));
        Assert.Equal(1, answer.Json.Long("version"));
        Assert.True(answer.Json.Long("uptime_secs") >= 0);
        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        Assert.InRange(answer.Json.Long("timestamp"), now - 60_000, now + 60_000);
    }

    /// <summary>Its "Troubleshooting": a client that has not registered is told so, with a 400.</summary>
    [Theory]
    [InlineData("pull", Pull)]
    [InlineData("heartbeat", Heartbeat)]
    public async Task Without_a_registration_its_other_calls_are_refused(string endpoint, string body) =>
        (await site.Stranger(site.NewTenant(), Client).PostAsync(endpoint, body)).Refused(400, "CLIENT_NOT_REGISTERED");

    [Fact]
    public async Task Without_a_registration_its_push_is_refused() =>
        (await site.Stranger(site.NewTenant(), Client).PostAsync("push", RightPush)).Refused(400, "CLIENT_NOT_REGISTERED");
}
