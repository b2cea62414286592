using System.Text.Json.Nodes;
using HeliosSync.Integration.Protocol.Rig;

namespace HeliosSync.Integration.Protocol;

/// <summary>A client that begins at 0 is given each row's latest change, not the journal's history (docs/protocol.md 6.3).</summary>
public sealed class FirstSyncTests : IAsyncLifetime
{
    private const int Rows = 40;
    private const int Rounds = 30;

    private readonly Site _site = new();

    public Task InitializeAsync() => _site.InitializeAsync();

    public Task DisposeAsync() => _site.DisposeAsync();

    [Theory]
    [InlineData(1_000)]
    [InlineData(7)]
    public async Task It_is_given_as_many_entries_as_there_are_rows(int entries)
    {
        var writer = await WrittenAsync();
        var reader = await _site.DeviceAsync("t", "reader");
        var changes = await reader.PullAllAsync(0, new() { ["max_entries"] = entries });
        Assert.Equal(Rows + 1, changes.Count);
        Assert.Equal(changes.Select(static c => c.Long("lsn")).Order(), changes.Select(static c => c.Long("lsn")));
        Assert.Equal(Rows + 1, changes.Select(static c => c.KeyText()).Distinct().Count());
        Assert.All(changes, static c => Assert.Equal(LastOf(c.KeyText()), c.DataText()));
        // A deleted row's last change is given too: the client may hold the row from another journal.
        Assert.Equal("Delete", changes.Single(static c => c.KeyText() == "row-0").Text("operation"));
        Assert.Equal((Rows * Rounds) + 1, (await reader.PullAsync(0)).Ok().HeadLsn);

        // From any other position every change is given.
        Assert.Equal(Rows * Rounds, (await writer.PullAllAsync(1)).Count);
    }

    [Fact]
    public async Task What_is_written_between_its_pages_comes_after_the_pinned_head_and_takes_nothing_from_it()
    {
        var writer = await WrittenAsync();
        var reader = await _site.DeviceAsync("t", "reader");
        var page = (await reader.PullAsync(0, new() { ["max_entries"] = 5 })).Ok();
        var (given, pinned) = (page.Changes.ToList(), page.HeadLsn);
        for (var n = 0; page.HasMore; n++)
        {
            (await writer.PushAsync(Change.Update(10_000 + n, $"row-{Rows - 1 - (n % Rows)}", "later"))).Ok();
            page = (await reader.PullAsync(0, new() { ["max_entries"] = 5, ["continuation_token"] = page.Token })).Ok();
            given.AddRange(page.Changes);
        }

        Assert.Equal(pinned, page.ServerLsn);
        Assert.Equal(Rows + 1, given.Count);
        Assert.DoesNotContain(given, static c => c.DataText() == "later");
        Assert.All(await reader.PullAllAsync(pinned), static c => Assert.Equal("later", c.DataText()));
    }

    /// <summary>What was kept for its pages is gone with the server: they give more than is needed, and nothing is missing.</summary>
    [Fact]
    public async Task A_restart_between_its_pages_leaves_nothing_out()
    {
        var writer = await WrittenAsync();
        var page = (await (await _site.DeviceAsync("t", "reader")).PullAsync(0, new() { ["max_entries"] = 5 })).Ok();
        var last = page.Changes.ToDictionary(static c => c.KeyText(), static c => c.DataText());
        (await writer.PushAsync(Change.Update(10_000, $"row-{Rows - 1}", "later"))).Ok();
        await _site.RestartAsync();
        var reader = _site.Stranger("t", "reader");
        while (page.HasMore)
        {
            page = (await reader.PullAsync(0, new() { ["max_entries"] = 100, ["continuation_token"] = page.Token })).Ok();
            foreach (var change in page.Changes)
            {
                last[change.KeyText()] = change.DataText();
            }
        }

        Assert.Equal((Rows * Rounds) + 1, page.ServerLsn);
        Assert.Equal(Rows + 1, last.Count);
        Assert.All(last, static c => Assert.Equal(LastOf(c.Key), c.Value));
    }

    [Fact]
    public async Task A_filter_and_own_changes_are_left_out_of_the_latest_ones()
    {
        var writer = await WrittenAsync();
        var other = await _site.DeviceAsync("t", "other");
        var node = (await other.PullAsync(0)).Ok().HeadLsn;
        (await other.PushAsync(Change.Update(1, "row-7", "mine", new() { ["base_lsn"] = node }))).Ok();

        // The change that stands is its own, and what it superseded is of no use to it.
        var without = await other.PullAllAsync(0, new() { ["exclude_own"] = true, ["max_entries"] = 9 });
        Assert.Equal(Rows, without.Count);
        Assert.DoesNotContain(without, static c => c.KeyText() == "row-7");
        Assert.Empty(await other.PullAllAsync(0, new() { ["tables"] = Body.Array("nothing") }));
        Assert.Equal(Rows + 1, (await other.PullAllAsync(0, new() { ["tables"] = Body.Array(Change.Table) })).Count);
        Assert.NotNull(writer);
    }

    [Fact]
    public async Task A_stream_from_0_begins_with_the_latest_changes_and_goes_on_with_every_one()
    {
        var writer = await WrittenAsync();
        var reader = await _site.DeviceAsync("t", "reader");
        using var stream = await reader.StreamAsync("?since_lsn=0");
        var given = new List<JsonObject>();
        while (given.Count < Rows + 1)
        {
            given.AddRange((await stream.NextAsync())!.Changes);
        }

        Assert.Equal(Rows + 1, given.Count);
        (await writer.PushAsync(Change.Update(10_000, "row-1", "a"), Change.Update(10_001, "row-1", "b"))).Ok();
        given = [];
        while (given.Count < 2)
        {
            given.AddRange((await stream.NextAsync())!.Changes);
        }

        Assert.Equal(["a", "b"], given.Select(static c => c.DataText()));
    }

    [Fact]
    public async Task Up_to_a_thousand_changes_all_are_given()
    {
        var writer = await _site.DeviceAsync("t", "writer");
        for (var lsn = 1; lsn <= 1_000; lsn += 100)
        {
            (await writer.PushAsync([.. Enumerable.Range(lsn, 100).Select(static l => Change.Update(l, "row"))])).Ok();
        }

        Assert.Equal(1_000, (await writer.PullAllAsync(0, new() { ["max_entries"] = 300 })).Count);
        (await writer.PushAsync(Change.Update(1_001, "row", "last"))).Ok();
        Assert.Equal("last", Assert.Single(await writer.PullAllAsync()).DataText());
    }

    private static string LastOf(string key) => key switch
    {
        "once" => "once",
        "row-0" => "",
        _ => $"{Rounds - 1}",
    };

    /// <summary>A row that is written once, and 40 that are rewritten 30 times over, the first of them deleted at last.</summary>
    private async Task<Device> WrittenAsync()
    {
        var writer = await _site.DeviceAsync("t", "writer");
        var lsn = 1L;
        (await writer.PushAsync(Change.Insert(lsn++, "once", "once"))).Ok();
        for (var round = 0; round < Rounds; round++)
        {
            var changes = Enumerable.Range(0, Rows).Select(row => round == Rounds - 1 && row == 0
                ? Change.Delete(lsn++, "row-0")
                : Change.Update(lsn++, $"row-{row}", $"{round}"));
            (await writer.PushAsync([.. changes])).Ok();
        }

        return writer;
    }
}
