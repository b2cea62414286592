namespace HeliosSync.Actors.Journal;

/// <summary>The threads on which the database files are waited for, by who waits: none of them can keep another from its work.</summary>
internal sealed class JournalThreads : IDisposable
{
    /// <summary>
    /// As many tenants as may recover at once (<c>max-concurrent-recoveries</c>), and the writer of Akka.Persistence.Sql
    /// (<c>parallelism</c>).
    /// </summary>
    private const int JournalCount = 1 + 8;

    private const int SnapshotCount = 2;

    /// <summary>Reads for pages and repeated answers at once, and so connections that are kept open for them.</summary>
    private static readonly int ReadCount = Environment.ProcessorCount + 2;

    /// <summary>For the writes of the journal of our own.</summary>
    public BlockingThreads Writes { get; } = new("heliossync-writes", 1);

    /// <summary>For the tenants' recoveries, from snapshots too, and all that Akka.Persistence.Sql does.</summary>
    public BlockingThreads Journal { get; } = new("heliossync-journal", JournalCount);

    /// <summary>
    /// For making snapshots. That of a large tenant takes a tenth of a second of computing and more, which no request should wait for.
    /// </summary>
    public BlockingThreads Snapshots { get; } = new("heliossync-snapshots", SnapshotCount, givesWay: true);

    /// <summary>For reading and judging what can be compacted, which nobody waits for.</summary>
    public BlockingThreads Compaction { get; } = new("heliossync-compaction", 1, givesWay: true);

    /// <summary>For reads on behalf of requests.</summary>
    public BlockingThreads Reads { get; } = new("heliossync-reads", ReadCount);

    /// <summary>For finding out whether the journal can be written.</summary>
    public BlockingThreads Health { get; } = new("heliossync-health", 1);

    public void Dispose()
    {
        Health.Dispose();
        Reads.Dispose();
        Journal.Dispose();
        Writes.Dispose();
        Snapshots.Dispose();
        Compaction.Dispose();
    }
}
