using HeliosSync.Actors;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Integration.Actors;

/// <summary>
/// While writes are in flight: decided ahead, told behind; through the actors. That an answer is not there yet is seen only at a glance
/// here, since it has a way to go: <see cref="TenantCycleTests"/> see it where it is given.
/// </summary>
public sealed class InFlightTests
{
    [Fact]
    public async Task Nothing_is_said_of_a_push_before_it_is_durable()
    {
        await using var rig = new ServerRig();
        await rig.RegisterAsync("a", "c");
        var push = rig.Inserts("c", Guid.NewGuid(), (1, "k", "v"));
        Task<Reply<PushReply>> first, repeat;
        Task<Reply<RegisterReply>> registered;
        using (rig.HoldWrites())
        {
            first = rig.PushAsync("a", push);
            repeat = rig.PushAsync("a", push);
            registered = rig.RegisterAsync("a", "c");

            // The tenant answers in the order it was asked, and a pull at once: whatever it said of the pushes is on its way by now.
            Assert.Empty(await rig.PullAllAsync("a", "c"));
            Assert.False(first.IsCompleted);
            Assert.False(repeat.IsCompleted);
            Assert.False(registered.IsCompleted);
        }

        Assert.Equal((await first).Value!.Event.ToArray(), (await repeat).Value!.Event.ToArray());
        Assert.Equal(1, (await registered).Value!.HeadLsn);
        Assert.Single(await rig.PullAllAsync("a", "c"));
    }

    [Fact]
    public async Task A_pull_or_heartbeat_of_a_client_whose_registration_is_in_flight_waits_for_it()
    {
        await using var rig = new ServerRig();
        await rig.RegisterAsync("a", "c");
        Task<Reply<RegisterReply>> registered;
        Task<Reply<HeartbeatReply>> beat;
        Task<Reply<PullReply>> page;
        using (rig.HoldWrites())
        {
            var client = ServerRig.Client("d");
            registered = rig.RegisterAsync("a", "d");
            beat = rig.Server.HeartbeatAsync(ServerRig.Tenant("a"), new Heartbeat(client, 0));
            var pull = new Pull(Guid.NewGuid(), client, 0, 1, null, null, null, false, false, false);
            page = rig.Server.PullAsync(ServerRig.Tenant("a"), pull);

            // The tenant has answered these later questions by then, and ten times over: an answer to the earlier ones would be here.
            for (var later = 0; later < 10; later++)
            {
                Assert.Empty(await rig.PullAllAsync("a", "c"));
            }

            Assert.False(beat.IsCompleted);
            Assert.False(page.IsCompleted);
        }

        Assert.Null((await registered).Refusal);
        Assert.Null((await beat).Refusal);
        Assert.Null((await page).Refusal);
    }

    [Fact]
    public async Task Pushes_that_are_in_flight_together_get_lsns_of_their_own()
    {
        await using var rig = new ServerRig();
        await rig.RegisterAsync("a", "c");
        Task<Reply<PushReply>>[] pushes;
        using (rig.HoldWrites())
        {
            pushes = [.. Enumerable.Range(1, 8).Select(i => rig.PushAsync("a", rig.Inserts("c", Guid.NewGuid(), (i, $"k{i}", "v"))))];
            Assert.Empty(await rig.PullAllAsync("a", "c"));
        }

        var lsns = (await Task.WhenAll(pushes)).Select(p => new PushedView(p.Value!.Event).FirstLsn);
        Assert.Equal(Enumerable.Range(1, 8).Select(i => (long)i), lsns);
        Assert.Equal(Enumerable.Range(1, 8).Select(i => $"k{i}"), (await rig.PullAllAsync("a", "c")).Select(c => c.Key));
    }

    [Fact]
    public async Task A_snapshot_kept_while_writes_are_in_flight_is_of_the_event_that_it_is_stamped_with()
    {
        await using var rig = new ServerRig(static options => options with { SnapshotEvents = 6 });
        await rig.RegisterAsync("a", "c");
        Task<Reply<PushReply>>[] pushes;
        using (rig.HoldWrites())
        {
            pushes = [.. Enumerable.Range(1, 12).Select(i => rig.PushAsync("a", rig.Inserts("c", Guid.NewGuid(), (i, $"k{i}", "v"))))];
            Assert.Empty(await rig.PullAllAsync("a", "c"));
        }

        Assert.All(await Task.WhenAll(pushes), static reply => Assert.Null(reply.Refusal));
        await rig.SnapshotIsKeptAsync();
        await rig.RestartAsync();
        Assert.Null((await rig.PushAsync("a", rig.Inserts("c", Guid.NewGuid(), (13, "k13", "v")))).Refusal);
        Assert.Equal(Enumerable.Range(1, 13).Select(i => $"k{i}"), (await rig.PullAllAsync("a", "c")).Select(c => c.Key));
    }
}
