using System.Runtime.InteropServices;

namespace HeliosSync.Actors.Journal;

/// <summary>How much a thread gives way to others that want the same core.</summary>
internal static class Niceness
{
    /// <summary>A fifth of the weight of an ordinary thread.</summary>
    private const int GivesWay = 7;

    private const int OfThread = 0;

    /// <summary>
    /// Lets the calling thread give way for good: it gets what others leave, and beside one that leaves nothing a sixth. On Linux, where a
    /// thread's own priority is not heeded, by its niceness; elsewhere by its priority.
    /// </summary>
    public static void GiveWay()
    {
        if (OperatingSystem.IsLinux())
        {
            // The calling thread alone: on Linux, niceness belongs to the thread. A refusal leaves it an ordinary one.
            _ = SetPriority(OfThread, 0, GivesWay);
        }
        else
        {
            Thread.CurrentThread.Priority = ThreadPriority.BelowNormal;
        }
    }

    [DllImport("libc", EntryPoint = "setpriority")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetPriority(int which, int who, int niceness);
}
