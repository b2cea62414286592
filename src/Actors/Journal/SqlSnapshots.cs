using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.Sql.Snapshot;
using Microsoft.Data.Sqlite;

namespace HeliosSync.Actors.Journal;

/// <summary>What the snapshot store works with.</summary>
/// <param name="threads">Where snapshots are made and read.</param>
/// <param name="files">Where they are stored.</param>
internal sealed class SqlSnapshotsSetup(JournalThreads threads, JournalFiles files) : Setup
{
    public JournalThreads Threads => threads;

    public JournalFiles Files => files;
}

/// <summary>
/// Akka.Persistence.Sql's snapshot store, away from the thread pool from the first step on. By itself it turns a tenant's state into
/// bytes, and bytes into a state, wherever it was called: on a thread that requests wait for, a tenth of a second at a time and more.
/// A snapshot is made on a thread that gives way; one that is read has a tenant waiting for it. And it would hold a large one four times
/// over while it stores it: as an array, as a statement's parameter, as a record of the database, and in parts. Here they are the parts
/// alone, which are written into their row one after the other, to the same table with the same columns.
/// </summary>
internal class SqlSnapshots(Config config) : SqlSnapshotStore(config)
{
    private readonly JournalThreads _threads = Context.System.Settings.Setup.Get<SqlSnapshotsSetup>().Value.Threads;
    private readonly JournalFiles _files = Context.System.Settings.Setup.Get<SqlSnapshotsSetup>().Value.Files;
    private readonly Akka.Serialization.Serialization _serialization = Context.System.Serialization;

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
        Store(metadata, snapshot);
    }

    private void Store(SnapshotMetadata metadata, object snapshot)
    {
        var serializer = (SnapshotSerializer)_serialization.FindSerializerFor(snapshot);
        using var bytes = serializer.Bytes((StoredSnapshot)snapshot);
        using var connection = _files.OpenSnapshots();
        using var transaction = connection.BeginTransaction();
        using var insert = connection.CreateCommand();
        insert.CommandText = Schema.SaveSnapshot;
        insert.Parameters.AddWithValue("$id", metadata.PersistenceId);
        insert.Parameters.AddWithValue("$sequence", metadata.SequenceNr);
        insert.Parameters.AddWithValue("$created", metadata.Timestamp.Ticks);
        insert.Parameters.AddWithValue("$bytes", bytes.Length);
        insert.Parameters.AddWithValue("$manifest", serializer.Manifest(snapshot));
        insert.Parameters.AddWithValue("$serializer", serializer.Identifier);
        var row = (long)insert.ExecuteScalar()!;
        using (var blob = new SqliteBlob(connection, "snapshot", "snapshot", row))
        {
            bytes.CopyTo(blob);
        }

        transaction.Commit();
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
