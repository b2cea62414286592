using System.Text.Json.Nodes;
using HeliosSync.Integration.Protocol.Rig;

namespace HeliosSync.Integration.Protocol;

/// <summary><c>POST /pull</c> (protocol 4.2): pages and what stands in them.</summary>
public sealed class PullTests(Site site) : IClassFixture<Site>
{
    [Fact]
    public async Task The_answer_and_its_changes_have_the_fields_of_the_protocol_and_no_others()
    {
        var device = await FilledAsync(1);
        var id = Body.NewId();
        var page = (await device.PullAsync(0, new() { ["message_id"] = id })).Ok();
        Assert.Equal(
            ["changes", "continuation_token", "has_more", "head_lsn", "request_id", "server_lsn", "server_node", "type", "vector_clock"],
            page.Json.Names());
        Assert.Equal(("pull_response", id), (page.Json.Text("type"), page.Json.Text("request_id")));
        Assert.Equal(
            [
                "author", "author_lsn", "checksum", "compressed", "data", "key", "lsn", "operation", "table", "timestamp", "vector_clock",
            ],
            page.Changes.Single().Names());
    }

    [Fact]
    public async Task A_pulled_change_is_the_pushed_one_with_its_author_and_its_number()
    {
        var tenant = site.NewTenant();
        var (author, reader) = (await site.DeviceAsync(tenant, "author"), await site.DeviceAsync(tenant, "reader"));
        var pushed = Change.Update(41, "k\u00e4y", "d\u0000ta", new()
        {
            ["table"] = "a.b:c$d-E_1",
            ["timestamp"] = "2024-02-29T23:59:59.123456789+05:30"
        });
        (await author.PushAsync(pushed)).Ok();
        var pulled = Assert.Single(await reader.PullAllAsync());
        Assert.Equal((1, "a.b:c$d-E_1", "Update"), (pulled.Long("lsn"), pulled.Text("table"), pulled.Text("operation")));
        Assert.Equal(pushed.Bytes("key"), pulled.Bytes("key"));
        Assert.Equal(pushed.Bytes("data"), pulled.Bytes("data"));
        Assert.Equal(pushed.Long("checksum"), pulled.Long("checksum"));
        Assert.Equal(("author", 41), (pulled.Text("author"), pulled.Long("author_lsn")));

        // Kept as UTC and to the microsecond (protocol 5.1).
        Assert.Equal("2024-02-29T18:29:59.123456Z", pulled.Text("timestamp"));
    }

    [Theory]
    [InlineData(1, 10)]
    [InlineData(3, 4)]
    [InlineData(10, 1)]
    [InlineData(11, 1)]
    public async Task Pages_of_any_size_join_to_all_changes_in_order(int maxEntries, int pages)
    {
        var device = await FilledAsync(10);
        var sizes = new List<int>();
        var lsns = new List<long>();
        string? token = null;
        do
        {
            var page = (await device.PullAsync(0, new() { ["max_entries"] = maxEntries, ["continuation_token"] = token })).Ok();
            sizes.Add(page.Changes.Length);
            lsns.AddRange(page.Changes.Select(static c => c.Long("lsn")));
            Assert.Equal(lsns[^1], page.ServerLsn);
            Assert.Equal(lsns.Count < 10, page.HasMore);
            Assert.Equal(page.HasMore, page.Token is not null);
            token = page.Token;
        }
        while (token is not null);
        Assert.Equal(pages, sizes.Count);
        Assert.All(sizes.SkipLast(1), size => Assert.Equal(maxEntries, size));
        Assert.Equal(Enumerable.Range(1, 10).Select(static n => (long)n), lsns);
    }

    [Fact]
    public async Task Only_changes_above_since_lsn_come()
    {
        var device = await FilledAsync(5);
        Assert.Equal([4, 5], (await device.PullAsync(3)).Ok().Changes.Select(static c => c.Long("lsn")));
        var end = (await device.PullAsync(5)).Ok();
        Assert.Empty(end.Changes);
        Assert.Equal((5, 5, false), (end.ServerLsn, end.HeadLsn, end.HasMore));
    }

