using HeliosSync.Domain;

namespace HeliosSync.Host;

/// <summary>Makes a held registration the caller's own, at the first request with a token of that client (protocol 4.1).</summary>
internal sealed class HeldClaims(HeldRegistrations held, SyncService service, AuditWatcher audit)
{
    /// <summary>Registers what is held for the caller, if anything is; the request goes on unless that was refused.</summary>
    public async ValueTask<Refusal?> SettleAsync(Exchange exchange)
    {
        var (tenant, client) = (exchange.Caller!.Tenant, exchange.Caller.Client);
        if (held.Claim(client, tenant) is not { } entry)
        {
            return null;
        }

        var (refusal, _) = await service.Server.RegisterAsync(tenant, entry.Register);
        if (refusal is null)
        {
            audit.Registered(exchange);
        }

        if (refusal is null || !ErrorCatalogue.Of(refusal.Code).Retry)
        {
            held.Release(entry);
        }

        return refusal;
    }

    /// <summary>The caller has registered with its token, which says more than what is held.</summary>
    public void Drop(Caller caller)
    {
        if (held.Claim(caller.Client, caller.Tenant) is { } entry)
        {
            held.Release(entry);
        }
    }
}
