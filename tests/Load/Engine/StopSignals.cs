using System.Runtime.InteropServices;

namespace HeliosSync.Load.Engine;

/// <summary>
/// How a program that starts servers is stopped: by Ctrl+C or SIGTERM, and not at once, since what it started has to end first.
/// </summary>
internal static class StopSignals
{
    /// <summary>Runs a program until it ends, and tells it when it is to. Gives its exit code.</summary>
    public static async Task<int> RunAsync(Func<CancellationToken, Task<int>> program)
    {
        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        return await program(stop.Token);

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }
}
