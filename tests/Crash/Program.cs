using System.Runtime.InteropServices;
using HeliosSync.Crash.Driver;

namespace HeliosSync.Crash;

/// <summary>The program's entry.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        return await new CrashProgram(Console.Out, !Console.IsOutputRedirected).RunAsync(args, stop.Token);

        void Stop(PosixSignalContext signal)
        {
            // Not at once: servers have to end and disks to be unmounted first.
            signal.Cancel = true;
            stop.Cancel();
        }
    }
}
