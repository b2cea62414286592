using System.Text;
using HeliosSync.Domain;

namespace HeliosSync.Integration.Actors;

/// <summary>Pages that are read from the journal's table, where the events of all tenants stand side by side.</summary>
public sealed class PageTests
{
    /// <summary>Tenants push in turns, so that each finds the others' events under the numbers that it asks for.</summary>
    [Fact]
    public async Task Pages_repeats_and_reports_from_the_journal_hold_one_tenants_changes()
    {
        await using var rig = new ServerRig(static options => options with { TailBytesPerTenant = 0 });
        string[] tenants = ["a", "b", "a.b"];
        var pushes = new Dictionary<string, Push>();
        foreach (var tenant in tenants)
        {
            await rig.RegisterAsync(tenant, "c");
            await rig.RegisterAsync(tenant, "d");
        }

        for (var i = 1; i <= 5; i++)
        {
            foreach (var tenant in tenants)
            {
                pushes[tenant] = rig.Inserts("c", Guid.NewGuid(), (i, $"k{i}", $"{tenant} {i}"));
                Assert.Null((await rig.PushAsync(tenant, pushes[tenant])).Refusal);
            }
        }

        foreach (var tenant in tenants)
        {
            var expected = Enumerable.Range(1, 5).Select(i => ((long)i, $"k{i}", $"{tenant} {i}"));
            Assert.Equal(expected, await rig.PullAllAsync(tenant, "c"));
            Assert.Equal(expected, await rig.PullAllAsync(tenant, "c", maxEntries: 2));

            var again = (await rig.PushAsync(tenant, pushes[tenant])).Value!;
            Assert.Contains($"{tenant} 5", Encoding.UTF8.GetString(again.Event.Span), StringComparison.Ordinal);

            var conflict = (await rig.PushAsync(tenant, rig.Inserts("d", Guid.NewGuid(), (1, "k3", "other")))).Value!;
            Assert.Equal($"{tenant} 3", Encoding.UTF8.GetString(conflict.ServerChanges[3].Change.Data.Span));
        }
    }

    /// <summary>
    /// A token says where the next page begins in the journal, not how many entries there were: a filter passes over the others.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public async Task Pages_of_a_filter_joined_by_their_tokens_give_each_change_once(int maxEntries)
    {
        await using var rig = new ServerRig();
        await rig.RegisterAsync("a", "c");
        await rig.RegisterAsync("a", "d");
        for (var i = 1; i <= 12; i++)
        {
            var client = i % 3 == 0 ? "d" : "c";
            Assert.Null((await rig.PushAsync("a", rig.Inserts(client, Guid.NewGuid(), (i, $"k{i}", client)))).Refusal);
        }

        var lsns = new List<long>();
        string? token = null;
        do
        {
            var pull = new Pull(Guid.NewGuid(), ServerRig.Client("c"), 0, maxEntries, token, null, null, true, false, false);
            var page = (await rig.Server.PullAsync(ServerRig.Tenant("a"), pull)).Value!;
            lsns.AddRange(page.Page.Changes.Select(c => c.Lsn));
            token = page.ContinuationToken;
        }
        while (token is not null && lsns.Count <= 4);
        Assert.Equal([3, 6, 9, 12], lsns);
    }
}
