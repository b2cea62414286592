using Akka.Actor;

namespace HeliosSync.Actors.Tenants;

/// <summary>
/// Asks a tenant once and completes with its one reply: what the message is answered with, or a <see cref="Domain.Refusal"/>.
/// </summary>
internal delegate Task<object> AskTenant(ITenantMessage message);

/// <summary>The one way from a request to a tenant's actor: finds it, asks it, and does not wait for ever.</summary>
internal sealed class TenantPort(ITenantLocator locator, IActorRefProvider provider, TimeSpan timeout)
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
}
