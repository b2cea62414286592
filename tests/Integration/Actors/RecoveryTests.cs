using HeliosSync.Actors;

namespace HeliosSync.Integration.Actors;

/// <summary>What a restart finds: the same state, whatever it is rebuilt from, and as little reading as it must.</summary>
public sealed class RecoveryTests
{
    private static readonly Func<SyncServerOptions, SyncServerOptions> EverySixEvents =
        static options => options with { SnapshotEvents = 6 };

    [Fact]
    public async Task A_push_repeated_after_a_restart_changes_nothing_and_has_the_same_outcome()
    {
        await using var rig = new ServerRig();
        await rig.RegisterAsync("a", "c");
        var push = rig.Inserts("c", Guid.NewGuid(), (1, "k", "v"));
        var first = await rig.PushAsync("a", push);
        await rig.RestartAsync();
        var again = await rig.PushAsync("a", push);
        Assert.Equal(first.Value!.Event.ToArray(), again.Value!.Event.ToArray());
        Assert.Single(await rig.PullAllAsync("a", "c"));
    }

    [Fact]
    public async Task A_restart_reads_the_newest_snapshot_and_only_the_events_after_it()
    {
        await using var rig = new ServerRig(EverySixEvents);
        var expected = await FillAsync(rig, 20);
        await rig.SnapshotIsKeptAsync();
        await rig.Server.DisposeAsync();
        var kept = rig.Sql("SELECT MAX(sequence_number) FROM snapshot", "snapshots.db");
        // The first is kept early, by up to half of the six.
        Assert.InRange(kept, 3, 21);

        // Whoever reads an event below the snapshot in recovery now fails; a page of them would too, so it is put back before the pull.
        rig.Sql($"UPDATE journal SET manifest = 'unreadable/' || manifest WHERE sequence_number <= {kept}");
        await rig.RestartAsync();
        Assert.Null((await rig.RegisterAsync("a", "c")).Refusal);
        rig.Sql("UPDATE journal SET manifest = REPLACE(manifest, 'unreadable/', '')");
        Assert.Equal(expected, (await rig.PullAllAsync("a", "c")).Select(c => c.Key));
    }

    [Theory]
    [InlineData("UPDATE snapshot SET snapshot = x'00'")]
    [InlineData("UPDATE snapshot SET snapshot = substr(snapshot, 1, length(snapshot) - 1) || x'55'")]
    [InlineData("DELETE FROM snapshot")]
    public async Task A_snapshot_that_is_corrupt_or_gone_costs_time_and_nothing_else(string damage)
    {
        await using var rig = new ServerRig(EverySixEvents);
        var expected = await FillAsync(rig, 20);
        await rig.SnapshotIsKeptAsync();
        await rig.Server.DisposeAsync();
        rig.Sql(damage, "snapshots.db");
        await rig.RestartAsync();
        Assert.Null((await rig.RegisterAsync("a", "c")).Refusal);
        Assert.Equal(expected, (await rig.PullAllAsync("a", "c")).Select(c => c.Key));
    }

    [Fact]
    public async Task Pages_from_the_journal_are_the_pages_from_memory()
    {
        await using var rig = new ServerRig(static options => options with { TailBytesPerTenant = 0 });
        var expected = await FillAsync(rig, 300);
        foreach (var size in new[] { 1, 7, 1_000 })
        {
            Assert.Equal(expected, (await rig.PullAllAsync("a", "c", size)).Select(c => c.Key));
        }
    }

    [Fact]
    public async Task Registered_clients_are_counted_over_all_tenants_and_after_a_restart()
    {
        await using var rig = new ServerRig();
        foreach (var (tenant, client) in new[] { ("a", "c"), ("a", "d"), ("b", "c"), ("a", "c") })
        {
            await rig.RegisterAsync(tenant, client);
        }

        Assert.Equal(3, rig.Server.RegisteredClients);
        await rig.RestartAsync();
        Assert.Equal(3, rig.Server.RegisteredClients);
    }

    private static async Task<List<string>> FillAsync(ServerRig rig, int pushes)
    {
        await rig.RegisterAsync("a", "c");
        for (var i = 1; i <= pushes; i++)
        {
            Assert.Null((await rig.PushAsync("a", rig.Inserts("c", Guid.NewGuid(), (i, $"k{i}", $"v{i}")))).Refusal);
        }

        return [.. Enumerable.Range(1, pushes).Select(i => $"k{i}")];
    }
}
