using Akka.Actor;
using HeliosSync.Actors.Tenants;
using HeliosSync.Domain;

namespace HeliosSync.Actors;

/// <summary>Where a tenant is served: here, at another node's address, or (both null) nowhere at the moment.</summary>
/// <param name="Local">What to ask, where it is here.</param>
/// <param name="Remote">Where to forward the request whole, where it is elsewhere.</param>
public readonly record struct TenantPlace(ICanTell? Local, Uri? Remote);

/// <summary>Finds tenants. The only way to an actor from outside: a later cluster puts its own in this place.</summary>
public interface ITenantLocator
{
    /// <summary>Where that tenant is served.</summary>
    TenantPlace Find(TenantId tenant);
}

/// <summary>A server that is alone serves every tenant itself.</summary>
/// <param name="running">The tenants that run.</param>
/// <param name="parent">Starts the others.</param>
internal sealed class LocalTenants(TenantDirectory running, ICanTell parent) : ITenantLocator
{
    public TenantPlace Find(TenantId tenant) => new(running.Find(tenant) ?? parent, null);
}
