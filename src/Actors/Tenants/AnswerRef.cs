using Akka.Actor;

namespace HeliosSync.Actors.Tenants;

/// <summary>
/// Takes the one answer to a question: an <c>Ask</c> without a name, a registration under it and a timer of its own, which together cost
/// more than the question. The first that it is told counts.
/// </summary>
internal sealed class AnswerRef(IActorRefProvider provider) : MinimalActorRef, IEquatable<IActorRef>
{
    private readonly TaskCompletionSource<object> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes with the answer, and never fails.</summary>
    public Task<object> Answer => _answer.Task;

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
    protected override void TellInternal(object message, IActorRef sender) => _answer.TrySetResult(message);
}
