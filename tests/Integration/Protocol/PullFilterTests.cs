using System.Text.Json.Nodes;
using HeliosSync.Integration.Protocol.Rig;

namespace HeliosSync.Integration.Protocol;

/// <summary>The filters of a pull (protocol 4.2): <c>tables</c> and <c>exclude_own</c>, and what they say of a position.</summary>
public sealed class PullFilterTests(Site site) : IClassFixture<Site>
{
    [Fact]
    public async Task Only_changes_of_the_named_tables_come()
    {
        var device = await ThreeTablesAsync();
        Assert.Equal([1, 3, 4, 6], Lsns(await device.PullAllAsync(0, Tables("x", "z"))));
        Assert.Equal([2, 5], Lsns(await device.PullAllAsync(0, Tables("y", "y", "unknown"))));
        Assert.Empty(await device.PullAllAsync(0, Tables("X")));
    }

    [Fact]
    public async Task A_filtered_answer_has_a_position_but_no_server_entry_in_its_clock()
    {
        var device = await ThreeTablesAsync();
        var page = (await device.PullAsync(0, Tables("x"))).Ok();
        Assert.Equal((6, 6, false), (page.ServerLsn, page.HeadLsn, page.HasMore));
        Assert.Empty(page.Clock);
        Assert.Equal(6, (await device.PullAsync()).Ok().Clock[page.ServerNode]);
    }

    /// <summary>If it did, the push behind it would answer with a position over changes that the client was never given.</summary>
    [Fact]
    public async Task A_filtered_pull_does_not_touch_the_clients_position()
    {
        var tenant = site.NewTenant();
        var (writer, reader) = (await site.DeviceAsync(tenant, "writer"), await site.DeviceAsync(tenant, "reader"));
        (await writer.PushAsync(Change.Inserts(1, 3, "k"))).Ok();
        (await reader.PullAsync(3, Tables("nothing"))).Ok();
        Assert.Equal(0, (await reader.PushAsync(Change.Insert(1, "mine"))).Ok().ServerLsn);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("[null]")]
    [InlineData("[1]")]
    [InlineData("\"x\"")]
    [InlineData("[\"\"]")]
    [InlineData("[\"a b\"]")]
    public async Task Tables_are_one_to_64_names(string tables)
    {
        var device = await site.DeviceAsync(site.NewTenant(), "a");
        Assert.Equal("tables", (await device.PullAsync(0, new() { ["tables"] = JsonNode.Parse(tables) })).Refused(400, "INVALID_MESSAGE"));
    }

    [Fact]
    public async Task Sixty_five_tables_are_too_many()
    {
        var device = await site.DeviceAsync(site.NewTenant(), "a");
        string[] names = [.. Enumerable.Range(1, 65).Select(static n => $"t{n}")];
        (await device.PullAsync(0, Tables(names[..64]))).Ok();
        (await device.PullAsync(0, Tables(names))).Refused(400, "INVALID_MESSAGE");
    }

    [Fact]
    public async Task Exclude_own_leaves_out_the_current_node_alone()
    {
        var tenant = site.NewTenant();
        var (a, b) = (await site.DeviceAsync(tenant, "a"), await site.DeviceAsync(tenant, "b"));
        (await a.PushAsync(Change.Insert(1, "of a"))).Ok();
        (await b.PushAsync(Change.Insert(1, "of b"))).Ok();
        (await a.RegisterAsync(new() { ["node_id"] = "a#2" })).Ok();
        (await a.PushAsync(Change.Insert(1, "of a#2"))).Ok();
        var page = (await a.PullAsync(0, new() { ["exclude_own"] = true })).Ok();
        Assert.Equal(["of a", "of b"], page.Changes.Select(static c => c.KeyText()));
        Assert.Equal(3, page.ServerLsn);
    }

    [Fact]
    public async Task Both_filters_together_leave_what_passes_both()
    {
        var tenant = site.NewTenant();
        var (a, b) = (await site.DeviceAsync(tenant, "a"), await site.DeviceAsync(tenant, "b"));
        (await a.PushAsync(InTable(1, "x"), InTable(2, "y"))).Ok();
        (await b.PushAsync(InTable(1, "x", "row of b"), InTable(2, "y", "row of b"))).Ok();
        Assert.Equal([3], Lsns(await a.PullAllAsync(0, new JsonObject { ["exclude_own"] = true }.With(Tables("x")))));
    }

    /// <summary>A scan is bounded: a page may come empty, and still its position moves on and the end is reached.</summary>
    [Fact]
    public async Task A_filter_that_passes_over_much_reaches_the_end_by_its_tokens()
    {
        var device = await site.DeviceAsync(site.NewTenant(), "a");
        for (var push = 0; push < 4; push++)
        {
            (await device.PushAsync([.. Enumerable.Range(1 + push * 16, 16).Select(static n => Change.Large(n, $"k{n}", 250_000))])).Ok();
        }

        (await device.PushAsync(InTable(100, "rare"))).Ok();
        var pages = new List<Answer>();
        string? token = null;
        do
        {
            pages.Add((await device.PullAsync(0, Tables("rare").With(new() { ["continuation_token"] = token }))).Ok());
            token = pages[^1].Token;
            Assert.True(pages.Count < 20, "The tokens lead nowhere.");
        }
        while (token is not null);
        Assert.Equal(65, Assert.Single(pages.SelectMany(static p => p.Changes)).Long("lsn"));
        Assert.Contains(pages, static p => p.Changes.Length == 0 && p.HasMore);
        Assert.Equal(pages.Select(static p => p.ServerLsn).Order(), pages.Select(static p => p.ServerLsn));
        Assert.Equal(65, pages[^1].ServerLsn);
    }

    private static JsonObject Tables(params string[] names) => new() { ["tables"] = Body.Array(names) };

    private static JsonObject InTable(long lsn, string table, string key = "row") => Change.Insert(lsn, key, "data",
        new() { ["table"] = table });

    private static IEnumerable<long> Lsns(IEnumerable<JsonObject> changes) => changes.Select(static c => c.Long("lsn"));

    private async Task<Device> ThreeTablesAsync()
    {
        var device = await site.DeviceAsync(site.NewTenant(), "a");
        (await device.PushAsync(
            InTable(1, "x"), InTable(2, "y"), InTable(3, "z"), InTable(4, "x", "2"), InTable(5, "y", "2"), InTable(6, "z", "2"))).Ok();
        return device;
    }
}
