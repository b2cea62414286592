using Akka.Actor;

namespace HeliosSync.Actors.Tenants;

/// <summary>
/// Asks a tenant once and completes with its one reply: what the message is answered with, or a <see cref="Domain.Refusal"/>.
/// </summary>
internal delegate Task<object> AskTenant(ITenantMessage message);

/// <summary>The one way from a request to a tenant's actor: finds it, asks it, and does not wait for ever.</summary>
internal sealed class TenantPort(ITenantLocator locator, TimeSpan timeout)
{
    public async Task<object> AskAsync(ITenantMessage message)
    {
        if (locator.Find(message.Tenant).Local is not { } tenant)
        {
            return ComeAgain.Overloaded;
        }

        try
        {
            return await tenant.Ask<object>(message, timeout).ConfigureAwait(false);
        }
        catch (AskTimeoutException)
        {
            return ComeAgain.StorageUnavailable;
        }
    }
}
