namespace HeliosSync.Domain;

/// <summary>What compaction must leave of a tenant's journal for what the tenant knows now, beside the rows.</summary>
/// <param name="Outcomes">Numbers of the events that hold the outcomes of pushes whose message ids are remembered.</param>
/// <param name="Conflicts">The conflict log: of each entry's id, the LSN of the version that it met.</param>
public sealed record JournalNeeds(IReadOnlySet<long> Outcomes, IReadOnlyDictionary<long, long> Conflicts);
