using System.Data.Common;
using HeliosSync.Codec;
using Microsoft.Data.Sqlite;

namespace HeliosSync.Actors.Journal;

/// <summary>
/// The two SQLite files of a data folder: the journal, and the snapshots apart from it, because a large snapshot would hold up every
/// other write. Opening makes or checks them: durability settings, version, keys, and that no other server uses the folder.
/// </summary>
internal sealed class JournalFiles : IDisposable
{
    /// <summary>The journal's file name.</summary>
    public const string JournalName = "heliossync.db";

    private readonly FolderLock _lock;
    private readonly bool _unsafeSynchronousOff;
    private readonly ulong _database;

    private JournalFiles(
        FolderLock held, bool unsafeSynchronousOff, string journal, string snapshots, JournalKeys keys)
    {
        _lock = held;
        _unsafeSynchronousOff = unsafeSynchronousOff;
        _database = new KeyedHash(keys.Hash).Fingerprint;
        Journal = journal;
        Snapshots = snapshots;
        HashKey = keys.Hash;
        TokenKey = keys.Token;
    }

    /// <summary>Connection string of the journal.</summary>
    public string Journal { get; }

    /// <summary>Connection string of the snapshots.</summary>
    public string Snapshots { get; }

    /// <summary>The key of row and content hashes, as old as the database.</summary>
    public byte[] HashKey { get; }

    /// <summary>The key that authenticates continuation tokens, as old as the database.</summary>
    public byte[] TokenKey { get; }

    /// <summary>Whether the journal was ever restored from a backup.</summary>
    public bool IsRestored { get; private init; }

    /// <summary>What the opening found and mended, a sentence each.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>Opens or makes the files; <see cref="StartupException"/> says in one sentence why it cannot.</summary>
    public static JournalFiles Open(string dataDir, bool unsafeSynchronousOff, TimeProvider time)
    {
        FolderLock? held = null;
        try
        {
            held = FolderLock.Take(dataDir);
            var files = Open(dataDir, held, unsafeSynchronousOff, time);
            held = null;
            return files;
        }
        catch (StartupException)
        {
            ClosePools(dataDir);
            throw;
        }
        catch (SqliteException e)
        {
            ClosePools(dataDir);
            throw new StartupException($"The database in the data folder '{dataDir}' cannot be opened: {e.Message}", e);
        }
        finally
        {
            held?.Dispose();
        }
    }

    /// <summary>Closes what is kept open of a file, so that it can be put in another place.</summary>
    public static void ClosePool(string connectionString)
    {
        using var connection = new SqliteConnection(connectionString);
        SqliteConnection.ClearPool(connection);
    }

    /// <summary>Closes what is kept open of the folder's files, so that others can be put in their places.</summary>
    private static void ClosePools(string dataDir)
    {
        ClosePool(ConnectionString(dataDir, JournalName));
        ClosePool(ConnectionString(dataDir, SnapshotFile.Name));
    }

    /// <summary>Remembers in the lock file how many events are durable by now.</summary>
    public void Remember(long events) => _lock.Remember(new FolderMark(_database, events));

    /// <summary>
    /// Makes a connection as durable as an acknowledgement promises, each time it is opened: <c>synchronous</c> belongs to the
    /// connection, and anything less than FULL loses acknowledged writes in a power cut.
    /// </summary>
    public void Prepare(DbConnection connection) => Prepare(connection, _unsafeSynchronousOff);

    /// <summary>A connection for appending events, durable as above, which is checked; it is not shared or kept by the driver.</summary>
    public SqliteConnection OpenWriter() =>
        OpenChecked(new SqliteConnectionStringBuilder(Journal) { Pooling = false }.ToString(), _unsafeSynchronousOff);

    /// <summary>A connection for storing snapshots, durable as above; the driver keeps it for the next one.</summary>
    public SqliteConnection OpenSnapshots()
    {
        var connection = new SqliteConnection(Snapshots);
        connection.Open();
        Prepare(connection);
        return connection;
    }

    public void Dispose()
    {
        using (var connection = new SqliteConnection(Journal))
        {
            RememberEnd(connection);
        }

        ClosePool(Journal);
        ClosePool(Snapshots);

        _lock.Dispose();
    }

