using Akka.Actor;
using HeliosSync.Domain;

namespace HeliosSync.Actors.Tenants;

/// <summary>The one way from a request to a tenant: finds it, asks it once, and waits for its one reply.</summary>
internal sealed class TenantPort(ITenantLocator locator, TimeSpan timeout)
{
    public async Task<Reply<T>> AskAsync<T>(ITenantMessage message)
        where T : class
    {
        if (locator.Find(message.Tenant).Local is not { } tenant)
        {
            return new Reply<T>(ComeAgain.Overloaded, null);
        }

        try
        {
            return await tenant.Ask<object>(message, timeout).ConfigureAwait(false) switch
            {
                T value => new Reply<T>(null, value),
                Refusal refusal => new Reply<T>(refusal, null),
                var other => throw new InvalidOperationException($"A tenant answered {message.GetType()} with {other.GetType()}."),
            };
        }
        catch (AskTimeoutException)
        {
            return new Reply<T>(ComeAgain.StorageUnavailable, null);
        }
    }
}
