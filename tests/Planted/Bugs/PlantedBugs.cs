namespace HeliosSync.Planted;

/// <summary>The fifteen bugs that the suites must catch.</summary>
internal static class PlantedBugs
{
    public static IReadOnlyList<PlantedBug> All { get; } =
    [
        ActorsBugs.AckBeforeWrite,
        DomainBugs.WindowInMemory,
        DomainBugs.SharedWindow,
        ActorsBugs.LsnOutsideTheStep,
        ActorsBugs.TokenCountsEntries,
        DomainBugs.EqualIsConcurrent,
        DomainBugs.MessageClockTrusted,
        DomainBugs.ServerLsnIsHead,
        DomainBugs.OwnIsForeign,
        CodecBugs.ChecksumRecomputed,
        DomainBugs.LocalWins,
        ActorsBugs.TailAboveDurableHead,
        ActorsBugs.SnapshotOfAnotherEvent,
        ActorsBugs.ReplyForgotten,
        ActorsBugs.TenantFilterMissing,
    ];
}
