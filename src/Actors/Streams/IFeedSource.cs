using Akka.Actor;
using HeliosSync.Actors.Tenants;

namespace HeliosSync.Actors.Streams;

/// <summary>What a stream reads from, and waits on.</summary>
internal interface IFeedSource
{
    /// <summary>The clock.</summary>
    TimeProvider Time { get; }

    /// <summary>Where a tenant tells the stream something.</summary>
    FeedRef RefOf(Feed feed);

    /// <summary>Asks a tenant.</summary>
    Task<Reply<T>> AskAsync<T>(ITenantMessage message)
        where T : class;

    /// <summary>Has the tenant tell the stream, once, when a change that it wants is durable.</summary>
    void Await(Feed feed, Waiter waiter, IActorRef to);

    /// <summary>The next event above that LSN, where the head is known to be that far.</summary>
    Task<Reply<FeedPage>> ReadAsync(Feed feed, long after, long head);

    /// <summary>Has a stream go on that waited.</summary>
    void GoOn(TaskCompletionSource waiting);

    /// <summary>The stream is over.</summary>
    void Close(Feed feed, IActorRef to);
}
