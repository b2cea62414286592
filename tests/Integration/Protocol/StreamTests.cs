using System.Text.Json.Nodes;
using HeliosSync.Integration.Protocol.Rig;

namespace HeliosSync.Integration.Protocol;

/// <summary>Live streams (protocol 4.5).</summary>
public sealed class StreamTests(Site site) : IClassFixture<Site>
{
    [Fact]
    public async Task A_push_of_one_client_is_an_event_on_anothers_stream()
    {
        var (writer, reader) = await PairAsync();
        (await writer.PushAsync(Change.Insert(1, "before"))).Ok();
        using var stream = await reader.StreamAsync();
        var first = await stream.NextAsync();
        Assert.Equal((null, "1", null), (first!.Name, first.Id, first.Retry));
        (await writer.PushAsync(Change.Insert(2, "a"), Change.Insert(3, "b"))).Ok();
        var next = await stream.NextAsync();
        Assert.Equal("3", next!.Id);
        Assert.Equal(["a", "b"], next.Changes.Select(static c => c.KeyText()));

        var page = (await reader.PullAsync(1)).Ok().Json;
        page["request_id"] = Guid.Empty.ToString();
        Assert.Equal(page.ToJsonString(), next.Data.ToJsonString());
    }

    [Fact]
    public async Task Its_headers_keep_proxies_and_caches_from_holding_it_back()
    {
        var (_, reader) = await PairAsync();
        using var stream = await reader.StreamAsync();
        Assert.Equal("no-store", Assert.Single(stream.Response.Headers.GetValues("Cache-Control")));
        Assert.Equal("no", Assert.Single(stream.Response.Headers.GetValues("X-Accel-Buffering")));
        Assert.NotEmpty(Assert.Single(stream.Response.Headers.GetValues("X-Request-ID")));
        Assert.Empty(stream.Response.Content.Headers.ContentEncoding);
    }

    [Fact]
    public async Task The_last_event_id_resumes_it_and_beats_since_lsn()
    {
        var (writer, reader) = await PairAsync();
        (await writer.PushAsync(Change.Inserts(1, 5, "k"))).Ok();
        using var stream = await reader.StreamAsync("?since_lsn=0", lastEventId: "3");
        Assert.Equal(["k-3", "k-4"], await stream.KeysAsync(2));
        using var other = await writer.StreamAsync("", lastEventId: "4");
        Assert.Equal(["k-4"], await other.KeysAsync(1));
        using var empty = await writer.StreamAsync("?since_lsn=2", lastEventId: "");
        Assert.Equal(["k-2", "k-3", "k-4"], await empty.KeysAsync(3));
    }

    [Fact]
    public async Task Filters_and_forms_are_those_of_a_pull()
    {
        var (writer, reader) = await PairAsync();
        using var stream = await reader.StreamAsync("?since_lsn=0&tables=b,a&exclude_own=true&encoding=base64&max_entries=1");
        (await writer.PushAsync(In("a", 1, "1"), In("c", 2, "2"), In("b", 3, "3"))).Ok();
        (await reader.PushAsync(In("a", 1, "own"))).Ok();
        (await writer.PushAsync(In("c", 4, "4"))).Ok();
        (await writer.PushAsync(In("a", 5, "5"))).Ok();
        var first = await stream.NextAsync();
        Assert.Equal("MQ==", Assert.Single(first!.Changes)["key"]!.GetValue<string>());
        Assert.Equal(("1", true), (first.Id, first.Data.Flag("has_more")));
        Assert.Null(first.Data.TextOrNull("continuation_token"));
        Assert.Empty(first.Data.Clock());
        Assert.Equal(["3", "5"], await stream.KeysAsync(2));
    }

    [Fact]
    public async Task An_entry_stored_compressed_is_sent_so_to_those_who_take_it()
    {
        var (writer, reader) = await PairAsync();
        var plain = new byte[500];
        (await writer.PushAsync(Change.Compressed(1, "k", plain, Coding.Encode("zstd", plain)))).Ok();
        using var asStored = await reader.StreamAsync("?since_lsn=0&accept_compressed=true");
        using var asData = await writer.StreamAsync("?since_lsn=0&accept_compressed=false");
        Assert.True((await asStored.NextAsync())!.Changes[0].Flag("compressed"));
        Assert.Equal(plain, (await asData.NextAsync())!.Changes[0].Bytes("data"));
    }

