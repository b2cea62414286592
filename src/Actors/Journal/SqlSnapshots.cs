using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.Sql.Snapshot;

namespace HeliosSync.Actors.Journal;

/// <summary>What the snapshot store works with.</summary>
/// <param name="threads">Where snapshots are made and read.</param>
internal sealed class SqlSnapshotsSetup(JournalThreads threads) : Setup
{
    public JournalThreads Threads => threads;
}

/// <summary>
/// Akka.Persistence.Sql's snapshot store, away from the thread pool from the first step on. By itself it turns a tenant's state into
/// bytes, and bytes into a state, wherever it was called: on a thread that requests wait for, a tenth of a second at a time and more.
/// A snapshot is made on a thread that gives way; one that is read has a tenant waiting for it.
/// </summary>
internal class SqlSnapshots(Config config) : SqlSnapshotStore(config)
{
    private readonly JournalThreads _threads = Context.System.Settings.Setup.Get<SqlSnapshotsSetup>().Value.Threads;

    /// <inheritdoc/>
    protected override async Task<SelectedSnapshot?> LoadAsync(
        string persistenceId, SnapshotSelectionCriteria criteria, CancellationToken cancellationToken)
    {
        await _threads.Journal.HopAsync();
        return await base.LoadAsync(persistenceId, criteria, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override async Task SaveAsync(SnapshotMetadata metadata, object snapshot, CancellationToken cancellationToken)
    {
        await _threads.Snapshots.HopAsync();
        await base.SaveAsync(metadata, snapshot, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override async Task DeleteAsync(SnapshotMetadata metadata, CancellationToken cancellationToken)
    {
        await _threads.Snapshots.HopAsync();
        await base.DeleteAsync(metadata, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override async Task DeleteAsync(
        string persistenceId, SnapshotSelectionCriteria criteria, CancellationToken cancellationToken)
    {
        await _threads.Snapshots.HopAsync();
        await base.DeleteAsync(persistenceId, criteria, cancellationToken).ConfigureAwait(false);
    }
}
