using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Actors;

/// <summary>What a compaction of a tenant's journal did, or would do (docs/protocol.md 6.8).</summary>
/// <param name="DryRun">Whether nothing was changed.</param>
/// <param name="HorizonLsn">Up to this LSN only the last change of each row stays; 0: there is nothing that is old enough.</param>
/// <param name="HeadLsn">The head.</param>
/// <param name="Figures">What was found up to the horizon.</param>
/// <param name="Lagging">Clients whose position is below the horizon or unknown; at most <see cref="LaggingMax"/>.</param>
/// <param name="HasMoreLagging">Whether there are others.</param>
public sealed record CompactionReply(
    bool DryRun,
    long HorizonLsn,
    long HeadLsn,
    CompactionFigures Figures,
    IReadOnlyList<FleetMember> Lagging,
    bool HasMoreLagging)
{
    /// <summary>Lagging clients that are named.</summary>
    public const int LaggingMax = 1_000;
}
