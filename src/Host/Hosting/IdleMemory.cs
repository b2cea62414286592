using System.Runtime.InteropServices;

namespace HeliosSync.Host;

/// <summary>
/// Gives memory back after a busy time. The collector keeps what a load needed for the next one, and collects everything only when it must:
/// a server that was filled and then lies still would hold twice what it needs, for ever. So when it falls still after a busy time,
/// everything is collected once and compacted. That stops it for some tens of milliseconds where its state is large, at a time when next to
/// nobody asks for anything. Under a load, be it small, it never does.
/// </summary>
internal sealed class IdleMemory(TimeProvider time) : IHostedService, IDisposable
{
    /// <summary>How often it looks.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(3);

    private ITimer? _looks;
    private IdleWatch _watch;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _watch = new IdleWatch(Allocated);
        _looks = time.CreateTimer(static self => ((IdleMemory)self!).Look(), this, LookEvery, LookEvery);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void Dispose() => _looks?.Dispose();

    private static long Allocated => GC.GetTotalAllocatedBytes(precise: false);

    private void Look()
    {
        if (_watch.Look(Allocated))
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            TrimNative();
        }
    }

    /// <summary>What the database and the compressor freed goes back too, where the C library is one that keeps it (glibc).</summary>
    private static void TrimNative()
    {
        if (OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libc.so.6", out var libc)
            && NativeLibrary.TryGetExport(libc, "malloc_trim", out _))
        {
            _ = MallocTrim(0);
        }
    }

    [DllImport("libc.so.6", EntryPoint = "malloc_trim")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int MallocTrim(nuint pad);
}

/// <summary>Sees when a busy time has ended, by what is allocated from one look to the next.</summary>
/// <param name="allocated">Bytes that were ever allocated.</param>
internal struct IdleWatch(long allocated)
{
    /// <summary>Bytes allocated between two looks from which on the time between them was busy.</summary>
    public const long BusyBytesMin = 16L * 1_024 * 1_024;

    /// <summary>Bytes allocated between two looks up to which the time between them was still.</summary>
    public const long StillBytesMax = 2L * 1_024 * 1_024;

    /// <summary>So many still times in a row end a busy one.</summary>
    public const int StillLooks = 2;

    private long _allocated = allocated;
    private bool _wasBusy;
    private int _still;

    /// <summary>Takes what was allocated up to now; says, once for each busy time, that it has ended.</summary>
    public bool Look(long allocated)
    {
        var since = allocated - _allocated;
        _allocated = allocated;
        _wasBusy |= since >= BusyBytesMin;
        _still = since <= StillBytesMax ? _still + 1 : 0;
        var hasEnded = _wasBusy && _still >= StillLooks;
        _wasBusy &= !hasEnded;
        return hasEnded;
    }
}
