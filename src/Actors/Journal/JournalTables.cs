using System.IO.Hashing;
using System.Security.Cryptography;
using HeliosSync.Codec;
using Microsoft.Data.Sqlite;

namespace HeliosSync.Actors.Journal;

/// <summary>The keys that are as old as the database.</summary>
/// <param name="Hash">Of row and content hashes.</param>
/// <param name="Token">What authenticates continuation tokens.</param>
internal sealed record JournalKeys(byte[] Hash, byte[] Token);

/// <summary>
/// Makes the journal's tables, or holds what is there to what must hold, as far as that is cheap; <c>heliossync check</c> does the rest.
/// <see cref="StartupException"/> says what is wrong.
/// </summary>
internal sealed class JournalTables(SqliteConnection connection, string dataDir)
{
    public const int TokenKeyBytes = 32;

    /// <summary>Up to this size a start checks the whole structure of the file; it takes a fraction of a second.</summary>
    public const long WholeCheckBytesMax = 64L * 1_024 * 1_024;

    /// <summary>Makes the tables where there are none yet, all or none; reads the keys.</summary>
    /// <param name="mustExist">Whether this folder had a journal before.</param>
    public JournalKeys OpenOrMake(bool mustExist)
    {
        var empty = Number("SELECT COUNT(*) FROM sqlite_master") == 0;
        if (empty && mustExist)
        {
            throw Gone(dataDir);
        }

        if (!empty)
        {
            CheckMade();
        }

        using var transaction = connection.BeginTransaction();
        Execute(Schema.Journal);
        if (empty)
        {
            Write("schema_version", BitConverter.GetBytes(Schema.Version));
            Write("hash_key", RandomNumberGenerator.GetBytes(KeyedHash.KeyBytes));
            Write("token_key", RandomNumberGenerator.GetBytes(TokenKeyBytes));
        }
        else
        {
            // From now on it may hold events that an older program does not know: that one shall say so.
            Replace("schema_version", BitConverter.GetBytes(Schema.Version));
        }

        var keys = ReadKeys();
        Write("keys_crc", Checksum(keys));
        transaction.Commit();
        return keys;
    }

    /// <summary>Holds tables, version and keys to what this program makes.</summary>
    public JournalKeys CheckMade()
    {
        CheckSchema();
        CheckVersion();
        return ReadKeys();
    }

    /// <summary>How many events there are; the structure of a file that is not large is checked whole.</summary>
    public long CheckEvents(FolderMark remembered)
    {
        var events = CheckCount(remembered);
        if (Number("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size") <= WholeCheckBytesMax)
        {
            CheckStructure();
        }

        return events;
    }

    /// <summary>How many events there are. Holds table and index against each other, and both against what is remembered.</summary>
    public long CheckCount(FolderMark remembered)
    {
        var last = LastEvent(connection);
        if (last < remembered.Events)
        {
            throw new StartupException(
                $"The journal in '{dataDir}' has {last} events, and it had {remembered.Events}: its end is lost, or an older copy was "
                + $"put in its place. Put the newest one there; or 'heliossync restore' an older one, as clients have to start anew "
                + "from it (see docs/operations.md).");
        }

        // Only compaction deletes events, never the last one, and it counts them: so one that fell out of index or table shows here.
        var indexed = Number(Schema.CountEvents);
        var removed = Read(Schema.RemovedEvents) is { Length: sizeof(long) } counted ? BitConverter.ToInt64(counted) : 0;
        if (indexed + removed != last)
        {
            throw Damaged($"{last} events were written to its table, {removed} were compacted away, and {indexed} are in its index");
        }

        return last;
    }

    /// <summary>What SQLite itself can say about the file: every page, and that indexes and tables agree.</summary>
    private void CheckStructure()
    {
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA integrity_check(1)";
        if (command.ExecuteScalar() is var found && found as string != "ok")
        {
            throw Damaged($"SQLite finds: {(found as string)?.ReplaceLineEndings(" ")}");
        }
    }

    /// <summary>The last event's number over all tenants, which is how many there are.</summary>
    public static long LastEvent(SqliteConnection connection) => Number(connection, Schema.LastEvent);

