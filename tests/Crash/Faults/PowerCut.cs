using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace HeliosSync.Crash.Faults;

/// <summary>
/// Stops an ext4 file system as a power cut does: no write reaches the disk any more, and what was written but not flushed is
/// forgotten, the file system's own journal included. The last thing to be done to a wrong file system, so every doubt is an exception.
/// </summary>
internal static partial class PowerCut
{
    /// <summary>EXT4_IOC_SHUTDOWN: <c>_IOR('X', 125, __u32)</c>.</summary>
    private const nuint Shutdown = 0x8004587D;

    /// <summary>EXT4_GOING_FLAGS_NOLOGFLUSH: without flushing the log.</summary>
    private const uint WithoutLogFlush = 2;

    /// <summary>Cuts it off.</summary>
    /// <param name="place">The mount point.</param>
    /// <param name="image">The file that the file system lies in.</param>
    public static void Cut(string place, string image)
    {
        var mount = MountTable.Find(place) ?? throw new InvalidOperationException($"Nothing is mounted at {place}.");
        var backing = $"/sys/block/{Path.GetFileName(mount.Device)}/loop/backing_file";
        if (mount.Type != "ext4" || !File.Exists(backing) || File.ReadAllText(backing).Trim() != image)
        {
            throw new InvalidOperationException($"What is mounted at {place} is {mount}, and not ext4 on {image}.");
        }

        using var folder = Open(place, OpenReadOnly);
        if (folder.IsInvalid || MountOf(folder) != mount.Id)
        {
            throw new InvalidOperationException($"What was opened is not what is mounted at {place}: {MountOf(folder)}, {mount}.");
        }

        var how = WithoutLogFlush;
        if (Control(folder, Shutdown, ref how) != 0)
        {
            throw new InvalidOperationException($"The file system at {place} cannot be cut off: error {Marshal.GetLastPInvokeError()}.");
        }
    }

    private const int OpenReadOnly = 0;

    /// <summary>Which mount an open file belongs to, as the kernel says of the file itself.</summary>
    private static string? MountOf(SafeFileHandle file) => File.ReadLines($"/proc/self/fdinfo/{file.DangerousGetHandle()}")
        .FirstOrDefault(static l => l.StartsWith("mnt_id:", StringComparison.Ordinal))?["mnt_id:".Length..].Trim();

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial SafeFileHandle Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Control(SafeFileHandle file, nuint request, ref uint argument);
}
