using System.Text.Json.Nodes;
using HeliosSync.Integration.Protocol.Rig;

namespace HeliosSync.Integration.Protocol;

/// <summary>Continuation tokens (protocol 4.2): what they are good for, and that they are good for nothing else.</summary>
public sealed class ContinuationTokenTests(Site site) : IClassFixture<Site>
{
    [Fact]
    public async Task Following_them_ends_at_the_head_of_the_first_page_while_others_push()
    {
        var tenant = site.NewTenant();
        var (reader, writer) = (await site.DeviceAsync(tenant, "reader"), await site.DeviceAsync(tenant, "writer"));
        (await writer.PushAsync(Change.Inserts(1, 10, "old"))).Ok();
        var keys = new List<string>();
        string? token = null;
        var pages = 0;
        do
        {
            var page = (await reader.PullAsync(0, new() { ["max_entries"] = 2, ["continuation_token"] = token })).Ok();
            keys.AddRange(page.Changes.Select(static c => c.KeyText()));
            Assert.True(page.ServerLsn <= 10);
            Assert.Equal(10 + pages, page.HeadLsn);
            token = page.Token;
            (await writer.PushAsync(Change.Insert(100 + pages++, $"new-{pages}"))).Ok();
        }
        while (token is not null);
        Assert.Equal(5, pages);
        Assert.Equal(10, keys.Count);
        Assert.All(keys, static key => Assert.StartsWith("old", key, StringComparison.Ordinal));
        Assert.Equal(5, (await reader.PullAllAsync(10)).Count);
    }

    [Fact]
    public async Task It_may_be_used_again_and_with_another_page_size_or_encoding()
    {
        var (device, token) = await FirstPageAsync();
        foreach (var more in new JsonObject[] { [], new() { ["max_entries"] = 1 }, new() { ["encoding"] = "base64" } })
        {
            var page = (await device.PullAsync(1, more.With(new() { ["max_entries"] = 2, ["continuation_token"] = token }))).Ok();
            Assert.Equal([4, 5], page.Changes.Select(static c => c.Long("lsn")));
        }
    }

    [Theory]
    [InlineData("""{"since_lsn":0}""")]
    [InlineData("""{"tables":["tasks"]}""")]
    [InlineData("""{"exclude_own":true}""")]
    public async Task It_is_good_for_no_other_pull(string other)
    {
        var (device, token) = await FirstPageAsync();
        var pull = new JsonObject { ["continuation_token"] = token }.With(JsonNode.Parse(other)!.AsObject());
        (await device.PullAsync(1, pull)).Refused(400, "INVALID_CONTINUATION_TOKEN");
    }

    [Fact]
    public async Task It_is_good_for_no_other_filter_than_its_own()
    {
        var (device, _) = await FirstPageAsync();
        var filter = new JsonObject { ["tables"] = Body.Array("tasks", "other"), ["max_entries"] = 2 };
        var next = new JsonObject { ["continuation_token"] = (await device.PullAsync(1, filter)).Ok().Token };
        (await device.PullAsync(1, next.With(new() { ["tables"] = Body.Array("other", "tasks") }))).Ok();
        (await device.PullAsync(1, next.With(new() { ["tables"] = Body.Array("tasks") }))).Refused(400, "INVALID_CONTINUATION_TOKEN");
        (await device.PullAsync(1, next.Without("tables"))).Refused(400, "INVALID_CONTINUATION_TOKEN");
    }

    [Fact]
    public async Task It_is_good_for_no_other_client_and_no_other_tenant()
    {
        var (one, two) = (site.NewTenant(), site.NewTenant());
        var tokens = new Dictionary<string, string>();
        foreach (var (tenant, client) in new[] { (one, "a"), (one, "b"), (two, "a") })
        {
            var device = await site.DeviceAsync(tenant, client);
            (await device.PushAsync(Change.Inserts(1, 5, client))).Ok();
            tokens[tenant + client] = (await device.PullAsync(0, new() { ["max_entries"] = 2 })).Ok().Token!;
        }

        var (mine, others) = (site.Stranger(one, "a"), tokens.Where(t => t.Key != one + "a"));
        (await mine.PullAsync(0, new() { ["continuation_token"] = tokens[one + "a"] })).Ok();
        foreach (var (_, token) in others)
        {
            (await mine.PullAsync(0, new() { ["continuation_token"] = token })).Refused(400, "INVALID_CONTINUATION_TOKEN");
        }
    }

    [Fact]
    public async Task Not_one_of_its_bits_can_be_flipped()
    {
        var (device, token) = await FirstPageAsync();
        for (var bit = 0; bit < token.Length * 8; bit++)
        {
            var flipped = token.ToCharArray();
            flipped[bit / 8] ^= (char)(1 << (bit % 8));
            (await device.PullAsync(1, new() { ["continuation_token"] = new string(flipped) })).Refused(400, "INVALID_CONTINUATION_TOKEN");
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task What_the_server_did_not_make_is_refused(string token)
    {
        var (device, good) = await FirstPageAsync();
        (await device.PullAsync(1, new() { ["continuation_token"] = token })).Refused(400, "INVALID_CONTINUATION_TOKEN");
        (await device.PullAsync(1, new() { ["continuation_token"] = good[..^1] })).Refused(400, "INVALID_CONTINUATION_TOKEN");
        (await device.PullAsync(1, new() { ["continuation_token"] = good + "A" })).Refused(400, "INVALID_CONTINUATION_TOKEN");
        (await device.PullAsync(1, new() { ["continuation_token"] = new string('A', 100_000) })).Refused(400, "INVALID_CONTINUATION_TOKEN");
    }

    /// <summary>Five changes, of which a pull since 1 with two entries has given the second and third.</summary>
    private async Task<(Device Device, string Token)> FirstPageAsync()
    {
        var device = await site.DeviceAsync(site.NewTenant(), "a");
        (await device.PushAsync(Change.Inserts(1, 5, "row"))).Ok();
        var page = (await device.PullAsync(1, new() { ["max_entries"] = 2 })).Ok();
        Assert.Equal(3, page.ServerLsn);
        return (device, page.Token!);
    }
}
