using HeliosSync.Domain;

namespace HeliosSync.Actors.Journal;

/// <summary>A tenant's name in the journal. Stored for ever.</summary>
internal static class PersistenceIds
{
    private const string Prefix = "tenant:";

    public static string Of(TenantId tenant) => Prefix + tenant.Value;

    public static bool TryParse(string name, out TenantId tenant)
    {
        tenant = default;
        return name.StartsWith(Prefix, StringComparison.Ordinal) && TenantId.TryParse(name[Prefix.Length..], out tenant);
    }
}
