using System.Text.Json.Nodes;
using HeliosSync.Integration.Protocol.Rig;

namespace HeliosSync.Integration.Protocol;

/// <summary><c>POST /compact</c> (docs/protocol.md 6.8), on a server that keeps no history.</summary>
public sealed class CompactTests(CompactTests.Forgetful own) : IClassFixture<CompactTests.Forgetful>
{
    private const string AdminScope = "sync:admin";

    public sealed class Forgetful : IAsyncLifetime
    {
        public Site Site { get; } = new(new Dictionary<string, string?> { ["HeliosSync:HistoryDays"] = "0" });

        public Task InitializeAsync() => Site.InitializeAsync();

        public Task DisposeAsync() => Site.DisposeAsync();
    }

    private readonly Site _site = own.Site;

    [Fact]
    public async Task It_says_what_would_go_and_then_does_it()
    {
        var tenant = _site.NewTenant();
        var (a, b) = (await _site.DeviceAsync(tenant, "a"), await _site.DeviceAsync(tenant, "b"));
        for (var i = 1; i <= 5; i++)
        {
            (await a.PushAsync(Change.Insert(i, "k", $"value {i}"))).Ok();
        }

        (await a.PushAsync(Change.Insert(6, "other", "x"))).Ok();
        (await a.HeartbeatAsync(6)).Ok();
        var dry = (await CompactAsync(tenant, dryRun: true)).Ok().Json;
        Assert.Equal(
            ["bytes", "bytes_removed", "changes", "changes_removed", "dry_run", "events", "events_removed", "events_rewritten",
                "has_more_lagging_clients", "head_lsn", "horizon_lsn", "lagging_clients", "success", "tables"],
            dry.Names());
        Assert.Equal((5, 6, 5, 4), (dry.Long("horizon_lsn"), dry.Long("head_lsn"), dry.Long("changes"), dry.Long("changes_removed")));
        var table = Assert.Single(dry.Objects("tables"));
        Assert.Equal(["bytes_removed", "changes", "changes_removed", "table"], table.Names());
        Assert.Equal((5, 4), (table.Long("changes"), table.Long("changes_removed")));
        Assert.Equal(["b"], dry.Objects("lagging_clients").Select(c => c.Text("client_id")));
        Assert.Equal(6, (await b.PullAllAsync()).Count);

        var done = (await CompactAsync(tenant, dryRun: false)).Ok().Json;
        Assert.Equal(dry.Long("changes_removed"), done.Long("changes_removed"));
        Assert.False(done["dry_run"]!.GetValue<bool>());
        await _site.RestartAsync();
        Assert.Equal([5L, 6L], (await _site.Stranger(tenant, "b").PullAllAsync()).Select(c => c.Long("lsn")));
        (await _site.Stranger(tenant, "b").PullAsync(3)).Ok();
        Assert.Equal(0, (await CompactAsync(tenant, dryRun: true)).Ok().Json.Long("changes_removed"));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"dry_run":null}""")]
    [InlineData("""{"dry_run":"true"}""")]
    [InlineData("""{"dry_run":1}""")]
    [InlineData("""{"dry_run":true,"dry_run":true}""")]
    [InlineData("[]")]
    public async Task What_is_not_said_clearly_is_not_done(string body) =>
        (await Admin(_site.NewTenant()).PostAsync("compact", body)).Refused(400, "INVALID_MESSAGE");

    [Fact]
    public async Task It_is_for_administrators_and_for_their_own_tenant_alone()
    {
        var tenant = _site.NewTenant();
        var device = await _site.DeviceAsync(tenant, "a");
        (await device.PostAsync("compact", """{"dry_run":true}""")).Refused(403, "INSUFFICIENT_SCOPE");
        (await device.WithToken(null).PostAsync("compact", """{"dry_run":true}""")).Refused(401, "UNAUTHORIZED");
        (await Admin(tenant).SendAsync(HttpMethod.Get, "compact")).Refused(405, "METHOD_NOT_ALLOWED");
        Assert.Equal(0, (await CompactAsync(_site.NewTenant(), dryRun: false)).Ok().Json.Long("events"));
    }

    private Device Admin(string tenant) => _site.Stranger(tenant, "ops").WithToken(_site.Token(tenant, "ops", AdminScope));

    private Task<Answer> CompactAsync(string tenant, bool dryRun) =>
        Admin(tenant).PostAsync("compact", new JsonObject { ["dry_run"] = dryRun });
}
