using System.Collections.Concurrent;
using HeliosSync.Actors.Telemetry;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Actors.Tenants;

/// <summary>
/// Whether this server may speak for a tenant: asked when a message arrives and again before each reply.
/// A later cluster answers with its lease; a server that is alone may always.
/// </summary>
public interface IServingRight
{
    /// <summary>Whether this server may speak for that tenant now.</summary>
    bool Valid(TenantId tenant);
}

/// <summary>The right of a server that is alone.</summary>
internal sealed class SoleServer : IServingRight
{
    public bool Valid(TenantId tenant) => true;
}

/// <summary>What every tenant's actor shares with the others. Time and chance come from here alone.</summary>
internal sealed record TenantServices(
    SyncServerOptions Options,
    EventReader Events,
    TimeProvider Time,
    TailBudget TailBudget,
    IServingRight Right,
    Registrations Registrations,
    Func<Guid> NewServerNode)
{
    /// <summary>The tenants that run.</summary>
    public TenantDirectory Running { get; } = new();

    /// <summary>Whether the database was restored from a backup, so that clients may come that knew a lost journal of any tenant.</summary>
    public bool IsRestored { get; init; }

    /// <summary>Where what tenants do is counted; null: nowhere.</summary>
    public SyncMetrics? Metrics { get; init; }

    /// <summary>Hears of every write: true when it is durable, false when it failed.</summary>
    public Action<bool> Wrote { get; init; } = static _ => { };
}

/// <summary>
/// How many clients are registered, over all tenants. A tenant that ends while writes are under way leaves open whether they were
/// stored; what it had counted is kept until its journal says.
/// </summary>
internal sealed class Registrations(long counted)
{
    private readonly ConcurrentDictionary<TenantId, int> _open = [];
    private long _count = counted;

    public long Count => Volatile.Read(ref _count);

    public void AddOne() => Interlocked.Increment(ref _count);

    public void TakeOne() => Interlocked.Decrement(ref _count);

    /// <summary>The tenant ended with so many clients counted, and perhaps more in its journal.</summary>
    public void LeaveOpen(TenantId tenant, int counted) => _open[tenant] = counted;

    /// <summary>The tenant's journal has so many clients.</summary>
    public void Settle(TenantId tenant, int registered)
    {
        if (_open.TryRemove(tenant, out var counted))
        {
            Interlocked.Add(ref _count, registered - counted);
        }
    }
}
