using System.Buffers.Binary;
using HeliosSync.Codec;
using HeliosSync.Domain;
using Microsoft.Data.Sqlite;

namespace HeliosSync.Actors.Journal;

/// <summary>
/// Makes another journal of a copy (protocol 4.1): each tenant gets a <see cref="Restored"/> event with a new server node behind its last,
/// all in one transaction. A copy that <c>heliossync backup</c> made says that it is one, until that is done: so it is done also where the
/// copy was put in its place by hand, and again where it was broken off.
/// </summary>
internal static class JournalRestore
{
    /// <summary>Present in a copy that has not been restored: when it was made.</summary>
    private const string BackupMark = "backup";

    /// <summary>Present in a journal that was restored, ever: when it was, last.</summary>
    private const string RestoredMark = "restored";

    /// <summary>Whether this is a backup that has not been restored.</summary>
    public static bool IsBackup(SqliteConnection connection) => ReadTime(connection, BackupMark) is not null;

    /// <summary>When this backup was made; null where it is none.</summary>
    public static DateTimeOffset? BackupTime(SqliteConnection connection) => ReadTime(connection, BackupMark);

    /// <summary>Whether the journal was ever restored from a backup.</summary>
    public static bool IsRestored(SqliteConnection connection) => ReadTime(connection, RestoredMark) is not null;

    /// <summary>Says of a copy that it is one.</summary>
    public static void MarkAsBackup(SqliteConnection connection, DateTimeOffset now)
    {
        using var transaction = connection.BeginTransaction();
        WriteTime(transaction, BackupMark, now);
        transaction.Commit();
    }

    /// <summary>Gives every tenant's journal a new server node, durably, all or none; says how many there are.</summary>
    public static int Apply(SqliteConnection connection, DateTimeOffset now)
    {
        using var transaction = connection.BeginTransaction();
        var tenants = 0;
        using (var append = transaction.Connection!.CreateCommand())
        {
            append.CommandText = Schema.AppendNamedEvent;
            foreach (var (name, last) in LastEvents(connection))
            {
                Append(append, name, last + 1, now);
                tenants++;
            }
        }

        WriteTime(transaction, RestoredMark, now);
        Execute(transaction, $"DELETE FROM heliossync_meta WHERE name = '{BackupMark}'");
        transaction.Commit();
        return tenants;
    }

    private static void Append(SqliteCommand append, string name, long sequence, DateTimeOffset now)
    {
        var bytes = EventWriter.Write(new Restored(Guid.NewGuid(), now.ToUnixTimeMicroseconds()));
        EventSeal.Bind(bytes, EventSeal.PlaceOf(name, sequence, EventManifests.Restored));
        append.Parameters.Clear();
        append.Parameters.AddWithValue("$id", name);
        append.Parameters.AddWithValue("$sequence", sequence);
        append.Parameters.AddWithValue("$created", now.UtcTicks);
        append.Parameters.AddWithValue("$message", bytes);
        append.Parameters.AddWithValue("$serializer", JournalSerializer.StoredIdentifier);
        append.Parameters.AddWithValue("$manifest", EventManifests.Restored);
        append.Parameters.AddWithValue("$writer", "restore");
        append.ExecuteNonQuery();
    }

    /// <summary>Every tenant's name in the journal and the number of its last event.</summary>
    private static List<(string Name, long Last)> LastEvents(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = Schema.LastEvents;
        using var rows = command.ExecuteReader();
        var all = new List<(string, long)>();
        while (rows.Read())
        {
            if (rows.GetValue(0) is string name && PersistenceIds.TryParse(name, out _))
            {
                all.Add((name, rows.GetInt64(1)));
            }
        }

        return all;
    }

    private static DateTimeOffset? ReadTime(SqliteConnection connection, string mark)
    {
        if (MetaTable.Read(connection, mark) is not { } value)
        {
            return null;
        }

        // Whatever stands there says that it is one; a time that cannot be is not told.
        var micros = value is byte[] { Length: sizeof(long) } bytes ? BinaryPrimitives.ReadInt64LittleEndian(bytes) : 0;
        return micros is >= 0 and < (1L << 53) ? DateTimeOffset.UnixEpoch.AddMicroseconds(micros) : DateTimeOffset.UnixEpoch;
    }

    private static void WriteTime(SqliteTransaction transaction, string mark, DateTimeOffset now)
    {
        var value = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(value, now.ToUnixTimeMicroseconds());
        MetaTable.Put(transaction.Connection!, mark, value);
    }

    private static void Execute(SqliteTransaction transaction, string sql)
    {
        using var command = transaction.Connection!.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
