using HeliosSync.Actors;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Host;

/// <summary>Writes to the audit log what the server does to a tenant's data by itself.</summary>
internal sealed class AuditDeeds(AuditLog audit) : IOwnDeeds
{
    /// <summary>Who did what nobody asked for.</summary>
    public const string Server = "server";

    /// <inheritdoc/>
    public void Compacted(TenantId tenant, long horizonLsn, CompactionFigures figures) =>
        audit.Write(OfCompaction(tenant, horizonLsn, figures) with { By = Server });

    /// <inheritdoc/>
    public void Forgot(TenantId tenant, ClientId client) => audit.Write(new AuditEntry(AuditKind.ClientForgotten)
    {
        Tenant = tenant,
        Client = client,
        By = Server,
        Reason = "It was silent for too long.",
    });

    /// <inheritdoc/>
    public void PushedOutConflicts(TenantId tenant, long count) => audit.Count(
        new AuditSum(
            AuditKind.ConflictsPushedOut, null, "The conflict log has no room for more.", tenant, null, null, null, null),
        requestId: null,
        count);

    /// <summary>What a compaction did.</summary>
    public static AuditEntry OfCompaction(TenantId tenant, long horizonLsn, CompactionFigures figures) => new(AuditKind.Compacted)
    {
        Tenant = tenant,
        Details = DetailsOf(horizonLsn, figures),
    };

    /// <summary>Figures of a compaction.</summary>
    public static AuditDetail[] DetailsOf(long horizonLsn, CompactionFigures figures) =>
    [
        new("horizon_lsn", horizonLsn),
        new("changes_removed", figures.ChangesRemoved),
        new("events_removed", figures.EventsRemoved),
        new("bytes_removed", figures.BytesRemoved),
    ];
}
