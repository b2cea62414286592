using HeliosSync.Integration.Protocol.Rig;

namespace HeliosSync.Integration.Protocol;

/// <summary>A stop in order and a start on the same folder (what a kill leaves is shown by tests/Crash).</summary>
public sealed class RestartTests : IAsyncLifetime
{
    private readonly Site _site = new();

    public Task InitializeAsync() => _site.InitializeAsync();

    public Task DisposeAsync() => _site.DisposeAsync();

    [Fact]
    public async Task Every_change_is_given_out_byte_for_byte_as_before()
    {
        var a = await _site.DeviceAsync("t", "a");
        byte[] plain = [.. Enumerable.Repeat((byte)3, 3_000)];
        (await a.PushAsync(
            Change.Insert(1, "k1", "x", new() { ["vector_clock"] = Body.Clock(("a", 2)) }),
            Change.Compressed(2, "k2", plain, ZstdBytes.Frame(plain)),
            Change.Delete(3, "k1"))).Ok();
        var pull = Body.Pull("a", 0).With(new() { ["accept_compressed"] = true });
        var before = (await a.PostAsync("pull", pull)).Ok().Bytes;
        await _site.RestartAsync();
        Assert.Equal(before, (await _site.Stranger("t", "a").PostAsync("pull", pull)).Ok().Bytes);
    }

    [Fact]
    public async Task Tokens_from_before_go_on_where_they_were()
    {
        var a = await _site.DeviceAsync("t", "a");
        (await a.PushAsync(Change.Inserts(1, 5, "k"))).Ok();
        var token = (await a.PullAsync(0, new() { ["max_entries"] = 2 })).Ok().Token;
        (await a.PushAsync(Change.Insert(6, "later"))).Ok();
        var bearer = _site.Token("t", "a");
        await _site.RestartAsync();

        // The bearer token from before holds as well: Development keeps its secret.
        var page = (await _site.Stranger("t", "a").WithToken(bearer).PullAsync(0, new() { ["continuation_token"] = token })).Ok();
        Assert.Equal([3, 4, 5], page.Changes.Select(static c => c.Long("lsn")));
        Assert.False(page.HasMore);
    }

    [Fact]
    public async Task Registrations_nodes_and_numbers_are_kept()
    {
        var a = await _site.DeviceAsync("t", "a");
        (await a.RegisterAsync(new() { ["node_id"] = "a#2" })).Ok();
        (await a.PushAsync(Change.Insert(7, "k", "x", new() { ["vector_clock"] = Body.Clock(("a#2", 4)) }))).Ok();
        var node = (await a.PullAsync()).Ok().ServerNode;
        await _site.RestartAsync();
        a = _site.Stranger("t", "a");
        var pushed = (await a.PushAsync(Change.Insert(8, "k2"))).Ok();
        Assert.Equal([2], pushed.Assigned);
        Assert.Equal(4, pushed.Clock["a#2"]);
        Assert.Equal("a#2", (await a.PullAllAsync(1)).Single().Text("author"));
        var again = (await a.RegisterAsync(new() { ["node_id"] = "a#2", ["server_node"] = node })).Ok();
        Assert.Equal((node, 8), (again.ServerNode, again.Json.Long("last_local_lsn")));
        (await a.RegisterAsync(new() { ["node_id"] = "a#2", ["last_local_lsn"] = 7 })).Refused(409, "NODE_REUSED");
    }

    [Fact]
    public async Task Rows_keep_what_is_judged_by_them()
    {
        var (a, b) = (await _site.DeviceAsync("t", "a"), await _site.DeviceAsync("t", "b"));
        (await a.PushAsync(Change.Insert(1, "k", "theirs", new() { ["vector_clock"] = Body.Clock(("a", 2)) }))).Ok();
        var conflict = (await b.PushAsync(Change.Insert(1, "k", "mine"))).Ok();
        await _site.RestartAsync();
        (a, b) = (_site.Stranger("t", "a"), _site.Stranger("t", "b"));
        var again = (await b.PushAsync(Change.Insert(2, "k", "mine"))).Ok();
        Assert.Equal(
            conflict.Conflicts.Single().Object("server_change").ToJsonString(),
                again.Conflicts.Single().Object("server_change").ToJsonString());
        Assert.Equal([1], (await a.PushAsync(Change.Insert(1, "k", "theirs"))).Ok().Assigned);
        Assert.Equal([2], (await b.PushAsync(Change.Update(3, "k", "merged", new()
        {
            ["vector_clock"] = Body.Clock(("a",
            2))
        }))).Ok().Assigned);
    }

    [Fact]
    public async Task Ten_restarts_in_a_row_change_nothing()
    {
        (await (await _site.DeviceAsync("t", "a")).PushAsync(Change.Inserts(1, 3, "k"))).Ok();
        for (var restart = 1; restart <= 10; restart++)
        {
            await _site.RestartAsync();
            var device = _site.Stranger("t", "a");
            Assert.Equal(2 + restart, (await device.PullAllAsync()).Count);
            (await device.PushAsync(Change.Insert(3 + restart, $"after {restart}"))).Ok();
        }
    }

    [Fact]
    public async Task A_stop_under_load_loses_nothing_that_was_acknowledged()
    {
        var devices = await Task.WhenAll(Enumerable.Range(0, 16).Select(n => _site.DeviceAsync("t", $"c{n}")));
        var acknowledged = new System.Collections.Concurrent.ConcurrentDictionary<long, string>();
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var pushers = devices.Select(device => Task.Run(async () =>
        {
            for (var lsn = 1L; ; lsn++)
            {
                var key = $"{device.Client}-{lsn}";
                try
                {
                    var answer = await device.PushAsync(Change.Insert(lsn, key));
                    if (answer.Status != 200)
                    {
                        Assert.Equal(503, answer.Status);
                        return;
                    }

                    acknowledged[answer.Assigned.Single()] = key;
                }
                catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
                {
                    return;
                }

                if (acknowledged.Count > 200)
                {
                    enough.TrySetResult();
                }
            }
        })).ToArray();
        await await Task.WhenAny(enough.Task, Task.WhenAll(pushers));
        await _site.RestartAsync();
        await Task.WhenAll(pushers);
        var stored = await _site.Stranger("t", "c0").PullAllAsync();
        Assert.Equal(Enumerable.Range(1, stored.Count).Select(static n => (long)n), stored.Select(static c => c.Long("lsn")));
        Assert.Equal(stored.Count, stored.Select(static c => c.KeyText()).Distinct().Count());
        Assert.All(acknowledged, a => Assert.Equal(a.Value, stored[(int)a.Key - 1].KeyText()));
    }
}
