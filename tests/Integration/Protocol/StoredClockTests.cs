using System.Text.Json.Nodes;
using HeliosSync.Integration.Protocol.Rig;

namespace HeliosSync.Integration.Protocol;

/// <summary>The clock that an accepted change is stored and pulled with has the entries of protocol 5.3 and no others.</summary>
public sealed class StoredClockTests(Site site) : IClassFixture<Site>
{
    private string _server = "";

    [Fact]
    public async Task A_change_without_a_clock_has_the_servers_entry_alone()
    {
        var (a, _) = await TwoAsync();
        Assert.Equal([(_server, 1)], await StoredAsync(a, Body.Clock()));
        Assert.Equal([(_server, 2)], await StoredAsync(a, Body.Clock(("a", 0))));
    }

    [Fact]
    public async Task The_servers_entry_is_the_changes_own_number_whatever_was_sent()
    {
        var (a, _) = await TwoAsync();
        await StoredAsync(a, Body.Clock());
        Assert.Equal([(_server, 2), ("a", 7)], await StoredAsync(a, Body.Clock((_server, 1), ("a", 7))));
    }

    [Fact]
    public async Task The_authors_entry_is_kept_even_where_it_does_not_grow()
    {
        var (a, _) = await TwoAsync();
        Assert.Equal([(_server, 1), ("a", 5)], await StoredAsync(a, Body.Clock(("a", 5))));
        Assert.Equal([(_server, 2), ("a", 3)], await StoredAsync(a, Body.Clock(("a", 3))));
    }

    [Fact]
    public async Task Of_other_nodes_only_registered_ones_are_kept()
    {
        var (a, _) = await TwoAsync();
        var clock = Body.Clock(("a", 1), ("b", 4), ("never-registered", 9), ("b#2", 9), (Body.NewId(), 9));
        Assert.Equal([(_server, 1), ("a", 1), ("b", 4)], await StoredAsync(a, clock));
    }

    [Fact]
    public async Task Of_other_nodes_only_entries_above_their_own_accepted_counters_are_kept()
    {
        var (a, b) = await TwoAsync();
        await StoredAsync(b, Body.Clock(("b", 5)));
        Assert.Equal([(_server, 2), ("a", 1)], await StoredAsync(a, Body.Clock(("a", 1), ("b", 5))));
        Assert.Equal([(_server, 3), ("a", 2)], await StoredAsync(a, Body.Clock(("a", 2), ("b", 4))));
        Assert.Equal([(_server, 4), ("a", 3), ("b", 6)], await StoredAsync(a, Body.Clock(("a", 3), ("b", 6))));

        // What a says of b is no word of b's own: the entry is still news the next time.
        Assert.Equal([(_server, 5), ("a", 4), ("b", 6)], await StoredAsync(a, Body.Clock(("a", 4), ("b", 6))));
    }

    [Fact]
    public async Task With_two_hundred_clients_a_stored_clock_has_two_entries()
    {
        var tenant = site.NewTenant();
        var devices = await Task.WhenAll(Enumerable.Range(0, 200).Select(n => site.DeviceAsync(tenant, $"c{n}")));
        _server = (await devices[0].RegisterAsync()).Ok().ServerNode;
        await Task.WhenAll(devices.Select(d => d.PushAsync(Change.Insert(1, d.Client, "x", new()
        {
            ["vector_clock"] = Body.Clock((d.Client,
            1))
        }))));
        var everyone = Body.Clock([.. devices.Select(static d => (d.Client, 1L)), ("c7", 2)]);
        Assert.Equal([(_server, 201), ("c7", 2)], await StoredAsync(devices[7], everyone, localLsn: 2));
    }

    /// <summary>Pushes a row of its own with that clock, and the clock as it is pulled: the server's entry first.</summary>
    private async Task<IEnumerable<(string, long)>> StoredAsync(Device device, JsonObject clock, long? localLsn = null)
    {
        var lsn = localLsn ?? (await device.PullAsync()).Ok().HeadLsn + 1;
        var assigned = (await device.PushAsync(Change.Insert(lsn, Body.NewId(), "x",
            new() { ["vector_clock"] = clock.DeepClone() }))).Ok().Assigned;
        var stored = (await device.PullAsync(assigned.Single() - 1)).Ok().Changes[0].Clock();
        return stored.OrderBy(e => e.Key != _server).ThenBy(static e => e.Key, StringComparer.Ordinal).Select(static e => (e.Key, e.Value));
    }

    private async Task<(Device A, Device B)> TwoAsync()
    {
        var tenant = site.NewTenant();
        var (a, b) = (await site.DeviceAsync(tenant, "a"), await site.DeviceAsync(tenant, "b"));
        _server = (await a.RegisterAsync()).Ok().ServerNode;
        return (a, b);
    }
}
