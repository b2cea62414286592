using System.Runtime.InteropServices;

namespace HeliosSync.Actors.Journal;

/// <summary>What backup and restore do with files, so that it holds after a power cut.</summary>
internal static class FolderFiles
{
    private static readonly string[] Ends = ["", "-wal", "-shm", "-journal"];

    /// <summary>A folder for its owner alone; one that is there keeps the mode that it was given.</summary>
    public static void MakePrivate(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    /// <summary>A database's files that are there, the file itself first.</summary>
    public static IEnumerable<string> OfDatabase(string path) => Ends.Select(end => path + end).Where(File.Exists);

    /// <summary>Deletes a database that nobody will need.</summary>
    public static void DeleteDatabase(string path)
    {
        foreach (var file in OfDatabase(path).ToList())
        {
            File.Delete(file);
        }
    }

    /// <summary>Puts a file's content on the disk.</summary>
    public static void Flush(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        file.Flush(flushToDisk: true);
    }

    /// <summary>Puts what a folder names on the disk, where the system knows how to: names are lost in a power cut like content.</summary>
    public static void FlushFolder(string path)
    {
        if (!OperatingSystem.IsLinux() || Open(path, 0) is var folder && folder < 0)
        {
            return;
        }

        _ = Sync(folder);
        _ = Close(folder);
    }

    [DllImport("libc", EntryPoint = "open")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Sync(int file);

    [DllImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int file);
}