    [Fact]
    public async Task A_since_lsn_above_the_head_is_refused()
    {
        var device = await FilledAsync(5);
        (await device.PullAsync(6)).Refused(409, "LSN_AHEAD_OF_SERVER");
    }

    [Fact]
    public async Task A_page_has_at_most_a_thousand_entries_whatever_was_asked_for()
    {
        var device = await site.DeviceAsync(site.NewTenant(), "a");
        (await device.PushAsync(Change.Inserts(1, 1_000, "x"))).Ok();
        (await device.PushAsync(Change.Inserts(1_001, 1, "y"))).Ok();
        var clamped = (await device.PullAsync(0, new() { ["max_entries"] = 5_000 })).Ok();
        Assert.Equal((1_000, true), (clamped.Changes.Length, clamped.HasMore));
        var silent = (await device.PostAsync("pull", Body.Pull("a", 0).Without("max_entries"))).Ok();
        Assert.Equal((1_000, true), (silent.Changes.Length, silent.HasMore));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task No_entries_and_fewer_are_an_error(int maxEntries)
    {
        var device = await FilledAsync(1);
        Assert.Equal("max_entries", (await device.PullAsync(0, new() { ["max_entries"] = maxEntries })).Refused(400, "INVALID_MESSAGE"));
    }

    [Fact]
    public async Task A_page_ends_at_about_one_mebibyte_and_holds_at_least_one_entry()
    {
        var device = await site.DeviceAsync(site.NewTenant(), "a");
        (await device.PushAsync([.. Enumerable.Range(1, 9).Select(static n => Change.Large(n, $"k{n}", 250_000))])).Ok();
        var sizes = new List<int>();
        Answer page;
        var since = 0L;
        do
        {
            page = (await device.PullAsync(since, new() { ["encoding"] = "base64" })).Ok();
            sizes.Add(page.Changes.Length);
            since = page.ServerLsn;
        }
        while (page.HasMore);
        Assert.Equal(9, sizes.Sum());
        Assert.All(sizes.SkipLast(1), static size => Assert.InRange(size, 4, 5));
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("bytes", false)]
    [InlineData("base64", true)]
    public async Task Keys_and_data_come_in_the_encoding_that_was_asked_for(string? encoding, bool base64)
    {
        var device = await FilledAsync(1);
        var page = (await device.PullAsync(0, encoding is null ? null : new() { ["encoding"] = encoding })).Ok();
        var change = page.Changes.Single();
        Assert.Equal(base64, change["key"] is JsonValue);
        Assert.Equal(base64, change["data"] is JsonValue);
        Assert.Equal(("row-0", "row-0"), (change.KeyText(), change.DataText()));
    }

    [Fact]
    public async Task An_unknown_encoding_is_an_error()
    {
        var device = await FilledAsync(1);
        Assert.Equal("encoding", (await device.PullAsync(0, new() { ["encoding"] = "hex" })).Refused(400, "INVALID_MESSAGE"));
    }

    [Fact]
    public async Task Another_journals_node_is_answered_with_resync()
    {
        var device = await FilledAsync(1);
        var node = (await device.PullAsync()).Ok().ServerNode;
        (await device.PullAsync(0, new() { ["server_node"] = node })).Ok();
        var details = (await device.PullAsync(0, new() { ["server_node"] = Body.NewId() })).Refused(410, "RESYNC_REQUIRED");
        Assert.Contains("journal", details, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fields_that_the_server_does_not_know_are_ignored()
    {
        var device = await FilledAsync(1);
        var more = new JsonObject { ["later"] = new JsonObject { ["a"] = new JsonArray(1, null, "x") }, ["wait_ms"] = 0 };
        Assert.Single((await device.PullAsync(0, more)).Ok().Changes);
    }

    private async Task<Device> FilledAsync(int changes)
    {
        var device = await site.DeviceAsync(site.NewTenant(), "a");
        (await device.PushAsync(Change.Inserts(1, changes, "row"))).Ok();
        return device;
    }
}
