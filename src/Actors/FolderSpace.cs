using HeliosSync.Actors.Journal;
using Microsoft.Data.Sqlite;

namespace HeliosSync.Actors;

/// <summary>What the journal of a stopped server takes on the disk.</summary>
public static class FolderSpace
{
    /// <summary>Bytes of the journal's file; null where there is none.</summary>
    public static long? Measure(string dataDir) =>
        new FileInfo(Path.Combine(dataDir, JournalFiles.JournalName)) is { Exists: true } file ? file.Length : null;

    /// <summary>
    /// Gives all free space of the file back, by writing it anew: that takes as much free disk as the file will have. Afterwards the file
    /// gives space back step by step while the server runs, which one that was made by a version before compaction does not.
    /// </summary>
    public static void GiveBack(string dataDir)
    {
        using var held = FolderLock.Take(dataDir);
        var path = Path.Combine(dataDir, JournalFiles.JournalName);
        var settings = new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWrite, Pooling = false };
        try
        {
            using var connection = JournalFiles.OpenChecked(settings.ToString(), unsafeSynchronousOff: false, givesSpaceBack: true);
            using var command = connection.CreateCommand();
            command.CommandText = "VACUUM";
            command.ExecuteNonQuery();
            command.CommandText = "PRAGMA wal_checkpoint(TRUNCATE)";
            command.ExecuteNonQuery();
        }
        catch (SqliteException e)
        {
            throw new StartupException(
                $"The journal in '{dataDir}' was compacted, and its free space could not be given back: {e.Message}", e);
        }
    }
}
