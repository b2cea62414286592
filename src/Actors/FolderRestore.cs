using HeliosSync.Actors.Journal;
using HeliosSync.Codec;
using Microsoft.Data.Sqlite;

namespace HeliosSync.Actors;

/// <summary>
/// Puts a backup in the place of a data folder's journal, with no server on it. Everything is made ready beside it first, and takes its
/// place by one renaming at the end: broken off anywhere, the folder has its old journal, or none and refuses to start until this is done
/// again. What it replaces is put aside, never deleted.
/// </summary>
public sealed class FolderRestore
{
    /// <summary>Where the new journal is made ready, in the data folder.</summary>
    internal const string StageName = "heliossync.restoring";

    private FolderRestore(FolderCheck check) => Check = check;

    /// <summary>What was found in the backup; where anything was, nothing was replaced.</summary>
    public FolderCheck Check { get; }

    /// <summary>When <c>heliossync backup</c> made it; null where it was copied in another way.</summary>
    public DateTimeOffset? BackupAt { get; private init; }

    /// <summary>Tenants that have a new server node.</summary>
    public int Tenants { get; private init; }

    /// <summary>Where the files are that stood here before; null where none did.</summary>
    public string? Replaced { get; private init; }

    /// <summary>Restores; <see cref="StartupException"/> says in one sentence why it cannot be done.</summary>
    /// <param name="dataDir">The data folder.</param>
    /// <param name="from">A folder with a journal that no server uses, as <c>heliossync backup</c> makes it, or copied.</param>
    /// <param name="replace">Whether to put aside a journal that the data folder has.</param>
    /// <param name="time">The clock.</param>
    /// <param name="finding">Is told each thing of the backup that does not hold, in a line.</param>
    public static FolderRestore Run(string dataDir, string from, bool replace, TimeProvider time, Action<string> finding)
    {
        ArgumentNullException.ThrowIfNull(time);
        var backup = Path.Combine(from, JournalFiles.JournalName);
        if (!File.Exists(backup))
        {
            throw new StartupException($"There is no backup: {backup} does not exist.");
        }

        try
        {
            FolderFiles.MakePrivate(dataDir);
            using var held = FolderLock.Take(dataDir);
            if (!replace && OldFiles(dataDir).Any())
            {
                throw new StartupException($"The data folder '{dataDir}' has a journal already; --replace puts it aside.");
            }

            return Run(dataDir, backup, held, time, finding);
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"'{from}' cannot be restored to '{dataDir}': {e.Message}", e);
        }
    }

    /// <summary>Whether a restoration was broken off in that folder.</summary>
    internal static bool WasBrokenOff(string dataDir) => Directory.Exists(Path.Combine(dataDir, StageName));

    private static FolderRestore Run(string dataDir, string backup, FolderLock held, TimeProvider time, Action<string> finding)
    {
        var stage = Path.Combine(dataDir, StageName);
        if (Directory.Exists(stage))
        {
            Directory.Delete(stage, recursive: true);
        }

        FolderFiles.MakePrivate(stage);
        var made = Stage(backup, Path.Combine(stage, JournalFiles.JournalName), time);
        var check = FolderCheck.RunOnCopy(made.Path, default, finding);
        if (check.Findings > 0)
        {
            Directory.Delete(stage, recursive: true);
            return new FolderRestore(check) { BackupAt = made.BackupAt };
        }

        // The mark first: without a journal and with a mark no start makes a new one. The journal last.
        held.Reset(made.Mark);
        var replaced = PutAside(dataDir, time);
        File.Move(made.Path, Path.Combine(dataDir, JournalFiles.JournalName));
        FolderFiles.FlushFolder(dataDir);
        Directory.Delete(stage, recursive: true);
        return new FolderRestore(check) { BackupAt = made.BackupAt, Tenants = made.Tenants, Replaced = replaced };
    }

    /// <summary>Copies the backup and makes another journal of it.</summary>
    private static (string Path, FolderMark Mark, DateTimeOffset? BackupAt, int Tenants) Stage(
        string backup, string path, TimeProvider time)
    {
        using (var itsOwn = FolderLock.TryTake(Path.GetDirectoryName(backup)!))
        {
            // What a running server writes cannot be copied file by file: for that there is a backup. A folder can be restored onto itself.
            var isInUse = itsOwn is null && File.Exists(Path.Combine(Path.GetDirectoryName(backup)!, FolderLock.Name))
                && Path.GetDirectoryName(Path.GetDirectoryName(path)) != Path.GetDirectoryName(backup);
            if (isInUse)
            {
                throw new StartupException($"{backup} is in use by a server: make a backup of it with 'heliossync backup'.");
            }

            File.Copy(backup, path);
            if (File.Exists(backup + "-wal"))
            {
                File.Copy(backup + "-wal", path + "-wal");
            }
        }

        if (WalCheck.Find(path + "-wal") is { } damage)
        {
            throw new StartupException($"The write-ahead log {backup}-wal is damaged: {damage}. Restore another backup.");
        }

        FolderMark mark;
        DateTimeOffset? at;
        int tenants;
        var settings = new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWrite, Pooling = false };
        using (var connection = JournalFiles.OpenChecked(settings.ToString(), unsafeSynchronousOff: false))
        {
            at = JournalRestore.BackupTime(connection);
            var keys = new JournalTables(connection, Path.GetDirectoryName(backup)!).OpenOrMake(mustExist: true);
            tenants = JournalRestore.Apply(connection, time.GetUtcNow());
            mark = new FolderMark(new KeyedHash(keys.Hash).Fingerprint, JournalTables.LastEvent(connection));
            using var alone = connection.CreateCommand();
            alone.CommandText = "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE";
            alone.ExecuteNonQuery();
        }

        FolderFiles.Flush(path);
        return (path, mark, at, tenants);
    }

    private static IEnumerable<string> OldFiles(string dataDir) =>
        FolderFiles.OfDatabase(Path.Combine(dataDir, JournalFiles.JournalName))
            .Concat(FolderFiles.OfDatabase(Path.Combine(dataDir, SnapshotFile.Name)));

    /// <summary>The journal before its log: without its log it would be an older one.</summary>
    private static string? PutAside(string dataDir, TimeProvider time)
    {
        var old = OldFiles(dataDir).ToList();
        if (old.Count == 0)
        {
            return null;
        }

        var name = $"replaced-{time.GetUtcNow():yyyyMMdd'T'HHmmss'Z'}";
        var to = Path.Combine(dataDir, name);
        for (var n = 2; Directory.Exists(to) || File.Exists(to); n++)
        {
            to = Path.Combine(dataDir, $"{name}-{n}");
        }

        FolderFiles.MakePrivate(to);
        foreach (var file in old)
        {
            File.Move(file, Path.Combine(to, Path.GetFileName(file)));
        }

        FolderFiles.FlushFolder(to);
        FolderFiles.FlushFolder(dataDir);
        return to;
    }
}
