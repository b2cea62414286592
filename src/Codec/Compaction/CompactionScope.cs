namespace HeliosSync.Codec;

/// <summary>How far a compaction of one tenant's journal goes (docs/protocol.md 6.8).</summary>
/// <param name="PersistenceId">The tenant's name in the journal.</param>
/// <param name="LastSequence">The last event that it may touch.</param>
/// <param name="LastRemovable">Up to this number an event of which nothing is left goes; above it, a row stays in its place.</param>
/// <param name="HeadSequence">The tenant's last durable event.</param>
public sealed record CompactionScope(string PersistenceId, long LastSequence, long LastRemovable, long HeadSequence);

/// <summary>One row of the journal that compaction changes.</summary>
/// <param name="Sequence">Its number.</param>
/// <param name="Bytes">What stands there from now on, under <see cref="EventManifests.Compacted"/>; null: the row goes.</param>
public readonly record struct JournalEdit(long Sequence, byte[]? Bytes);

/// <summary>What a compaction found of one table, up to its horizon.</summary>
public sealed class TableFigures
{
    /// <summary>Changes in the journal before it.</summary>
    public long Changes { get; internal set; }

    /// <summary>Those of them that go.</summary>
    public long Removed { get; internal set; }

    /// <summary>Bytes of keys and stored data of those that go.</summary>
    public long RemovedBytes { get; internal set; }
}
