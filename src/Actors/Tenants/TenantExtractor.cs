using Akka.Util;

namespace HeliosSync.Actors.Tenants;

/// <summary>
/// Which tenant a message is for, and which of 256 shards that tenant belongs to. The number of shards and the hash are fixed for ever:
/// nodes that disagreed would both own a tenant.
/// </summary>
internal static class TenantExtractor
{
    public const int Shards = 256;

    /// <summary>The tenant's id; null for a message that is no tenant's.</summary>
    public static string? EntityId(object message) => (message as ITenantMessage)?.Tenant.Value;

    /// <summary>The tenant's shard, 0 to 255.</summary>
    public static int Shard(string entityId) => (int)((uint)MurmurHash.StringHash(entityId) % Shards);
}