    /// <summary>The journal is not there.</summary>
    public static StartupException Gone(string dataDir) => new(
        FolderRestore.WasBrokenOff(dataDir)
            ? $"A restore was broken off in the data folder '{dataDir}', which has no journal (heliossync.db) now: run it again."
            : $"The data folder '{dataDir}' has no journal (heliossync.db), though it had one. Put it back; or, to begin with nothing, "
                + $"delete {FolderLock.Name} and snapshots.db too.");

    /// <summary>Every table and index must be as this program makes it: a name with a flipped bit is a table that is not there.</summary>
    private void CheckSchema()
    {
        using var model = new SqliteConnection("Data Source=:memory:");
        model.Open();
        using (var make = model.CreateCommand())
        {
            make.CommandText = Schema.Journal;
            make.ExecuteNonQuery();
        }

        var there = Objects(connection);
        foreach (var expected in Objects(model))
        {
            if (!there.Contains(expected) && !MayLack(expected))
            {
                throw Damaged($"there is no {expected.Split('\n')[0]} as this program makes it");
            }
        }
    }

    /// <summary>What came with a later version than the journal's. The tables, and so the version, were found before it.</summary>
    private bool MayLack(string what) =>
        (what.StartsWith($"index {Schema.AddedIndex}\n", StringComparison.Ordinal) && Read("schema_version") is [1, 0, 0, 0])
        || (what.StartsWith($"table {Schema.AddedTable}\n", StringComparison.Ordinal) && Read("schema_version") is [1 or 2, 0, 0, 0]);

    private void CheckVersion()
    {
        if (Read("schema_version") is not { Length: sizeof(int) } stored)
        {
            throw Damaged("its version is not readable");
        }

        if (BitConverter.ToInt32(stored) is var version && version > Schema.Version)
        {
            throw new StartupException(
                $"The database in '{dataDir}' has version {version}, and this program knows none above {Schema.Version}: "
                + "use a newer program.");
        }
    }

    /// <summary>A hash key with one flipped bit would take every repeated push for another one.</summary>
    private JournalKeys ReadKeys()
    {
        if (Read("hash_key") is not { Length: KeyedHash.KeyBytes } hash || Read("token_key") is not { Length: TokenKeyBytes } token)
        {
            throw Damaged("its keys are not readable");
        }

        var keys = new JournalKeys(hash, token);
        return Read("keys_crc") is { } stored && !stored.AsSpan().SequenceEqual(Checksum(keys))
            ? throw Damaged("its keys do not match their checksum")
            : keys;
    }

    private static byte[] Checksum(JournalKeys keys) => BitConverter.GetBytes(Crc32.HashToUInt32([.. keys.Hash, .. keys.Token]));

    private StartupException Damaged(string how) => new(
        $"The journal in '{dataDir}' is damaged: {how}. Keep a copy of the folder and put the newest backup in its place; "
        + "'heliossync check' tells more.");

    /// <summary>Tables and indexes, each by name and definition. Triggers are made where they are missing.</summary>
    private static HashSet<string> Objects(SqliteConnection of)
    {
        using var command = of.CreateCommand();
        command.CommandText =
            "SELECT type || ' ' || name || char(10) || coalesce(sql, '') FROM sqlite_master WHERE type IN ('table', 'index')";
        using var rows = command.ExecuteReader();
        var objects = new HashSet<string>();
        while (rows.Read())
        {
            objects.Add(rows.GetString(0));
        }

        return objects;
    }

    /// <summary>Stores a value where there is none of that name.</summary>
    private void Write(string name, byte[] value)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "INSERT INTO heliossync_meta VALUES ($name, $value) ON CONFLICT DO NOTHING";
        command.Parameters.AddWithValue("$name", name);
        command.Parameters.AddWithValue("$value", value);
        command.ExecuteNonQuery();
    }

    private void Replace(string name, byte[] value)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "UPDATE heliossync_meta SET value = $value WHERE name = $name AND value <> $value";
        command.Parameters.AddWithValue("$name", name);
        command.Parameters.AddWithValue("$value", value);
        command.ExecuteNonQuery();
    }

    private byte[]? Read(string name) => MetaTable.Read(connection, name) as byte[];

    private long Number(string sql) => Number(connection, sql);

    private static long Number(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar() as long? ?? 0;
    }

    private void Execute(string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
