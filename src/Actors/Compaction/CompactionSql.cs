using HeliosSync.Actors.Journal;
using HeliosSync.Codec;
using Microsoft.Data.Sqlite;

namespace HeliosSync.Actors.Compaction;

/// <summary>One step of compaction on the journal's table: one transaction, which leaves a journal that is whole.</summary>
internal static class CompactionSql
{
    /// <summary>Makes these edits, or none: each must find its row.</summary>
    /// <param name="connection">The journal, for writing.</param>
    /// <param name="scope">Whose rows, and how far.</param>
    /// <param name="horizonLsn">The horizon.</param>
    /// <param name="edits">What becomes of them.</param>
    public static void Apply(SqliteConnection connection, CompactionScope scope, long horizonLsn, IReadOnlyList<JournalEdit> edits)
    {
        using var transaction = connection.BeginTransaction(deferred: false);
        using var rewrite = Command(transaction, Schema.RewriteEvent, scope);
        using var remove = Command(transaction, Schema.RemoveEvent, scope);
        var rewritten = rewrite.Parameters.Add("$sequence", SqliteType.Integer);
        var removed = remove.Parameters.Add("$sequence", SqliteType.Integer);
        var message = rewrite.Parameters.Add("$message", SqliteType.Blob);
        var gone = 0L;
        foreach (var (sequence, bytes) in edits)
        {
            (rewritten.Value, removed.Value, message.Value) = (sequence, sequence, bytes);
            if ((bytes is null ? remove : rewrite).ExecuteNonQuery() != 1)
            {
                throw new InvalidOperationException($"{scope.PersistenceId}: event {sequence} is not there to be compacted.");
            }

            gone += bytes is null ? 1 : 0;
        }

        using var mark = Command(transaction, Schema.MarkCompaction, scope);
        mark.Parameters.AddWithValue("$sequence", scope.LastSequence);
        mark.Parameters.AddWithValue("$horizon", horizonLsn);
        mark.ExecuteNonQuery();
        AddRemoved(connection, gone);
        transaction.Commit();
    }

    /// <summary>Gives so many free pages back to the file system. False where none are left, or the file is one that keeps them.</summary>
    public static bool GiveBack(SqliteConnection connection, int pages)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT auto_vacuum = 2 AND freelist_count > 0 FROM pragma_auto_vacuum, pragma_freelist_count";
        if (command.ExecuteScalar() is not 1L)
        {
            return false;
        }

        command.CommandText = $"PRAGMA incremental_vacuum({pages})";
        using var rows = command.ExecuteReader();
        while (rows.Read())
        {
            // Each step frees a page.
        }

        return true;
    }

    /// <summary>How many of the events that were ever written compaction has taken away.</summary>
    private static void AddRemoved(SqliteConnection connection, long gone)
    {
        var before = MetaTable.Read(connection, Schema.RemovedEvents) is byte[] { Length: sizeof(long) } counted
            ? BitConverter.ToInt64(counted)
            : 0;
        MetaTable.Put(connection, Schema.RemovedEvents, BitConverter.GetBytes(before + gone));
    }

    private static SqliteCommand Command(SqliteTransaction transaction, string sql, CompactionScope scope)
    {
        var command = transaction.Connection!.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        command.Parameters.AddWithValue("$id", scope.PersistenceId);
        return command;
    }
}