    /// <summary>The lock file's last word. Without it an older one holds.</summary>
    private void RememberEnd(SqliteConnection connection)
    {
        try
        {
            connection.Open();
            Remember(JournalTables.LastEvent(connection));
            connection.Close();
        }
        catch (SqliteException)
        {
            // The database cannot be read; the next start says so.
        }
    }

    private static JournalFiles Open(string dataDir, FolderLock held, bool unsafeSynchronousOff, TimeProvider time)
    {
        var path = Path.Combine(dataDir, JournalName);
        // The snapshots' file is made after the journal, and the lock file remembers it.
        var mustExist = held.Mark != default || File.Exists(Path.Combine(dataDir, SnapshotFile.Name));
        if (!File.Exists(path) && (mustExist || File.Exists(path + "-wal")))
        {
            throw JournalTables.Gone(dataDir);
        }

        if (WalCheck.Find(path + "-wal") is { } damage)
        {
            throw new StartupException(
                $"The write-ahead log {path}-wal is damaged: {damage}. SQLite would drop acknowledged changes from there on. Keep a "
                + "copy of the folder and put the newest backup in its place; or, to go on without them, delete that file.");
        }

        var journal = ConnectionString(dataDir, JournalName);
        var snapshots = ConnectionString(dataDir, SnapshotFile.Name);
        using var connection = OpenChecked(journal, unsafeSynchronousOff, givesSpaceBack: true);
        var tables = new JournalTables(connection, dataDir);
        var keys = tables.OpenOrMake(mustExist);
        var fingerprint = new KeyedHash(keys.Hash).Fingerprint;
        var events = tables.CheckEvents(held.Mark.Database == fingerprint ? held.Mark : default);
        List<string> notes = [.. RestoreBackup(connection, ref events, time.GetUtcNow())];
        Execute(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
        var file = new SnapshotFile(dataDir, snapshots, unsafeSynchronousOff);
        file.Prepare(connection);
        held.Remember(new FolderMark(fingerprint, events));
        notes.AddRange(file.Notes);
        var isRestored = JournalRestore.IsRestored(connection);
        return new JournalFiles(held, unsafeSynchronousOff, journal, snapshots, keys) { IsRestored = isRestored, Notes = notes };
    }

    /// <summary>A backup that was put in its place by hand is another journal than the one that it was made of.</summary>
    private static IEnumerable<string> RestoreBackup(SqliteConnection connection, ref long events, DateTimeOffset now)
    {
        if (JournalRestore.BackupTime(connection) is not { } at)
        {
            return [];
        }

        var tenants = JournalRestore.Apply(connection, now);
        events = JournalTables.LastEvent(connection);
        return
        [
            $"The journal is the backup of {at:yyyy-MM-dd HH:mm:ss}Z: its {tenants} tenants have new server nodes, "
            + "and all clients start anew.",
        ];
    }

    private static void Prepare(DbConnection connection, bool unsafeSynchronousOff)
    {
        Execute(connection, unsafeSynchronousOff ? "PRAGMA synchronous = OFF" : "PRAGMA synchronous = FULL");
        Execute(
            connection, "PRAGMA wal_autocheckpoint = 2000; PRAGMA journal_size_limit = 67108864; PRAGMA busy_timeout = 30000;");
    }

    private static string ConnectionString(string dataDir, string file) =>
        new SqliteConnectionStringBuilder { DataSource = Path.Combine(dataDir, file), Pooling = true }.ToString();

    /// <summary>A connection whose durability is set and checked.</summary>
    /// <param name="connectionString">Of the file.</param>
    /// <param name="unsafeSynchronousOff">Whether nothing is flushed.</param>
    /// <param name="givesSpaceBack">
    /// Whether the file, where this makes it, can be made smaller step by step; one that is there keeps its ways until it is vacuumed.
    /// </param>
    public static SqliteConnection OpenChecked(string connectionString, bool unsafeSynchronousOff, bool givesSpaceBack = false)
    {
        var connection = new SqliteConnection(connectionString);
        try
        {
            connection.Open();
            if (givesSpaceBack)
            {
                Execute(connection, "PRAGMA auto_vacuum = INCREMENTAL");
            }

            Execute(connection, "PRAGMA journal_mode = WAL");
            Prepare(connection, unsafeSynchronousOff);
            var mode = Scalar(connection, "PRAGMA journal_mode") as string;
            var synchronous = Scalar(connection, "PRAGMA synchronous") as long?;
            return mode == "wal" && synchronous == (unsafeSynchronousOff ? 0 : 2)
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
