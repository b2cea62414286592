using HeliosSync.Domain;

namespace HeliosSync.Actors.Tenants;

/// <summary>Say which conflicts the log has.</summary>
/// <param name="Tenant">Whose log.</param>
/// <param name="Client">Who asks; whoever has not registered since the journal was restored from a backup is told so.</param>
/// <param name="Since">Only those with a higher id.</param>
/// <param name="Limit">At most so many.</param>
/// <param name="Open">Only open ones, or only settled ones; null: all.</param>
internal sealed record ListConflicts(TenantId Tenant, ClientId Client, long Since, int Limit, bool? Open) : IConflictMessage;

/// <summary>Answer to <see cref="ListConflicts"/>.</summary>
/// <param name="Entries">By id.</param>
/// <param name="SettledBy">For each, the node that settled it; null where none did.</param>
/// <param name="HasMore">Whether more follow.</param>
/// <param name="ServerNode">The journal's own node; null in a tenant without any event.</param>
internal sealed record ConflictsListed(
    IReadOnlyList<ConflictEntry> Entries, IReadOnlyList<NodeId?> SettledBy, bool HasMore, Guid? ServerNode)
{
    public static ConflictsListed Of(Tenant tenant, ListConflicts asked, long nowMicros)
    {
        var entries = tenant.Conflicts.Above(asked.Since, nowMicros - Limits.ConflictMicrosMax, asked.Open)
            .Take(asked.Limit + 1).ToList();
        var hasMore = entries.Count > asked.Limit;
        entries.RemoveRange(Math.Min(entries.Count, asked.Limit), hasMore ? 1 : 0);
        NodeId?[] settledBy = [.. entries.Select(e => e.SettledBy < 0 ? (NodeId?)null : tenant.NodeAt(e.SettledBy))];
        return new ConflictsListed(entries, settledBy, hasMore, tenant.ServerNode);
    }
}
