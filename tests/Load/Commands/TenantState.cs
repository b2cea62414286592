using HeliosSync.Actors;
using HeliosSync.Domain;
using Microsoft.Extensions.Logging.Abstractions;

namespace HeliosSync.Load.Commands;

/// <summary>
/// Weighs a tenant's state exactly: the same actors as the server's, over the same data folder, in the tool's own process, where the
/// collector can be asked for the bytes of everything alive before and after the tenant is loaded.
/// </summary>
internal static class TenantState
{
    /// <summary>Bytes of managed memory that the loaded tenant holds. No server may run over the folder.</summary>
    public static async Task<long> WeighAsync(string dataDir, string tenant, string client)
    {
        if (!TenantId.TryParse(tenant, out var tenantId) || !ClientId.TryParse(client, out var clientId))
        {
            throw new ArgumentException($"'{tenant}' or '{client}' is no id.");
        }

        await using var server = SyncServer.Start(
            new SyncServerOptions { DataDir = dataDir }, TimeProvider.System, NullLoggerFactory.Instance);
        if (!TenantId.TryParse("nobody", out var nobody))
        {
            throw new InvalidOperationException("A plain word is an id.");
        }

        // Everything that a first pull makes once and for all, it makes for another tenant.
        await server.PullAsync(nobody, PullOne(clientId));
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var (refusal, _) = await server.PullAsync(tenantId, PullOne(clientId));
        return refusal is null
            ? GC.GetTotalMemory(forceFullCollection: true) - before
            : throw new InvalidDataException($"The tenant could not be loaded: {refusal}");
    }

    private static Pull PullOne(ClientId client) => new(Guid.NewGuid(), client, 0, 1, null, null, null, false, false, false);
}
