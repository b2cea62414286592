using System.Text.Json.Nodes;
using HeliosSync.Host;
using HeliosSync.Integration.Hosting;
using HeliosSync.Integration.Protocol.Rig;
using Microsoft.Extensions.DependencyInjection;

namespace HeliosSync.Integration.Protocol;

/// <summary>
/// Pulls that wait (protocol 4.2, <c>wait_ms</c>). Where one is to be woken it asks for a minute, and is watched until it waits.
/// </summary>
public sealed class LongPollTests : IAsyncLifetime
{
    private TestServer _server = null!;
    private int _tenants;

    private RequestSlots Waiting => _server.Services.GetRequiredService<WaitingPulls>().Places;

    private RequestSlots InHand => _server.Services.GetRequiredService<RequestSlots>();

    public async Task InitializeAsync() => _server = await TestServer.StartAsync(new()
    {
        ["LOG_LEVEL"] = "warn",
        ["HeliosSync:TenantWaitingPullsMax"] = "200",
        ["HeliosSync:WaitingPullsMax"] = "250",
    });

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task A_push_ends_the_wait_of_another_client_and_its_answer_is_an_ordinary_page()
    {
        var (writer, reader) = await PairAsync();
        var pull = reader.PullAsync(0, Wait());
        await UntilWaitingAsync(1);
        Assert.Equal(0, InHand.Taken);
        (await writer.PushAsync(Change.Inserts(1, 3, "k"))).Ok();
        var page = (await pull).Ok();
        Assert.Equal((3, 3, false), (page.ServerLsn, page.HeadLsn, page.HasMore));
        Assert.Equal(["k-0", "k-1", "k-2"], page.Changes.Select(static c => c.KeyText()));
        Assert.Equal(3, page.Clock[page.ServerNode]);
        Assert.Equal((0, 0), (Waiting.Taken, Waiting.Tenants));
    }

    [Fact]
    public async Task With_something_new_or_no_time_it_does_not_wait()
    {
        var (writer, reader) = await PairAsync();
        Assert.Empty((await reader.PullAsync(0, Wait(0))).Ok().Changes);
        (await writer.PushAsync(Change.Insert(1, "k"))).Ok();
        Assert.Single((await reader.PullAsync(0, Wait())).Ok().Changes);
    }

    [Fact]
    public async Task When_the_time_is_over_the_answer_is_the_empty_page_that_it_would_have_been()
    {
        var (writer, reader) = await PairAsync();
        (await writer.PushAsync(Change.Insert(1, "k"))).Ok();
        var page = (await reader.PullAsync(1, Wait(50))).Ok();
        Assert.Equal((1, 1, false, 0), (page.ServerLsn, page.HeadLsn, page.HasMore, page.Changes.Length));
        Assert.Equal(0, Waiting.Taken);
    }

    /// <summary>The one push that it waits for comes last, so that one which came too early would be seen.</summary>
    [Fact]
    public async Task Only_a_change_that_the_pull_would_give_ends_it()
    {
        var (writer, reader) = await PairAsync();
        var filter = Wait().With(new() { ["tables"] = Body.Array("wanted"), ["exclude_own"] = true });
        var pull = reader.PullAsync(0, filter);
        await UntilWaitingAsync(1);
        (await writer.PushAsync(Change.Insert(1, "unwanted"))).Ok();
        (await reader.PushAsync(In("wanted", 1, "own"))).Ok();
        (await writer.PushAsync(Change.Insert(2, "unwanted too"))).Ok();
        Assert.False(pull.IsCompleted);
        Assert.Equal(1, Waiting.Taken);
        (await writer.PushAsync(Change.Insert(3, "before"), In("wanted", 4, "this"), Change.Insert(5, "behind"))).Ok();
        var page = (await pull).Ok();
        Assert.Equal("this", Assert.Single(page.Changes).KeyText());
        Assert.Equal((6, 6, false), (page.ServerLsn, page.HeadLsn, page.HasMore));
        Assert.Empty(page.Clock);
    }

    [Fact]
    public async Task The_answer_to_a_wait_that_passed_over_changes_has_the_position_behind_them()
    {
        var (writer, reader) = await PairAsync();
        var pull = reader.PullAsync(0, Wait(2_000).With(new() { ["tables"] = Body.Array("wanted") }));
        await UntilWaitingAsync(1);
        (await writer.PushAsync(Change.Inserts(1, 5, "unwanted"))).Ok();
        var page = (await pull).Ok();
        Assert.Empty(page.Changes);
        Assert.Equal((5, false), (page.ServerLsn, page.HasMore));
    }

    [Fact]
    public async Task A_wait_is_the_clients_word_on_its_position_once_and_what_it_is_given_is_not()
    {
        var (writer, reader) = await PairAsync();
        (await writer.PushAsync(Change.Insert(1, "a"))).Ok();
        var pull = reader.PullAsync(1, Wait());
        await UntilWaitingAsync(1);
        (await writer.PushAsync(Change.Insert(2, "b"))).Ok();
        Assert.Single((await pull).Ok().Changes);
        Assert.Equal(1, (await reader.PushAsync(Change.Insert(1, "mine"))).Ok().ServerLsn);
    }

