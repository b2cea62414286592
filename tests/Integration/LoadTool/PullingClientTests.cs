using System.Globalization;
using System.Text;
using HeliosSync.Load;
using HeliosSync.Load.Clients;

namespace HeliosSync.Integration.LoadTool;

/// <summary>What the load tool's pulling clients notice.</summary>
public sealed class PullingClientTests
{
    [Fact]
    public void A_change_that_is_given_otherwise_the_second_time_is_a_contradiction()
    {
        var given = new Given();
        Assert.Equal(new PageExtent(2, 1, 2), given.Take(Page(1, [1, 2])).Extent);
        Assert.Equal(new PageExtent(2, 1, 2), given.Take(Page(2, [1, 2])).Extent);
        Assert.Equal(new PageExtent(1, 2, 2), given.Take(Page(3, [2])).Extent);
        Assert.Empty(given.Contradictions);
        Assert.Equal((5, 2), (given.Changes, given.Highest));
        given.Take(Page(4, [2, 3], data: 9));
        Assert.Single(given.Contradictions);
    }

    [Fact]
    public void What_stands_around_the_changes_is_read_of_every_page_also_of_one_that_came_before()
    {
        var given = new Given();
        Assert.Equal(2, given.Take(Page(1, [1, 2])).Page.HeadLsn);
        Assert.Equal(7, given.Take(Page(2, [1, 2], head: 7)).Page.HeadLsn);
        Assert.Equal(default, given.Take(Page(3, [])).Extent);
        Assert.Throws<InvalidDataException>(() => given.Take("""{"error":"none","code":"NOT_FOUND"}"""u8.ToArray()));
    }

    /// <summary>Baseline (a) serves whatever lies there as pages.</summary>
    [Theory]
    [InlineData(null, 1, 2, 3)]
    [InlineData("a page that skips or repeats", 1, 3)]
    [InlineData("a page that skips or repeats", 2, 3)]
    [InlineData("a page that skips or repeats", 1, 1, 2)]
    public async Task A_page_that_leaves_a_change_out_or_gives_one_twice_is_noticed(string? error, params int[] lsns)
    {
        await using var site = new Site();
        var pages = Directory.CreateDirectory(Path.Combine(site.DataDir, "pages"));
        await File.WriteAllBytesAsync(Path.Combine(pages.FullName, "0"), Page(1, lsns), CancellationToken.None);
        var server = await site.StartAsync(
            static start => start with { Program = "heliossync-baselines", Arguments = ["bare"] }, CancellationToken.None);
        using var http = SyncClient.Connect(server.Address);
        var puller = new Puller(new SyncClient(http, "client", null), new Given(), base64: false);
        Assert.Equal(error, (await puller.PullToHeadAsync(CancellationToken.None)).Error);
        Assert.Equal(error is null ? lsns[^1] : 0, puller.Position);
    }

    [Fact]
    public async Task A_change_that_only_a_reader_saw_otherwise_and_readers_that_saw_nothing_are_noticed()
    {
        await using var site = new Site();
        var plan = new PushPlan("given", 1, 5, DataBytes: 30, Base64: false);
        using var fleet = new Fleet(1, plan, site.Tokens, (await site.StartServerAsync(CancellationToken.None)).Address);
        await fleet.RegisterAsync(CancellationToken.None);
        fleet.Prepare(0);
        Assert.Null((await fleet.PushAsync(0, CancellationToken.None)).Error);

        var readers = new Readers(fleet, base64: false);
        Assert.False((await readers.AuditAsync(CancellationToken.None)).Holds);
        Assert.True((await readers.CatchUpAsync(CancellationToken.None)).Holds);
        Assert.True((await readers.AuditAsync(CancellationToken.None)).Holds);
        fleet.Tenants[0].Ledger.Note(0, 6, 6);
        Assert.False((await readers.CatchUpAsync(CancellationToken.None)).Holds);

        Assert.False(await HoldsAsync(Page(1, [1])));
        Assert.False(await HoldsAsync(Page(1, [6])));

        async Task<bool> HoldsAsync(byte[] page)
        {
            var given = new Given();
            given.Take(page);
            var ledger = new Ledger();
            for (var lsn = 1; lsn <= 5; lsn++)
            {
                ledger.Note(0, lsn, lsn);
            }

            return (await new Audit(fleet.Of(0), ledger, plan, given).RunAsync(CancellationToken.None)).Holds;
        }
    }

    [Theory]
    [InlineData(3, 10)]
    [InlineData(8, 8)]
    [InlineData(1, 4)]
    public void Copies_share_clients_so_that_each_has_its_own_and_none_is_left_out(int copies, int clients)
    {
        var turns = new Turns(copies, clients);
        var taken = Enumerable.Range(0, copies)
            .SelectMany(copy => Enumerable.Range(0, clients).Select(_ => turns.Next(copy)).Distinct());
        Assert.Equal(Enumerable.Range(0, clients), taken.Order());
    }

    private static byte[] Page(int request, int[] lsns, int data = 0, int? head = null)
    {
        var last = lsns.Length > 0 ? lsns[^1] : 0;
        var changes = string.Join(',', lsns.Select(lsn => string.Create(
            CultureInfo.InvariantCulture,
            $$"""
            {"lsn":{{lsn}},"table":"t","operation":"Insert","key":[1],"data":[{{data}}],"checksum":1,"author":"a","author_lsn":1}
            """)));
        return Encoding.UTF8.GetBytes(
            $$"""
            {"type":"pull_response","request_id":"{{request}}","changes":[{{changes}}],"server_lsn":{{last}},
            "has_more":false,"continuation_token":null,"head_lsn":{{head ?? last}}}
            """);
    }
}
