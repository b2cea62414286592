using System.Text.Json.Nodes;
using HeliosSync.Integration.Protocol.Rig;

namespace HeliosSync.Integration.Protocol;

/// <summary>
/// Many clients at once, with every push sent twice at once: what is acknowledged is there, once, and the numbers are dense.
/// </summary>
public sealed class ConcurrencyTests(Site site) : IClassFixture<Site>
{
    private const int Clients = 64;
    private const int Pushes = 8;
    private const int ChangesEach = 3;

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(Clients)]
    public async Task Sixty_four_clients_push_at_once(int tenants)
    {
        string[] names = [.. Enumerable.Range(0, tenants).Select(_ => site.NewTenant())];
        var acknowledged = await Task.WhenAll(Enumerable.Range(0, Clients).Select(n => PushAllAsync(names[n % tenants], $"c{n}")));
        foreach (var (tenant, index) in names.Select(static (name, index) => (name, index)))
        {
            var stored = await site.Stranger(tenant, $"c{index}").PullAllAsync();
            Assert.Equal(Clients / tenants * Pushes * ChangesEach, stored.Count);
            Assert.Equal(Enumerable.Range(1, stored.Count).Select(static n => (long)n), stored.Select(static c => c.Long("lsn")));
            Assert.Equal(stored.Count, stored.Select(static c => c.KeyText()).Distinct().Count());
            var mine = acknowledged.Where((_, n) => n % tenants == index).SelectMany(static a => a);
            Assert.All(mine, a => Assert.Equal(a.Key, stored[(int)a.Lsn - 1].KeyText()));
        }
    }

    /// <summary>All want the same rows: for each, exactly one wins, and everyone else gets its version in a report.</summary>
    [Fact]
    public async Task Sixty_four_clients_insert_the_same_rows_and_each_row_has_one_author()
    {
        var tenant = site.NewTenant();
        var devices = await Task.WhenAll(Enumerable.Range(0, Clients).Select(n => site.DeviceAsync(tenant, $"c{n}")));
        var answers = await Task.WhenAll(devices.Select(d =>
            d.PushAsync([.. Enumerable.Range(1, 5).Select(row => Change.Insert(row, $"row {row}", d.Client))])));
        var stored = await devices[0].PullAllAsync();
        Assert.Equal(5, stored.Count);
        Assert.Equal(5, answers.Sum(static a => a.Ok().Accepted.Count));
        Assert.Equal((Clients - 1) * 5, answers.Sum(static a => a.Conflicts.Length));
        var byRow = stored.ToDictionary(static c => c.KeyText(), static c => c.ToJsonString());
        Assert.All(answers.SelectMany(static a => a.Conflicts), report =>
            Assert.Equal(byRow[report.KeyText()], report.Object("server_change").ToJsonString()));
    }

    [Fact]
    public async Task Readers_beside_writers_see_a_prefix_of_the_journal_and_never_a_gap()
    {
        var tenant = site.NewTenant();
        var (writer, reader) = (await site.DeviceAsync(tenant, "writer"), await site.DeviceAsync(tenant, "reader"));
        var writing = Task.WhenAll(Enumerable.Range(0, 8).Select(n => PushAllAsync(tenant, $"c{n}")));
        var seen = new List<JsonObject>();
        while (!writing.IsCompleted)
        {
            var page = (await reader.PullAsync(seen.Count)).Ok();
            seen.AddRange(page.Changes);
            Assert.Equal(seen.Count, page.ServerLsn);
            Assert.Equal(Enumerable.Range(1, seen.Count).Select(static n => (long)n), seen.Select(static c => c.Long("lsn")));
        }

        await writing;
        seen.AddRange(await reader.PullAllAsync(seen.Count));
        Assert.Equal((await writer.PullAllAsync()).Select(static c => c.ToJsonString()), seen.Select(static c => c.ToJsonString()));
    }

    private async Task<List<(long Lsn, string Key)>> PushAllAsync(string tenant, string client)
    {
        var device = await site.DeviceAsync(tenant, client);
        var acknowledged = new List<(long, string)>();
        for (var push = 0; push < Pushes; push++)
        {
            var changes = Change.Inserts(1 + (push * ChangesEach), ChangesEach, $"{client}-{push}");
            var body = Body.Push(client, changes);
            var answers = await Task.WhenAll(device.PostAsync("push", body), device.PostAsync("push", body));
            Assert.Equal(answers[0].Ok().Assigned, answers[1].Ok().Assigned);
            Assert.Equal(answers[0].Accepted, changes.Select(static c => c.Long("lsn")));
            acknowledged.AddRange(answers[0].Assigned.Zip(changes, static (lsn, change) => (lsn, change.KeyText())));
        }

        return acknowledged;
    }
}
