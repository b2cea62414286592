using HeliosSync.Domain;

namespace HeliosSync.Integration;

/// <summary>Ids that are known to hold.</summary>
internal static class Ids
{
    public static TenantId Tenant(string name) => TenantId.TryParse(name, out var id) ? id : throw new ArgumentException(name);

    public static ClientId Client(string name) => ClientId.TryParse(name, out var id) ? id : throw new ArgumentException(name);
}
