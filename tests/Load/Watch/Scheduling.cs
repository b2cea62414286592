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

    /// <summary>The kernel's number of the calling thread.</summary>
    public static int ThisThread => OperatingSystem.IsLinux() ? GetThreadId() : 0;

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

    /// <summary>Takes this process off the server's core, and lets some threads go before its others.</summary>
    public static void MakeRoom(params int[] firstThreads)
    {
        foreach (var task in Directory.GetDirectories("/proc/self/task"))
        {
            var thread = int.Parse(Path.GetFileName(task), CultureInfo.InvariantCulture);
            Pin(thread, AllCores & ~(1UL << ServerCore));
            if (!firstThreads.Contains(thread))
            {
                const int Nicer = 10;
                _ = SetPriority(ProcessKind, thread, Nicer);
            }
        }
    }

    private static ulong AllCores => Environment.ProcessorCount == 64 ? ulong.MaxValue : (1UL << Environment.ProcessorCount) - 1;

    /// <summary>A thread that has ended meanwhile needs no core.</summary>
    private static void Pin(int thread, ulong cores) => _ = SetAffinity(thread, sizeof(ulong), ref cores);

    [DllImport("libc", EntryPoint = "gettid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetThreadId();

    [DllImport("libc", EntryPoint = "sched_setaffinity")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetAffinity(int thread, nint bytes, ref ulong cores);

    [DllImport("libc", EntryPoint = "setpriority")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetPriority(int kind, int id, int nice);
}
