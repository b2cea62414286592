using System.Collections.Concurrent;
using Akka.Actor;
using HeliosSync.Actors.Tenants;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Actors.Streams;

/// <summary>
/// The live streams of this server. One look a second goes over all of them, whose time it is to send a comment or to end: so an idle
/// stream has no timer of its own. Thread-safe.
/// </summary>
internal sealed class Feeds : IFeedSource, IDisposable
{
    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<Feed, byte> _open = new();
    private readonly FanOut _fanOut = new();
    private readonly TenantPort _port;
    private readonly IActorRefProvider _provider;
    private readonly FeedPages _pages;
    private readonly ITimer _sweeps;
    private Refusal? _stopping;

    public Feeds(
        TenantPort port,
        IActorRefProvider provider,
        Func<TenantId, Pull, long, Task<Reply<PullReply>>> read,
        long firstSyncChanges,
        ZstdFrames zstd,
        TimeProvider time)
    {
        (_port, _provider, Time) = (port, provider, time);
        _pages = new FeedPages(read, new StreamEventWriter(new PullWriter(zstd)), firstSyncChanges, _fanOut.Behind);
        _sweeps = time.CreateTimer(static feeds => ((Feeds)feeds!).Sweep(), this, SweepEvery, SweepEvery);
    }

    /// <inheritdoc/>
    public TimeProvider Time { get; }

    /// <summary>Streams that are open now.</summary>
    public int Count => _open.Count;

    /// <summary>Opens a stream, which whoever asked for it has to dispose; or says why not.</summary>
    public async Task<Reply<Feed>> OpenAsync(TenantId tenant, Pull pull, FeedTerms terms)
    {
        var feed = new Feed(tenant, pull, terms, this);
        _open.TryAdd(feed, 0);
        var (refusal, opened) = await feed.OpenAsync().ConfigureAwait(false);
        if (opened is null)
        {
            feed.Dispose();
            return new Reply<Feed>(refusal, null);
        }

        feed.Begin(opened.HeadLsn);
        if (Volatile.Read(ref _stopping) is { } stopping)
        {
            feed.End(stopping);
        }

        return new Reply<Feed>(null, feed);
    }

    /// <summary>Ends every stream, those that are just being opened too.</summary>
    public void EndAll(Refusal why)
    {
        Volatile.Write(ref _stopping, why);
        foreach (var (feed, _) in _open)
        {
            feed.End(why);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _sweeps.Dispose();

    FeedRef IFeedSource.RefOf(Feed feed) => new(_provider, feed);

    async Task<Reply<T>> IFeedSource.AskAsync<T>(ITenantMessage message) =>
        TenantAnswer.Of<T>(message, await _port.AskAsync(message).ConfigureAwait(false));

    void IFeedSource.Await(Feed feed, Waiter waiter, IActorRef to) => _port.Tell(new AwaitChange(feed.Tenant, waiter), to);

    Task<Reply<FeedPage>> IFeedSource.ReadAsync(Feed feed, long after, long head) =>
        _pages.ReadAsync(feed.Tenant, feed.Pull, after, head);

    void IFeedSource.GoOn(TaskCompletionSource waiting) => _fanOut.Add(waiting);

    void IFeedSource.Close(Feed feed, IActorRef to)
    {
        if (_open.TryRemove(feed, out _))
        {
            _port.TellRunning(feed.Tenant, StopAwaiting.Instance, to);
            _port.TellRunning(feed.Tenant, new StreamClosed(feed.Pull.Client, feed), to);
        }
    }

    private void Sweep()
    {
        var (now, timestamp) = (Time.GetUtcNow().UtcDateTime, Time.GetTimestamp());
        foreach (var (feed, _) in _open)
        {
            feed.Sweep(now, timestamp);
        }

        _pages.Trim();
    }
}
