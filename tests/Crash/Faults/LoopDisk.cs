using System.Globalization;

namespace HeliosSync.Crash.Faults;

/// <summary>
/// A disk of the driver's own: ext4 on a file, mounted on a folder beside it. It can be filled, and its power can be cut. With this
/// object it is unmounted and deleted; what a driver that died left behind is cleared away by the next.
/// </summary>
internal sealed class LoopDisk : IAsyncDisposable
{
    private const string Prefix = "heliossync-disk-";
    private const int Block = 4_096;
    private const int FillBlocks = 64;

    private readonly string _folder;
    private readonly string _image;
    private bool _mounted;

    private LoopDisk(string folder)
    {
        _folder = folder;
        _image = System.IO.Path.Combine(folder, "image");
        Path = System.IO.Path.Combine(folder, "mount");
    }

    /// <summary>Where it is mounted.</summary>
    public string Path { get; }

    private string Filler => System.IO.Path.Combine(Path, "filler");

    /// <summary>Why there can be none on this machine; null where there can.</summary>
    public static async Task<string?> WhyNotAsync()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            return "mounting an ext4 file system on a loop device needs Linux and root";
        }

        if (!File.Exists("/dev/loop-control"))
        {
            return "there are no loop devices: /dev/loop-control is missing";
        }

        try
        {
            await using var disk = await CreateAsync(8 * 1_024 * 1_024);
            return null;
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return $"an ext4 file system cannot be made and mounted here (e2fsprogs, mount): {e.Message.ReplaceLineEndings(" ")}";
        }
    }

    /// <summary>Makes and mounts one. The file takes room on the real disk only as it is written to.</summary>
    public static async Task<LoopDisk> CreateAsync(long bytes)
    {
        await ClearAwayAsync();
        var mark = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}-");
        var disk = new LoopDisk(Directory.CreateTempSubdirectory(mark).FullName);
        try
        {
            await using (var file = File.Create(disk._image))
            {
                file.SetLength(bytes);
            }

            Directory.CreateDirectory(disk.Path);
            // Nothing is reserved for root: full is full. No lazy work behind the test's back.
            await Command.RunAsync("mkfs.ext4", "-q", "-F", "-m", "0", "-E", "lazy_itable_init=0,lazy_journal_init=0", disk._image);
            await disk.MountAsync();
            return disk;
        }
        catch
        {
            await disk.DisposeAsync();
            throw;
        }
    }

    /// <summary>The power goes: from now on nothing reaches the disk, and what had not reached it is gone.</summary>
    public void CutPower() => PowerCut.Cut(Path, _image);

    /// <summary>The power is back, and the disk is mounted again. Nobody may hold a file on it.</summary>
    public async Task RemountAsync()
    {
        await UnmountAsync();
        await MountAsync();
    }

    /// <summary>Takes all the room that is left; gives whether there was any.</summary>
    public bool Fill()
    {
        using var filler = new FileStream(Filler, FileMode.Append, FileAccess.Write, FileShare.None, 0);
        var before = filler.Length;
        foreach (var size in new[] { FillBlocks * Block, Block })
        {
            try
            {
                for (var zeros = new byte[size]; ;)
                {
                    filler.Write(zeros);
                }
            }
            catch (IOException)
            {
                // Full, in steps of this size.
            }
        }

        return filler.Length > before;
    }

    /// <summary>Gives a part of the room back, in blocks.</summary>
    public void GiveBack(int blocks)
    {
        using var filler = new FileStream(Filler, FileMode.Open, FileAccess.Write);
        filler.SetLength(Math.Max(0, filler.Length - ((long)blocks * Block)));
    }

    /// <summary>Gives all the room back.</summary>
    public void Free() => File.Delete(Filler);

    public async ValueTask DisposeAsync()
    {
        await UnmountAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Unmounts and deletes the disks of drivers that no longer live.</summary>
    private static async Task ClearAwayAsync()
    {
        foreach (var folder in Directory.GetDirectories(System.IO.Path.GetTempPath(), Prefix + "*"))
        {
            var owner = System.IO.Path.GetFileName(folder)[Prefix.Length..].Split('-')[0];
            if (!Directory.Exists($"/proc/{owner}"))
            {
                var disk = new LoopDisk(folder);
                disk._mounted = MountTable.Find(disk.Path) is not null;
                await disk.DisposeAsync();
            }
        }
    }

    private async Task MountAsync()
    {
        // The loop device detaches itself when it is unmounted.
        await Command.RunAsync("mount", "-t", "ext4", "-o", "loop", _image, Path);
        _mounted = true;
    }

    private async Task UnmountAsync()
    {
        if (_mounted)
        {
            await Command.RunAsync("umount", Path);
            _mounted = false;
        }
    }
}
