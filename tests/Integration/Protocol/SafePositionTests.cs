using System.Text.Json.Nodes;
using HeliosSync.Integration.Protocol.Rig;

namespace HeliosSync.Integration.Protocol;

/// <summary>The safe-position rule (protocol 5.4): no answer has a position or clock over a change that the client was not given.</summary>
public sealed class SafePositionTests(Site site) : IClassFixture<Site>
{
    [Fact]
    public async Task A_push_that_follows_the_position_directly_raises_it()
    {
        var (_, b) = await TwoAsync(inserts: 3);
        (await b.PullAsync(3)).Ok();
        var first = (await b.PushAsync(Change.Inserts(1, 2, "b"))).Ok();
        Assert.Equal((5, 5), (first.ServerLsn, first.HeadLsn));
        Assert.Equal(6, (await b.PushAsync(Change.Insert(3, "b3"))).Ok().ServerLsn);
    }

    [Fact]
    public async Task A_push_behind_anothers_stays_where_the_client_was()
    {
        var (a, b) = await TwoAsync(inserts: 3);
        (await b.PullAsync(3)).Ok();
        (await a.PushAsync(Change.Insert(4, "in between"))).Ok();
        var pushed = (await b.PushAsync(Change.Insert(1, "b1"))).Ok();
        Assert.Equal((3, 5), (pushed.ServerLsn, pushed.HeadLsn));
        Assert.Equal(["in between", "b1"], (await b.PullAllAsync(pushed.ServerLsn)).Select(static c => c.KeyText()));
    }

    /// <summary>A push that wrote nothing cannot follow: the position stays even where it stands at the head.</summary>
    [Fact]
    public async Task A_push_that_wrote_nothing_answers_with_the_position()
    {
        var (_, b) = await TwoAsync(inserts: 3);
        (await b.PullAsync(2)).Ok();
        Assert.Equal(2, (await b.PushAsync(Change.Insert(1, "row-0", "mine"))).Ok().ServerLsn);
        (await b.PullAsync(3)).Ok();
        Assert.Equal(3, (await b.PushAsync(Change.Insert(2, "row-0", "mine"))).Ok().ServerLsn);
    }

    [Fact]
    public async Task The_messages_clock_says_the_position_where_it_has_the_servers_entry()
    {
        var tenant = site.NewTenant();
        var a = await site.DeviceAsync(tenant, "a");
        var b = site.Stranger(tenant, "b");
        var node = (await b.RegisterAsync()).Ok().ServerNode;
        (await a.PushAsync(Change.Inserts(1, 3, "row"))).Ok();
        JsonObject Told(long lsn) => new() { ["vector_clock"] = Body.Clock((node, lsn), ("b", 9), ("zzz", 7)) };

        // The position is 0; the clocks say 3 and push follows, then 1 and it does not, then more than there is and it is capped.
        Assert.Equal(4, (await b.PushWithAsync(Told(3), Change.Insert(1, "b1"))).Ok().ServerLsn);
        Assert.Equal(1, (await b.PushWithAsync(Told(1), Change.Insert(2, "b2"))).Ok().ServerLsn);
        Assert.Equal(6, (await b.PushWithAsync(Told(1_000), Change.Insert(3, "b3"))).Ok().ServerLsn);
    }

    [Fact]
    public async Task A_push_with_a_conflict_in_it_follows_by_what_it_wrote()
    {
        var (_, b) = await TwoAsync(inserts: 3);
        (await b.PullAsync(3)).Ok();
        var answer = (await b.PushAsync(Change.Insert(1, "b1"), Change.Insert(2, "row-0", "mine"), Change.Insert(3, "b3"))).Ok();
        Assert.Single(answer.Conflicts);
        Assert.Equal(5, answer.ServerLsn);
    }

    [Fact]
    public async Task A_registration_answers_with_its_own_position_and_not_with_the_head()
    {
        var (_, b) = await TwoAsync(inserts: 3);
        Assert.Equal((0, 3), ((await b.RegisterAsync()).Ok().ServerLsn, (await b.RegisterAsync()).Ok().HeadLsn));
        Assert.Empty((await b.RegisterAsync()).Ok().Clock);
    }

    [Fact]
    public async Task A_page_answers_with_its_last_number_and_the_last_page_with_the_pinned_head()
    {
        var (a, b) = await TwoAsync(inserts: 5);
        var first = (await b.PullAsync(0, new() { ["max_entries"] = 2 })).Ok();
        Assert.Equal((2, 5), (first.ServerLsn, first.HeadLsn));
        Assert.Equal(2, first.Clock[first.ServerNode]);
        (await a.PushAsync(Change.Insert(6, "later"))).Ok();
        var last = (await b.PullAsync(0, new() { ["continuation_token"] = first.Token })).Ok();
        Assert.Equal((5, 6, false), (last.ServerLsn, last.HeadLsn, last.HasMore));
        Assert.Equal(5, last.Clock[last.ServerNode]);
    }

    /// <summary>The pull's answer says nothing of the client's own counter: its clock is about what was given.</summary>
    [Fact]
    public async Task The_clock_of_a_page_has_the_server_alone()
    {
        var (a, _) = await TwoAsync(inserts: 1);
        (await a.PushAsync(Change.Insert(9, "k", "data", new() { ["vector_clock"] = Body.Clock(("a", 4)) }))).Ok();
        var page = (await a.PullAsync()).Ok();
        Assert.Equal([page.ServerNode], page.Clock.Keys);
    }

    [Fact]
    public async Task In_every_answers_clock_the_servers_entry_is_server_lsn_and_absent_where_that_is_0()
    {
        var tenant = site.NewTenant();
        var a = site.Stranger(tenant, "a");
        var registered = (await a.RegisterAsync()).Ok();
        var node = registered.ServerNode;
        Assert.DoesNotContain(node, registered.Clock.Keys);
        Assert.DoesNotContain(node, (await a.PullAsync()).Ok().Clock.Keys);
        foreach (var answer in new[]
        {
            await a.PushAsync(Change.Insert(1, "k")),
            await a.RegisterAsync(new() { ["last_known_lsn"] = 1 }),
            await a.PullAsync(1),
            await a.PushAsync(Change.Insert(2, "k2")),
        })
        {
            Assert.Equal(answer.Ok().ServerLsn, answer.Clock[node]);
        }
    }

    /// <summary>Positions are kept in memory (protocol 1): after a restart the server assumes nothing.</summary>
    [Fact]
    public async Task After_a_restart_the_position_is_0_until_the_client_speaks()
    {
        var own = new Site();
        await own.InitializeAsync();
        try
        {
            var a = await own.DeviceAsync("t", "a");
            (await a.PushAsync(Change.Insert(1, "k"))).Ok();
            await own.RestartAsync();
            a = own.Stranger("t", "a");
            Assert.Equal(0, (await a.PushAsync(Change.Insert(2, "k2"))).Ok().ServerLsn);
            (await a.PullAsync(2)).Ok();
            Assert.Equal(3, (await a.PushAsync(Change.Insert(3, "k3"))).Ok().ServerLsn);
        }
        finally
        {
            await own.DisposeAsync();
        }
    }

    private async Task<(Device A, Device B)> TwoAsync(int inserts)
    {
        var tenant = site.NewTenant();
        var (a, b) = (await site.DeviceAsync(tenant, "a"), await site.DeviceAsync(tenant, "b"));
        (await a.PushAsync(Change.Inserts(1, inserts, "row"))).Ok();
        return (a, b);
    }
}
