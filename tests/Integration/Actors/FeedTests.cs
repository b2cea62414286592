using System.Text;
using System.Text.Json.Nodes;
using Akka.Actor;
using HeliosSync.Actors;
using HeliosSync.Actors.Streams;
using HeliosSync.Actors.Tenants;
using HeliosSync.Domain;
using HeliosSync.Integration.Protocol.Rig;

namespace HeliosSync.Integration.Actors;

/// <summary>Streams and waits over the real actors, without HTTP.</summary>
public sealed class FeedTests : IAsyncLifetime
{
    private static readonly TenantId Tenant = ServerRig.Tenant("a");
    private static readonly Refusal Expired = new(ErrorCode.Unauthorized, "expired");

    private readonly ServerRig _rig = new();
    private long _localLsn;

    public async Task InitializeAsync()
    {
        await _rig.RegisterAsync("a", "writer");
        await _rig.RegisterAsync("a", "reader");
    }

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Fact]
    public async Task A_tenant_that_is_put_out_ends_its_streams_and_wakes_those_who_wait()
    {
        using var feed = await OpenAsync(Pull("reader"));
        var next = feed.NextAsync().AsTask();
        var wait = WaitAsync(Pull("writer"), 0);
        _rig.Server.Tenants.Tell(new Idle(Tenant));
        var item = await next;
        Assert.Equal((FeedStep.End, ErrorCode.Overloaded), (item.Step, item.Why!.Code));
        var woken = await wait;
        Assert.Null(woken.Refusal);
        Assert.Equal(new WaitReply(true, 0), woken.Value);
    }

    /// <summary>Another tenant, which was asked later, is put out by then: so is this one's time over.</summary>
    [Fact]
    public async Task A_tenant_with_a_stream_or_a_wait_is_not_put_out_for_being_idle()
    {
        await using var rig = new ServerRig(static o => o with { PassivateAfter = TimeSpan.FromMilliseconds(200) });
        await rig.RegisterAsync("a", "c");
        var (_, feed) = await rig.Server.OpenStreamAsync(
            Tenant, Pull("c"), new FeedTerms(DateTime.MaxValue, Expired, static () => { }));
        using var opened = feed!;
        var next = opened.NextAsync().AsTask();
        await rig.RegisterAsync("b", "c");
        var b = ServerRig.Tenant("b");
        var wait = rig.Server.WaitAsync(b, Pull("c"), 0, TimeSpan.FromMinutes(1), default, default);
        await rig.RegisterAsync("idle", "c");
        Assert.True(SpinWait.SpinUntil(() => rig.Server.Running.Find(ServerRig.Tenant("idle")) is null, TimeSpan.FromSeconds(60)));
        Assert.NotNull(rig.Server.Running.Find(Tenant));
        Assert.NotNull(rig.Server.Running.Find(b));
        Assert.Null((await rig.PushAsync("a", rig.Inserts("c", Guid.NewGuid(), (1, "k", "v")))).Refusal);
        Assert.Null((await rig.PushAsync("b", rig.Inserts("c", Guid.NewGuid(), (1, "k", "v")))).Refusal);
        Assert.Equal(FeedStep.Event, (await next).Step);
        Assert.True((await wait).Value!.Moved);
        opened.Dispose();
        Assert.True(SpinWait.SpinUntil(() => rig.Server.Running.Find(Tenant) is null, TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public async Task A_wait_that_comes_while_its_tenant_is_put_out_is_woken_by_the_next_push()
    {
        _rig.Server.Tenants.Tell(new Idle(Tenant));
        var wait = WaitAsync(Pull("reader"), 0);
        await PushAsync("k");
        Assert.Equal(new WaitReply(true, 0), (await wait).Value);
    }

    [Fact]
    public async Task A_client_with_a_stream_is_live_and_a_stream_ended_from_outside_says_why()
    {
        using var feed = await OpenAsync(Pull("reader"));
        var actor = _rig.Server.Running.Find(Tenant);
        Assert.NotNull(actor);
        feed.End(Expired);
        var last = await feed.NextAsync();
        Assert.Equal(new FeedItem(FeedStep.End, default, Expired), last);
        Assert.Equal(last, await feed.NextAsync());
        Assert.Equal(1, _rig.Server.OpenStreams);
        feed.Dispose();
        Assert.Equal(0, _rig.Server.OpenStreams);
        Assert.Equal(FeedStep.Gone, (await feed.NextAsync()).Step);
    }

    [Fact]
    public async Task After_the_end_of_all_streams_each_new_one_ends_at_once()
    {
        _rig.Server.EndStreams(Expired);
        using var feed = await OpenAsync(Pull("reader"));
        Assert.Equal(FeedStep.End, (await feed.NextAsync()).Step);
    }

    /// <summary>
    /// For any interleaving of pushes, reads, cuts and resumes, what a stream's reader has is exactly what a pull from 0 gives under the
    /// same filter: no gap, no double, no other order.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public async Task A_stream_cut_and_resumed_anywhere_has_what_a_pull_from_0_has(int seed)
    {
        var chance = new Random(seed);
        var books = new[]
        {
            new Book(Pull("reader", 1 + chance.Next(3))),
            new Book(Pull("writer", 1 + chance.Next(3), excludeOwn: true)),
            new Book(Pull("filter", 1 + chance.Next(3), tables: ["t"])),
            new Book(Pull("nothing", 1_000, tables: ["none"])),
        };
        await Task.WhenAll(books.Select(b => _rig.RegisterAsync("a", b.Pull.Client.Value)));
        for (var step = 0; step < 60; step++)
        {
            var book = books[chance.Next(books.Length)];
            switch (chance.Next(4))
            {
                case 0:
                    await PushAsync([.. Enumerable.Range(0, 1 + chance.Next(4)).Select(i => $"{seed}-{step}-{i}")], chance.Next(3) == 0);
                    break;
                case 1:
                    book.Cut();
                    break;
                default:
                    book.Feed ??= await OpenAsync(book.Pull with { SinceLsn = book.Position });
                    await book.ReadAsync(events: chance.Next(3));
                    break;
            }
        }

        foreach (var book in books)
        {
            var expected = await PulledAsync(book.Pull);
            book.Feed ??= await OpenAsync(book.Pull with { SinceLsn = book.Position });
            while (book.Lsns.Count < expected.Count)
            {
                await book.ReadAsync(events: 1);
            }

            Assert.Equal(expected, book.Lsns);
            Assert.False(book.HasNext);
            book.Cut();
        }

        Assert.Equal(0, _rig.Server.OpenStreams);
    }

    private static Pull Pull(string client, int max = 1_000, bool excludeOwn = false, string[]? tables = null) =>
        new(Guid.Empty, ServerRig.Client(client), 0, max, null, null, tables, excludeOwn, false, false);

    private Task<Reply<WaitReply>> WaitAsync(Pull pull, long after) =>
        _rig.Server.WaitAsync(Tenant, pull, after, TimeSpan.FromMinutes(1), default, default);

    private async Task<Feed> OpenAsync(Pull pull)
    {
        var (refusal, feed) = await _rig.Server.OpenStreamAsync(Tenant, pull, new FeedTerms(DateTime.MaxValue, Expired, static () => { }));
        Assert.Null(refusal);
        return feed!;
    }

    private Task PushAsync(string key) => PushAsync([key], byReader: false);

    private async Task PushAsync(string[] keys, bool byReader)
    {
        var push = _rig.Inserts(byReader ? "reader" : "writer", Guid.NewGuid(), [.. keys.Select(k => (++_localLsn, k, "v"))]);
        Assert.Null((await _rig.PushAsync("a", push)).Refusal);
    }

    private async Task<List<long>> PulledAsync(Pull pull)
    {
        var (lsns, since) = (new List<long>(), 0L);
        while (true)
        {
            var page = (await _rig.Server.PullAsync(Tenant, pull with { SinceLsn = since })).Value!.Page;
            lsns.AddRange(page.Changes.Select(static c => c.Lsn));
            since = page.ServerLsn;
            if (!page.HasMore)
            {
                return lsns;
            }
        }
    }

    /// <summary>A reader that keeps what it is sent, and the last id.</summary>
    private sealed class Book(Pull pull)
    {
        private Task<FeedItem>? _next;

        public Pull Pull => pull;

        public List<long> Lsns { get; } = [];

        public long Position { get; private set; }

        public Feed? Feed { get; set; }

        public bool HasNext => _next is { IsCompleted: true };

        /// <summary>Reads as many events as are there, up to that many; where the stream waits, it is left waiting.</summary>
        public async Task ReadAsync(int events)
        {
            for (var i = 0; i < events; i++)
            {
                var next = _next ??= Feed!.NextAsync().AsTask();
                if (!next.IsCompleted)
                {
                    // Let what is on its way come; whether it comes now or later is one more interleaving.
                    await Task.Yield();
                    return;
                }

                _next = null;
                Take(await next);
            }
        }

        public void Cut()
        {
            Feed?.Dispose();
            (Feed, _next) = (null, null);
        }

        private void Take(FeedItem item)
        {
            Assert.Equal(FeedStep.Event, item.Step);
            var lines = Encoding.UTF8.GetString(item.Event.Span).Split('\n');
            var page = JsonNode.Parse(lines[1]["data: ".Length..])!.AsObject();
            Position = page.Long("server_lsn");
            Assert.Equal($"id: {Position}", lines[0]);
            Assert.NotEmpty(page.Objects("changes"));
            Lsns.AddRange(page.Objects("changes").Select(static c => c.Long("lsn")));
        }
    }
}
