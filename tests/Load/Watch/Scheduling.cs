using System.Globalization;
using System.Runtime.InteropServices;

namespace HeliosSync.Load.Watch;

/// <summary>
/// Who gets which core. On a machine that server and tool share, neither is measured fairly unless each has its own. Does nothing
/// where the machine has one core only, or is no Linux.
/// </summary>
internal static class Scheduling
{
    private const int ServerCore = 0;
    private const int ProcessKind = 0;

    /// <summary>Whether server and tool can have cores of their own.</summary>
    public static bool Possible => OperatingSystem.IsLinux() && Environment.ProcessorCount is > 1 and <= 64;

    /// <summary>What the calling thread starts meanwhile runs on the first core alone.</summary>
    public static T OnServerCore<T>(Func<T> start)
    {
        Pin(0, 1UL << ServerCore);
        try
        {
            return start();
        }
        finally
        {
            Pin(0, AllCores);
        }
    }

    /// <summary>Takes this process off the server's core. What it starts later is off it too.</summary>
    public static void LeaveServerCore()
    {
        if (Possible)
        {
            foreach (var thread in OwnThreads())
            {
                Pin(thread, AllCores & ~(1UL << ServerCore));
            }
        }
    }

    /// <summary>Lets every other process go before this one.</summary>
    public static void GoLast()
    {
        foreach (var thread in OwnThreads())
        {
            const int Nicer = 10;
            _ = SetPriority(ProcessKind, thread, GetPriority(ProcessKind, thread) + Nicer);
        }
    }

    /// <summary>The kernel's numbers of this process's threads.</summary>
    private static IEnumerable<int> OwnThreads() => Directory.GetDirectories("/proc/self/task")
        .Select(static task => int.Parse(Path.GetFileName(task), CultureInfo.InvariantCulture));

    private static ulong AllCores => Environment.ProcessorCount == 64 ? ulong.MaxValue : (1UL << Environment.ProcessorCount) - 1;

    /// <summary>A thread that has ended meanwhile needs no core.</summary>
    private static void Pin(int thread, ulong cores) => _ = SetAffinity(thread, sizeof(ulong), ref cores);

    [DllImport("libc", EntryPoint = "sched_setaffinity")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetAffinity(int thread, nint bytes, ref ulong cores);

    [DllImport("libc", EntryPoint = "getpriority")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetPriority(int kind, int id);

    [DllImport("libc", EntryPoint = "setpriority")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetPriority(int kind, int id, int nice);
}
