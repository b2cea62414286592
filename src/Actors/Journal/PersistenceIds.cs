using HeliosSync.Domain;

namespace HeliosSync.Actors.Journal;

/// <summary>A tenant's name in the journal. Stored for ever.</summary>
internal static class PersistenceIds
{
    public static string Of(TenantId tenant) => "tenant:" + tenant.Value;
}
