using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Actors;

/// <summary>
/// Is told of what the server does to a tenant's data without being asked. Called from the server's own threads: must not throw, nor take
/// long. Thread-safe.
/// </summary>
public interface IOwnDeeds
{
    /// <summary>A journal was compacted because enough of it had become old.</summary>
    void Compacted(TenantId tenant, long horizonLsn, CompactionFigures figures);

    /// <summary>A client was silent for too long and is forgotten.</summary>
    void Forgot(TenantId tenant, ClientId client);

    /// <summary>
    /// As many entries of a conflict log went before their time: it holds <see cref="Limits.ConflictsMax"/> (protocol 4.7).
    /// </summary>
    void PushedOutConflicts(TenantId tenant, long count);
}

/// <summary>Nobody listens.</summary>
internal sealed class NobodyListens : IOwnDeeds
{
    public static NobodyListens Instance { get; } = new();

    public void Compacted(TenantId tenant, long horizonLsn, CompactionFigures figures)
    {
    }

    public void Forgot(TenantId tenant, ClientId client)
    {
    }

    public void PushedOutConflicts(TenantId tenant, long count)
    {
    }
}