    [Fact]
    public async Task A_second_stream_of_a_client_takes_the_place_of_the_first()
    {
        var (writer, reader) = await PairAsync();
        using var first = await reader.StreamAsync();
        using var second = await reader.StreamAsync();
        Assert.Equal("STREAM_REPLACED", await first.EndAsync());
        (await writer.PushAsync(Change.Insert(1, "k"))).Ok();
        Assert.Equal(["k"], await second.KeysAsync(1));
    }

    [Fact]
    public async Task Where_it_resumes_is_the_clients_word_on_its_position_and_what_it_is_sent_is_not()
    {
        var (writer, reader) = await PairAsync();
        (await writer.PushAsync(Change.Inserts(1, 2, "k"))).Ok();
        using var stream = await reader.StreamAsync("?since_lsn=1");
        Assert.Equal(["k-1"], await stream.KeysAsync(1));
        Assert.Equal(1, (await reader.PushAsync(Change.Insert(1, "mine"))).Ok().ServerLsn);
        (await reader.HeartbeatAsync(2)).Ok();
        Assert.Equal(["mine"], await stream.KeysAsync(1));
        (await writer.PushAsync(Change.Insert(3, "k-2"))).Ok();
        Assert.Equal(["k-2"], await stream.KeysAsync(1));
        using var filtered = await reader.StreamAsync("?since_lsn=3&tables=a");
        Assert.Equal(2, (await reader.PushAsync(Change.Insert(2, "mine too"))).Ok().ServerLsn);
    }

    [Theory]
    [InlineData("", "since_lsn")]
    [InlineData("?since_lsn=", "since_lsn")]
    [InlineData("?since_lsn=-1", "since_lsn")]
    [InlineData("?since_lsn=+1", "since_lsn")]
    [InlineData("?since_lsn=007", "since_lsn")]
    [InlineData("?since_lsn=1.0", "since_lsn")]
    [InlineData("?since_lsn=1e3", "since_lsn")]
    [InlineData("?since_lsn=9007199254740992", "since_lsn")]
    [InlineData("?since_lsn=99999999999999999999", "since_lsn")]
    [InlineData("?since_lsn=%31%00", "since_lsn")]
    [InlineData("?since_lsn=%D9%A1", "since_lsn")]
    [InlineData("?SINCE_LSN=0", "since_lsn")]
    [InlineData("?since_lsn=0&since_lsn=0", "since_lsn")]
    [InlineData("?since_lsn=0&max_entries=0", "max_entries")]
    [InlineData("?since_lsn=0&max_entries=x", "max_entries")]
    [InlineData("?since_lsn=0&max_entries=1&max_entries=2", "max_entries")]
    [InlineData("?since_lsn=0&tables=", "tables")]
    [InlineData("?since_lsn=0&tables=a,,b", "tables")]
    [InlineData("?since_lsn=0&tables=a%20b", "tables")]
    [InlineData("?since_lsn=0&tables=a&tables=b", "tables")]
    [InlineData("?since_lsn=0&tables=%C0%AE", "tables")]
    [InlineData("?since_lsn=0&tables=%zz", "tables")]
    [InlineData("?since_lsn=0&exclude_own=1", "exclude_own")]
    [InlineData("?since_lsn=0&exclude_own=True", "exclude_own")]
    [InlineData("?since_lsn=0&exclude_own", "exclude_own")]
    [InlineData("?since_lsn=0&encoding=base32", "encoding")]
    [InlineData("?since_lsn=0&encoding=bytes&encoding=bytes", "encoding")]
    [InlineData("?since_lsn=0&accept_compressed=yes", "accept_compressed")]
    [InlineData("?since_lsn=0&server_node=a%23", "server_node")]
    public async Task A_parameter_that_is_wrong_is_named(string query, string name)
    {
        var (_, reader) = await PairAsync();
        Assert.Equal(name, (await reader.NoStreamAsync(query)).Refused(400, "INVALID_MESSAGE"));
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("x")]
    [InlineData("1, 2")]
    [InlineData("00")]
    public async Task A_last_event_id_that_is_no_lsn_is_named(string id)
    {
        var (_, reader) = await PairAsync();
        Assert.Equal("Last-Event-ID", (await reader.NoStreamAsync("?since_lsn=0", id)).Refused(400, "INVALID_MESSAGE"));
    }

    [Fact]
    public async Task Sixty_five_tables_are_too_many_and_unknown_parameters_are_ignored()
    {
        var (_, reader) = await PairAsync();
        var names = string.Join(',', Enumerable.Range(1, 65).Select(static n => $"t{n}"));
        Assert.Equal("tables", (await reader.NoStreamAsync($"?since_lsn=0&tables={names}")).Refused(400, "INVALID_MESSAGE"));
        using var stream = await reader.StreamAsync($"?since_lsn=0&tables={names[..^4]}&later=1&later=2&Tables=&&=");
    }

