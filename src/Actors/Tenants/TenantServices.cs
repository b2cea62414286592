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
    Func<Guid> NewServerNode);

/// <summary>How many clients are registered, over all tenants.</summary>
internal sealed class Registrations(long counted)
{
    private long _count = counted;

    public long Count => Volatile.Read(ref _count);

    public void AddOne() => Interlocked.Increment(ref _count);
}
