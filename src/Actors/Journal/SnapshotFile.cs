using HeliosSync.Codec;
using Microsoft.Data.Sqlite;

namespace HeliosSync.Actors.Journal;

/// <summary>
/// The file of the snapshots at a start. It is a cache: what cannot be read is put aside, and what the journal beside it does not bear out
/// is dropped. Either costs a longer replay, and nothing else.
/// </summary>
/// <param name="dataDir">The data folder.</param>
/// <param name="connectionString">The file.</param>
/// <param name="unsafeSynchronousOff">Whether nothing is flushed.</param>
internal sealed class SnapshotFile(string dataDir, string connectionString, bool unsafeSynchronousOff)
{
    /// <summary>The file's name.</summary>
    public const string Name = "snapshots.db";

    private readonly List<string> _notes = [];

    /// <summary>What whoever runs the server should know, a sentence each.</summary>
    public IReadOnlyList<string> Notes => _notes;

    /// <summary>Makes or checks the file.</summary>
    public void Prepare(SqliteConnection journal)
    {
        try
        {
            Check(journal);
        }
        catch (SqliteException e)
        {
            PutAside(e.Message);
            Check(journal);
        }
    }

    private void Check(SqliteConnection journal)
    {
        using var snapshots = JournalFiles.OpenChecked(connectionString, unsafeSynchronousOff);
        using (var make = snapshots.CreateCommand())
        {
            make.CommandText = Schema.Snapshots;
            make.ExecuteNonQuery();
        }

        foreach (var (row, id, sequence) in Rows(snapshots))
        {
            if (WhyNot(snapshots, journal, row, id, sequence) is { } why)
            {
                using var delete = snapshots.CreateCommand();
                delete.CommandText = "DELETE FROM snapshot WHERE rowid = $row";
                delete.Parameters.AddWithValue("$row", row);
                delete.ExecuteNonQuery();
                _notes.Add($"The snapshot of {id} at event {sequence} was dropped: {why}.");
            }
        }
    }

    /// <summary>Every snapshot's row, tenant and event.</summary>
    public static List<(long Row, string Id, long Sequence)> Rows(SqliteConnection snapshots)
    {
        using var command = snapshots.CreateCommand();
        command.CommandText = "SELECT rowid, persistence_id, sequence_number FROM snapshot";
        using var rows = command.ExecuteReader();
        var all = new List<(long, string, long)>();
        while (rows.Read())
        {
            all.Add((rows.GetInt64(0), rows.GetValue(1) as string ?? "", rows.GetInt64(2)));
        }

        return all;
    }

    /// <summary>Why a snapshot is not of this journal; null where it is. Reads its first bytes alone.</summary>
    public static string? WhyNot(SqliteConnection snapshots, SqliteConnection journal, long row, string id, long sequence)
    {
        SnapshotEnvelope envelope;
        try
        {
            using var blob = new SqliteBlob(snapshots, "snapshot", "snapshot", row, readOnly: true);
            var bytes = new byte[Math.Min(blob.Length, SnapshotEnvelope.BytesMax)];
            blob.ReadExactly(bytes);
            envelope = SnapshotEnvelope.Read(bytes, out _);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            return "this program cannot read it";
        }

        if (envelope.PersistenceId != id || envelope.Sequence != sequence)
        {
            return $"it says that it is of {envelope.PersistenceId} at event {envelope.Sequence}";
        }

        if (CompactedTo(journal, id) >= sequence)
        {
            return "the journal was compacted beyond it";
        }

        using var command = journal.CreateCommand();
        command.CommandText = Schema.ReadEvents;
        command.Parameters.AddWithValue("$id", id);
        command.Parameters.AddWithValue("$from", sequence);
        command.Parameters.AddWithValue("$to", sequence);
        using var rows = command.ExecuteReader();
        if (!rows.Read())
        {
            return "the journal does not have that event, so it is older than the snapshot";
        }

        return rows.GetValue(2) is byte[] e1 && EventSeal.Of(e1) == envelope.LastEvent ? null : "the journal has another event there";
    }

    /// <summary>The event up to which the tenant's journal was compacted; 0 where it was not, as none of an older version was.</summary>
    private static long CompactedTo(SqliteConnection journal, string id)
    {
        using var made = journal.CreateCommand();
        made.CommandText = $"SELECT COUNT(*) FROM sqlite_master WHERE name = '{Schema.AddedTable}'";
        if (made.ExecuteScalar() is 0L)
        {
            return 0;
        }

        using var command = journal.CreateCommand();
        command.CommandText = Schema.ReadCompaction;
        command.Parameters.AddWithValue("$id", id);
        return command.ExecuteScalar() as long? ?? 0;
    }

    private void PutAside(string why)
    {
        JournalFiles.ClosePool(connectionString);
        foreach (var end in new[] { "-wal", "-shm" })
        {
            File.Delete(Path.Combine(dataDir, Name + end));
        }

        File.Move(Path.Combine(dataDir, Name), Path.Combine(dataDir, Name + ".damaged"), overwrite: true);
        _notes.Add($"{Name} cannot be used and was put aside as {Name}.damaged; tenants are read from the journal instead: {why}");
    }
}
