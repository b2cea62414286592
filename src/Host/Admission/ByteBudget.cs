using HeliosSync.Domain;

namespace HeliosSync.Host;

/// <summary>
/// Bytes of request bodies in flight, per tenant and in all: what is let in is bounded before it is read, in the unit that costs
/// memory. Nobody waits here: who does not fit is told to come again. Thread-safe.
/// </summary>
/// <param name="tenantBytesMax">Bytes that one tenant may have in flight.</param>
/// <param name="bytesMax">Bytes in flight over all tenants.</param>
internal sealed class ByteBudget(long tenantBytesMax, long bytesMax)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TenantId, long> _byTenant = [];
    private long _bytes;

    /// <summary>Bytes in flight now.</summary>
    public long BytesInFlight => Volatile.Read(ref _bytes);

    /// <summary>The most that one request can be charged with.</summary>
    public long RequestBytesCeiling => Math.Min(tenantBytesMax, bytesMax);

    /// <summary>An empty share of that tenant's budget; requests without a token share one of their own.</summary>
    public Share Open(TenantId tenant) => new(this, tenant);

    private bool TryAdd(TenantId tenant, long bytes)
    {
        lock (_gate)
        {
            var ofTenant = _byTenant.GetValueOrDefault(tenant);
            if (bytes > tenantBytesMax - ofTenant || bytes > bytesMax - _bytes)
            {
                return false;
            }

            _byTenant[tenant] = ofTenant + bytes;
            _bytes += bytes;
            return true;
        }
    }

    private void Remove(TenantId tenant, long bytes)
    {
        lock (_gate)
        {
            var left = _byTenant[tenant] - bytes;
            if (left == 0)
            {
                // Or every tenant that was ever seen would stay in memory.
                _byTenant.Remove(tenant);
            }
            else
            {
                _byTenant[tenant] = left;
            }

            _bytes -= bytes;
        }
    }

    /// <summary>What one request has taken of the budget, until it is disposed. For one request, one thread at a time.</summary>
    internal sealed class Share(ByteBudget budget, TenantId tenant) : IDisposable
    {
        private const long StepBytes = 64 * 1_024;
        private long _held;

        /// <summary>Grows the share to that many bytes, in steps; false, and nothing changes, where the budget has no room.</summary>
        public bool TryCover(long bytes)
        {
            if (bytes <= _held)
            {
                return true;
            }

            var wanted = Math.Max(bytes, Math.Min(_held + StepBytes, budget.RequestBytesCeiling)) - _held;
            if (!budget.TryAdd(tenant, wanted))
            {
                return false;
            }

            _held += wanted;
            return true;
        }

        public void Dispose()
        {
            if (_held > 0)
            {
                budget.Remove(tenant, _held);
                _held = 0;
            }
        }
    }
}
