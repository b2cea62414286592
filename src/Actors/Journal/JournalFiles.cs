using System.Data.Common;
using System.Security.Cryptography;
using HeliosSync.Codec;
using Microsoft.Data.Sqlite;

namespace HeliosSync.Actors.Journal;

/// <summary>
/// The two SQLite files of a data folder: the journal, and the snapshots apart from it, because a large snapshot would hold up every
/// other write. Opening makes or checks them: durability settings, version, keys, and that no other server uses the folder.
/// </summary>
internal sealed class JournalFiles : IDisposable
{
    public const int TokenKeyBytes = 32;

    private readonly FileStream _lock;

    private JournalFiles(FileStream held, string journal, string snapshots, byte[] hashKey, byte[] tokenKey)
    {
        _lock = held;
        Journal = journal;
        Snapshots = snapshots;
        HashKey = hashKey;
        TokenKey = tokenKey;
    }

    /// <summary>Connection string of the journal.</summary>
    public string Journal { get; }

    /// <summary>Connection string of the snapshots.</summary>
    public string Snapshots { get; }

    /// <summary>The key of row and content hashes, as old as the database.</summary>
    public byte[] HashKey { get; }

    /// <summary>The key that authenticates continuation tokens, as old as the database.</summary>
    public byte[] TokenKey { get; }

    /// <summary>Opens or makes the files; <see cref="StartupException"/> says in one sentence why it cannot.</summary>
    public static JournalFiles Open(string dataDir)
    {
        FileStream? held = null;
        try
        {
            held = Lock(dataDir);
            var journal = ConnectionString(dataDir, "heliossync.db");
            var snapshots = ConnectionString(dataDir, "snapshots.db");
            using (var connection = OpenChecked(snapshots))
            {
                Execute(connection, Schema.Snapshots);
            }

            using (var connection = OpenChecked(journal))
            {
                CheckVersion(connection, dataDir);
                Execute(connection, Schema.Journal);
                Keep(connection, "schema_version", BitConverter.GetBytes(Schema.Version));
                var hashKey = Keep(connection, "hash_key", RandomNumberGenerator.GetBytes(KeyedHash.KeyBytes));
                var tokenKey = Keep(connection, "token_key", RandomNumberGenerator.GetBytes(TokenKeyBytes));
                var files = new JournalFiles(held, journal, snapshots, hashKey, tokenKey);
                held = null;
                return files;
            }
        }
        catch (SqliteException e)
        {
            throw new StartupException($"The database in the data folder '{dataDir}' cannot be opened: {e.Message}", e);
        }
        finally
        {
            held?.Dispose();
        }
    }

    /// <summary>
    /// Makes a connection as durable as an acknowledgement promises, each time it is opened: <c>synchronous</c> belongs to the
    /// connection, and anything less than FULL loses acknowledged writes in a power cut.
    /// </summary>
    public static void Prepare(DbConnection connection) => Execute(
        connection,
        "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 2000; PRAGMA journal_size_limit = 67108864; PRAGMA busy_timeout = 30000;");

    public void Dispose()
    {
        using (var connection = new SqliteConnection(Journal))
        {
            SqliteConnection.ClearPool(connection);
        }

        using (var connection = new SqliteConnection(Snapshots))
        {
            SqliteConnection.ClearPool(connection);
        }

        _lock.Dispose();
    }

    private static FileStream Lock(string dataDir)
    {
        try
        {
            Directory.CreateDirectory(dataDir);
            return new FileStream(
                Path.Combine(dataDir, "heliossync.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StartupException($"The data folder '{dataDir}' cannot be written: {e.Message}", e);
        }
        catch (IOException e) when (File.Exists(Path.Combine(dataDir, "heliossync.lock")))
        {
            throw new StartupException($"The data folder '{dataDir}' is in use by another server: {e.Message}", e);
        }
        catch (IOException e)
        {
            throw new StartupException($"The data folder '{dataDir}' cannot be made: {e.Message}", e);
        }
    }

    private static string ConnectionString(string dataDir, string file) =>
        new SqliteConnectionStringBuilder { DataSource = Path.Combine(dataDir, file), Pooling = true }.ToString();

    private static SqliteConnection OpenChecked(string connectionString)
    {
        var connection = new SqliteConnection(connectionString);
        try
        {
            connection.Open();
            Execute(connection, "PRAGMA journal_mode = WAL");
            Prepare(connection);
            var mode = Scalar(connection, "PRAGMA journal_mode") as string;
            var synchronous = Scalar(connection, "PRAGMA synchronous") as long?;
            return mode == "wal" && synchronous == 2
                ? connection
                : throw new StartupException(
                    $"The database cannot be made durable: journal_mode is {mode} and synchronous {synchronous}, they must be wal and 2.");
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static void CheckVersion(SqliteConnection connection, string dataDir)
    {
        var known = Scalar(connection, "SELECT 1 FROM sqlite_master WHERE name = 'heliossync_meta'") is not null;
        if (known && Read(connection, "schema_version") is { } stored && BitConverter.ToInt32(stored) > Schema.Version)
        {
            throw new StartupException(
                $"The database in '{dataDir}' has version {BitConverter.ToInt32(stored)}, and this program knows none above "
                + $"{Schema.Version}: use a newer program.");
        }
    }

    /// <summary>The stored value of that name; where there is none, this one from now on.</summary>
    private static byte[] Keep(SqliteConnection connection, string name, byte[] value)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "INSERT INTO heliossync_meta VALUES ($name, $value) ON CONFLICT DO NOTHING";
        command.Parameters.AddWithValue("$name", name);
        command.Parameters.AddWithValue("$value", value);
        command.ExecuteNonQuery();
        return Read(connection, name)!;
    }

    private static byte[]? Read(SqliteConnection connection, string name)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT value FROM heliossync_meta WHERE name = $name";
        command.Parameters.AddWithValue("$name", name);
        return command.ExecuteScalar() as byte[];
    }

    private static object? Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    private static void Execute(DbConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
