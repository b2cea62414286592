using System.Collections.Concurrent;
using Akka.Actor;
using HeliosSync.Domain;

namespace HeliosSync.Actors.Tenants;

/// <summary>
/// The tenants that run, so that a request goes to its tenant straight away. Kept by their parent, whom to ask where a tenant is not in it.
/// A tenant that is found here may be ending all the same: what it does not take any more comes back to its parent. Thread-safe.
/// </summary>
internal sealed class TenantDirectory
{
    private readonly ConcurrentDictionary<TenantId, IActorRef> _running = [];

    /// <summary>How many there are. Takes all locks: to be asked now and then, not for each request.</summary>
    public int Count => _running.Count;

    public IActorRef? Find(TenantId tenant) => _running.GetValueOrDefault(tenant);

    public void Add(TenantId tenant, IActorRef actor) => _running[tenant] = actor;

    public void Remove(TenantId tenant) => _running.TryRemove(tenant, out _);
}
