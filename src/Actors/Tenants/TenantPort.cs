using Akka.Actor;
using HeliosSync.Domain;

namespace HeliosSync.Actors.Tenants;

/// <summary>
/// Asks a tenant once and completes with its one reply: what the message is answered with, or a <see cref="Refusal"/>.
/// </summary>
internal delegate Task<object> AskTenant(ITenantMessage message);

/// <summary>Reads a tenant's one reply.</summary>
internal static class TenantAnswer
{
    /// <summary>The value that the message asks for, or why there is none. A reply of another kind is a bug.</summary>
    public static Reply<T> Of<T>(ITenantMessage message, object answer)
        where T : class => answer switch
        {
            T value => new Reply<T>(null, value),
            Refusal refusal => new Reply<T>(refusal, null),
            _ => throw new InvalidOperationException($"A tenant answered {message.GetType()} with {answer.GetType()}."),
        };
}

/// <summary>The one way from a request to a tenant's actor: finds it, asks it, and does not wait for ever.</summary>
/// <param name="locator">Finds tenants.</param>
/// <param name="running">The tenants that run here.</param>
/// <param name="provider">Where references come from.</param>
/// <param name="timeout">How long an answer is waited for.</param>
internal sealed class TenantPort(ITenantLocator locator, TenantDirectory running, IActorRefProvider provider, TimeSpan timeout)
{
    public async Task<object> AskAsync(ITenantMessage message)
    {
        if (locator.Find(message.Tenant).Local is not { } tenant)
        {
            return ComeAgain.Overloaded;
        }

        var asker = new AnswerRef(provider);
        tenant.Tell(message, asker);
        try
        {
            return await asker.Answer.WaitAsync(timeout).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return ComeAgain.StorageUnavailable;
        }
    }

    /// <summary>Tells a tenant something that it answers to somebody later, perhaps much later.</summary>
    public void Tell(ITenantMessage message, IActorRef from)
    {
        if (locator.Find(message.Tenant).Local is { } tenant)
        {
            tenant.Tell(message, from);
        }
        else
        {
            from.Tell(ComeAgain.Overloaded);
        }
    }

    /// <summary>Tells a tenant something that only matters while it is in memory: one that is not has nothing to forget.</summary>
    public void TellRunning(TenantId tenant, object message, IActorRef from) => running.Find(tenant)?.Tell(message, from);

    /// <summary>
    /// Waits until the tenant tells that a change which the waiter wants is durable; null where the time was over first, or
    /// <paramref name="enough"/> said so. Whoever asked may go away (<paramref name="gone"/>), which is an exception. Nothing of it is left
    /// at the tenant then.
    /// </summary>
    public async Task<object?> AwaitAsync(
        TenantId tenant, Waiter waiter, TimeSpan wait, TimeProvider time, CancellationToken gone, CancellationToken enough)
    {
        var asker = new AnswerRef(provider);
        Tell(new AwaitChange(tenant, waiter), asker);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(gone, enough);
        try
        {
            return await asker.Answer.WaitAsync(wait, time, either.Token).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return null;
        }
        catch (OperationCanceledException) when (!gone.IsCancellationRequested)
        {
            return null;
        }
        finally
        {
            waiter.Leave();
            if (!asker.Answer.IsCompleted)
            {
                TellRunning(tenant, StopAwaiting.Instance, asker);
            }
        }
    }
}