    [Fact]
    public async Task A_client_that_goes_away_frees_its_place()
    {
        var (_, reader) = await PairAsync();
        using var leaving = new CancellationTokenSource();
        var pull = PullAsync(reader.Client, leaving.Token);
        await UntilWaitingAsync(1);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pull);
        await UntilWaitingAsync(0);
        Assert.Equal(0, Waiting.Tenants);
    }

    [Fact]
    public async Task At_a_stop_it_is_answered_at_once_as_if_the_time_were_over()
    {
        var (_, reader) = await PairAsync();
        using var http = new HttpClient { BaseAddress = _server.Address };
        var pull = new Device(http, reader.Client, _server.Token(reader.Client, Tenant)).PullAsync(0, Wait());
        await UntilWaitingAsync(1);
        await _server.StopAsync();
        Assert.Empty((await pull).Ok().Changes);
        await _server.InitializeAsync();
    }

    [Fact]
    public async Task Beyond_the_bounds_a_pull_is_told_to_come_again_and_pushes_find_room()
    {
        var (writer, reader) = await PairAsync();
        var readers = await ReadersAsync(Tenant, 200);
        var pulls = readers.Select(static r => r.PullAsync(0, Wait())).ToArray();
        await UntilWaitingAsync(200);
        (await reader.PullAsync(0, Wait())).Refused(429, "RATE_LIMITED");
        (await reader.PullAsync(0)).Ok();

        var others = await ReadersAsync("another", 50);
        var more = others.Select(static r => r.PullAsync(0, Wait())).ToArray();
        await UntilWaitingAsync(250);
        var third = new Device(_server.Http, "c", _server.Token("c", "third"));
        (await third.RegisterAsync()).Ok();
        (await third.PullAsync(0, Wait())).Refused(503, "OVERLOADED");

        (await writer.PushAsync(Change.Insert(1, "k"))).Ok();
        (await others[0].PushAsync(Change.Insert(1, "k"))).Ok();
        Assert.All(await Task.WhenAll([.. pulls, .. more]), static answer => Assert.Single(answer.Ok().Changes));
        Assert.Equal((0, 0), (Waiting.Taken, InHand.Taken));
    }

    /// <summary>The tenant is put out after a second: one that somebody waits for is not idle.</summary>
    [Fact]
    public async Task A_wait_outlives_the_time_after_which_an_idle_tenant_is_put_out()
    {
        await using var server = await TestServer.StartAsync(new() { ["HeliosSync:TenantIdleSeconds"] = "1" });
        var writer = new Device(server.Http, "writer", server.Token("writer"));
        var reader = new Device(server.Http, "reader", server.Token("reader"));
        (await writer.RegisterAsync()).Ok();
        (await reader.RegisterAsync()).Ok();
        var early = reader.PullAsync(0, Wait(3_500));
        Assert.Empty((await early).Ok().Changes);
        var pull = reader.PullAsync(0, Wait());
        var later = reader.PullAsync(0, Wait(3_500).With(new() { ["tables"] = Body.Array("none") }));
        Assert.Empty((await later).Ok().Changes);
        (await writer.PushAsync(Change.Insert(1, "k"))).Ok();
        Assert.Single((await pull).Ok().Changes);
    }

    [Fact]
    public async Task A_continuation_does_not_wait()
    {
        var (writer, reader) = await PairAsync();
        (await writer.PushAsync(Change.Insert(1, "a"), In("other", 2, "b"))).Ok();
        var filter = new JsonObject { ["tables"] = Body.Array(Change.Table), ["max_entries"] = 1 };
        var first = (await reader.PullAsync(0, filter)).Ok();
        Assert.True(first.HasMore);
        var rest = (await reader.PullAsync(0, Wait().With(filter).With(new() { ["continuation_token"] = first.Token }))).Ok();
        Assert.Equal((0, 2), (rest.Changes.Length, rest.ServerLsn));
    }

    private string Tenant => $"tenant-{_tenants}";

    private static JsonObject Wait(int millis = 60_000) => new() { ["wait_ms"] = millis };

    private static JsonObject In(string table, long lsn, string key) => Change.Insert(lsn, key, with: new() { ["table"] = table });

    private async Task<(Device Writer, Device Reader)> PairAsync()
    {
        _tenants++;
        var writer = new Device(_server.Http, "writer", _server.Token("writer", Tenant));
        var reader = new Device(_server.Http, "reader", _server.Token("reader", Tenant));
        (await writer.RegisterAsync()).Ok();
        (await reader.RegisterAsync()).Ok();
        return (writer, reader);
    }

    private async Task PullAsync(string client, CancellationToken ct)
    {
        using var http = new HttpClient { BaseAddress = _server.Address };
        var body = Body.Pull(client, 0).With(Wait()).ToJsonString();
        using var request = Requests.Post("/api/v1/sync/pull", _server.Token(client, Tenant), body);
        using var answer = await http.SendAsync(request, ct);
    }

    private async Task<Device[]> ReadersAsync(string tenant, int count)
    {
        var readers = Enumerable.Range(0, count).Select(i => new Device(_server.Http, $"r{i}", _server.Token($"r{i}", tenant))).ToArray();
        foreach (var reader in readers)
        {
            (await reader.RegisterAsync()).Ok();
        }

        return readers;
    }

    /// <summary>So many pulls hold a place among those who wait; the tenant hears of a wait at the latest with the next message.</summary>
    private async Task UntilWaitingAsync(int count)
    {
        using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (Waiting.Taken != count)
        {
            await Task.Delay(5, guard.Token);
        }
    }
}
