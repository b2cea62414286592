using HeliosSync.Actors.Journal;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace HeliosSync.Actors;

/// <summary>
/// Copies the journal of a data folder, whether a server runs on it or not: all of it as it was at one moment. The server goes on writing
/// meanwhile; only its write-ahead log cannot be cut, and grows by what is written. The copy is read through and held to what must hold.
/// </summary>
public sealed class FolderBackup
{
    /// <summary>What a copy is called that does not hold: nobody is to take it for a good one.</summary>
    public const string DamagedName = JournalFiles.JournalName + ".damaged";

    private const string PartialName = JournalFiles.JournalName + ".partial";

    /// <summary>Pages of a step: 4 MiB.</summary>
    private const int StepPages = 1_024;

    private FolderBackup(string path, FolderCheck check, DateTimeOffset at) =>
        (Path, Check, At, Bytes) = (path, check, at, new FileInfo(path).Length);

    /// <summary>The copy.</summary>
    public string Path { get; }

    /// <summary>What was found in it.</summary>
    public FolderCheck Check { get; }

    /// <summary>The moment that it shows.</summary>
    public DateTimeOffset At { get; }

    /// <summary>Its size.</summary>
    public long Bytes { get; }

    /// <summary>Makes the copy; <see cref="StartupException"/> says in one sentence why it cannot be made.</summary>
    /// <param name="dataDir">The data folder.</param>
    /// <param name="to">Where to: a folder that is not there yet, or empty.</param>
    /// <param name="time">The clock.</param>
    /// <param name="finding">Is told each thing of the copy that does not hold, in a line.</param>
    public static FolderBackup Run(string dataDir, string to, TimeProvider time, Action<string> finding)
    {
        ArgumentNullException.ThrowIfNull(time);
        var source = System.IO.Path.Combine(dataDir, JournalFiles.JournalName);
        if (!File.Exists(source))
        {
            throw new StartupException($"There is no journal to copy: {source} does not exist.");
        }

        var partial = System.IO.Path.Combine(to, PartialName);
        try
        {
            var mark = CheckAtRest(dataDir, source);
            MakeRoom(to);
            var at = Copy(source, partial, isAtRest: mark is not null, time);
            var check = FolderCheck.RunOnCopy(partial, mark ?? default, finding);
            var path = System.IO.Path.Combine(to, check.Findings == 0 ? JournalFiles.JournalName : DamagedName);
            FolderFiles.Flush(partial);
            File.Move(partial, path);
            FolderFiles.FlushFolder(to);
            return new FolderBackup(path, check, at);
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"The journal in '{dataDir}' cannot be copied to '{to}': {e.Message}", e);
        }
        finally
        {
            FolderFiles.DeleteDatabase(partial);
        }
    }

    /// <summary>
    /// What the lock file remembers of a folder that no server uses, null where one does. A server has looked at its write-ahead log at its
    /// start; else it is looked at here, for SQLite would leave out its damaged end without a word.
    /// </summary>
    private static FolderMark? CheckAtRest(string dataDir, string source)
    {
        using var held = FolderLock.TryTake(dataDir);
        if (held is null && File.Exists(System.IO.Path.Combine(dataDir, FolderLock.Name)))
        {
            return null;
        }

        return WalCheck.Find(source + "-wal") is { } damage
            ? throw new StartupException(
                $"The write-ahead log {source}-wal is damaged: {damage}. A copy would lack what follows; 'heliossync check' tells more.")
            : held?.Mark ?? default(FolderMark);
    }

    private static void MakeRoom(string to)
    {
        if (File.Exists(to) || (Directory.Exists(to) && Directory.EnumerateFileSystemEntries(to).Any()))
        {
            throw new StartupException($"'{to}' is there and not empty: a backup overwrites nothing. Name a new folder.");
        }

        FolderFiles.MakePrivate(to);
    }

    private static DateTimeOffset Copy(string source, string partial, bool isAtRest, TimeProvider time)
    {
        DateTimeOffset at;
        using (var from = Open(source, SqliteOpenMode.ReadOnly))
        using (var to = Open(partial, SqliteOpenMode.ReadWriteCreate))
        {
            // From here on the connection sees one state, so that the copy is of one moment and never begins anew.
            Execute(from, "BEGIN");
            Execute(from, "SELECT COUNT(*) FROM heliossync_meta");
            at = time.GetUtcNow();
            at = at.AddTicks(-(at.Ticks % TimeSpan.TicksPerMicrosecond));
            Execute(to, "PRAGMA synchronous = OFF");
            Copy(from.Handle!, to.Handle!);
            Execute(from, "COMMIT");
        }

        if (!isAtRest)
        {
            CutLog(source);
        }

        using var copy = Open(partial, SqliteOpenMode.ReadWrite);
        Execute(copy, "PRAGMA journal_mode = DELETE");
        JournalRestore.MarkAsBackup(copy, at);
        return at;
    }

    private static void Copy(sqlite3 from, sqlite3 to)
    {
        using var backup = raw.sqlite3_backup_init(to, "main", from, "main");
        int code;
        do
        {
            code = raw.sqlite3_backup_step(backup, StepPages);
        }
        while (code == raw.SQLITE_OK);
        if (code != raw.SQLITE_DONE)
        {
            throw new SqliteException($"SQLite Error {code}: '{raw.sqlite3_errstr(code).utf8_to_string()}'.", code & 0xff, code);
        }
    }

    /// <summary>
    /// What the server wrote meanwhile goes from its log into its file here, so that its own next writer need not do it all at once.
    /// It holds up no writer; where it cannot be done it is done there.
    /// </summary>
    private static void CutLog(string source)
    {
        try
        {
            using var live = JournalFiles.OpenChecked(
                new SqliteConnectionStringBuilder { DataSource = source, Mode = SqliteOpenMode.ReadWrite, Pooling = false }.ToString(),
                unsafeSynchronousOff: false);
            Execute(live, "PRAGMA wal_checkpoint(PASSIVE)");
        }
        catch (Exception e) when (e is SqliteException or StartupException)
        {
            // Perhaps its files may only be read from here.
        }
    }

    private static SqliteConnection Open(string path, SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false }.ToString());
        try
        {
            connection.Open();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