    [Fact]
    public async Task What_a_pull_would_be_refused_for_is_refused_before_it_begins()
    {
        var (_, reader) = await PairAsync();
        (await reader.NoStreamAsync("?since_lsn=1")).Refused(409, "LSN_AHEAD_OF_SERVER");
        Assert.Equal("journal", (await reader.NoStreamAsync("?since_lsn=0&server_node=other")).Refused(410, "RESYNC_REQUIRED"));
        (await site.Stranger(site.NewTenant(), "a").NoStreamAsync("?since_lsn=0")).Refused(400, "CLIENT_NOT_REGISTERED");
        (await reader.WithToken(null).NoStreamAsync("?since_lsn=0")).Refused(401, "UNAUTHORIZED");
        (await reader.WithToken(site.Token("t", reader.Client, "sync:write")).NoStreamAsync("?since_lsn=0"))
            .Refused(403, "INSUFFICIENT_SCOPE");
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("HEAD")]
    public async Task Only_a_get_opens_one(string method)
    {
        var (_, reader) = await PairAsync();
        var answer = await reader.SendAsync(new HttpMethod(method), "stream?since_lsn=0");
        Assert.Equal((405, "GET"), (answer.Status, answer.Allow));
    }

    /// <summary>More than a stream's page, a pull's page and the tail of recent events hold.</summary>
    [Fact]
    public async Task A_long_backlog_comes_in_many_events_without_a_gap()
    {
        var (writer, reader) = await PairAsync();
        for (var i = 0; i < 6; i++)
        {
            (await writer.PushAsync([.. Enumerable.Range(0, 4).Select(n => Change.Large((i * 4) + n + 1, $"k-{i}-{n}", 240_000))])).Ok();
        }

        using var stream = await reader.StreamAsync("?since_lsn=0&encoding=base64");
        var expected = Enumerable.Range(0, 24).Select(static i => $"k-{i / 4}-{i % 4}");
        Assert.Equal(expected, await stream.KeysAsync(24));
    }

    [Fact]
    public async Task A_cut_and_a_resume_at_any_event_give_every_change_once()
    {
        var (writer, reader) = await PairAsync();
        var (keys, last, pushed) = (new List<string>(), "0", 0);
        for (var round = 0; round < 12; round++)
        {
            using var stream = await reader.StreamAsync($"?since_lsn=0&max_entries={(round % 3) + 1}", last);
            for (var i = 0; i < 3; i++)
            {
                (await writer.PushAsync(Change.Insert(++pushed, $"k{pushed}"), Change.Insert(++pushed, $"k{pushed}"))).Ok();
            }

            for (var events = 0; events <= round % 4; events++)
            {
                var next = await stream.NextAsync();
                keys.AddRange(next!.Changes.Select(static c => c.KeyText()));
                last = next.Id!;
            }
        }

        using var rest = await reader.StreamAsync("", last);
        keys.AddRange(await rest.KeysAsync(pushed - keys.Count));
        Assert.Equal(Enumerable.Range(1, pushed).Select(static i => $"k{i}"), keys);
    }

    [Fact]
    public async Task A_thousand_streams_have_each_push_and_the_writers_pushes_go_on()
    {
        var tenant = site.NewTenant();
        var writer = await site.DeviceAsync(tenant, "writer");
        var streams = new List<EventStream>();
        try
        {
            for (var i = 0; i < 1_000; i++)
            {
                var reader = await site.DeviceAsync(tenant, $"r{i}");
                streams.Add(await reader.StreamAsync(i % 2 == 0 ? "?since_lsn=0&exclude_own=true" : "?since_lsn=0"));
            }

            var expected = Enumerable.Range(1, 10).Select(static i => $"k{i}").ToArray();
            for (var i = 1; i <= 10; i++)
            {
                (await writer.PushAsync(Change.Insert(i, $"k{i}"))).Ok();
            }

            Assert.All(await Task.WhenAll(streams.Select(s => s.KeysAsync(10))), keys => Assert.Equal(expected, keys));
        }
        finally
        {
            streams.ForEach(static s => s.Dispose());
        }
    }

    private static JsonObject In(string table, long lsn, string key) => Change.Insert(lsn, key, with: new() { ["table"] = table });

    private async Task<(Device Writer, Device Reader)> PairAsync()
    {
        var tenant = site.NewTenant();
        return (await site.DeviceAsync(tenant, "writer"), await site.DeviceAsync(tenant, "reader"));
    }
}
