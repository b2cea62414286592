using System.Runtime.InteropServices;
using HeliosSync.Domain;

namespace HeliosSync.Host;

/// <summary>
/// Requests in hand, per tenant and in all. Bytes alone do not bound them: a small push costs a turn of its tenant, a place in the
/// journal's queue and a wait for the disk like any other. Nobody waits here: who does not fit is told to come again. Thread-safe.
/// </summary>
/// <param name="tenantMax">Requests that one tenant may have in hand.</param>
/// <param name="max">Requests in hand over all tenants.</param>
internal sealed class RequestSlots(int tenantMax, int max)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TenantId, int> _byTenant = [];
    private int _taken;

    /// <summary>Requests in hand now.</summary>
    public int Taken => Volatile.Read(ref _taken);

    /// <summary>Tenants that have requests in hand now.</summary>
    public int Tenants
    {
        get
        {
            lock (_gate)
            {
                return _byTenant.Count;
            }
        }
    }

    /// <summary>A slot for a request that nothing is known of yet; null where all are taken.</summary>
    public Slot? TryTake()
    {
        if (Interlocked.Increment(ref _taken) <= max)
        {
            return new Slot(this);
        }

        Interlocked.Decrement(ref _taken);
        return null;
    }

    private bool TryJoin(TenantId tenant)
    {
        lock (_gate)
        {
            var ofTenant = _byTenant.GetValueOrDefault(tenant);
            if (ofTenant >= tenantMax)
            {
                return false;
            }

            _byTenant[tenant] = ofTenant + 1;
            return true;
        }
    }

    private void Leave(TenantId tenant)
    {
        lock (_gate)
        {
            if (--CollectionsMarshal.GetValueRefOrNullRef(_byTenant, tenant) == 0)
            {
                // Or every tenant that was ever seen would stay in memory.
                _byTenant.Remove(tenant);
            }
        }
    }

    /// <summary>One request's place, until it is disposed. For one request, one thread at a time.</summary>
    internal sealed class Slot(RequestSlots slots) : IDisposable
    {
        private TenantId? _tenant;
        private bool _left;

        /// <summary>Counts the request as that tenant's, whose token it has shown; false where the tenant has no room.</summary>
        public bool TryJoin(TenantId tenant)
        {
            if (!slots.TryJoin(tenant))
            {
                return false;
            }

            _tenant = tenant;
            return true;
        }

        public void Dispose()
        {
            if (_left)
            {
                return;
            }

            _left = true;
            if (_tenant is { } tenant)
            {
                slots.Leave(tenant);
            }

            Interlocked.Decrement(ref slots._taken);
        }
    }
}
