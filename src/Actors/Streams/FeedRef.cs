using Akka.Actor;
using HeliosSync.Actors.Tenants;
using HeliosSync.Domain;

namespace HeliosSync.Actors.Streams;

/// <summary>The place where a tenant tells a stream that its head moved, for the stream's whole life.</summary>
internal sealed class FeedRef(IActorRefProvider provider, Feed feed) : MinimalActorRef, IEquatable<IActorRef>
{
    /// <summary>It has no place of its own: nobody can find it who was not given it.</summary>
    public override ActorPath Path => Provider.DeadLetters.Path;

    /// <inheritdoc/>
    public override IActorRefProvider Provider => provider;

    /// <summary>By itself, not by its path.</summary>
    bool IEquatable<IActorRef>.Equals(IActorRef? other) => ReferenceEquals(this, other);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => ReferenceEquals(this, obj);

    /// <inheritdoc/>
    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);

    /// <inheritdoc/>
    protected override void TellInternal(object message, IActorRef sender)
    {
        switch (message)
        {
            case Moved moved:
                feed.Move(moved);
                break;
            case Refusal refusal:
                feed.End(refusal);
                break;
        }
    }
}
