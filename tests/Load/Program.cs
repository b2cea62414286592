using System.Runtime.InteropServices;

namespace HeliosSync.Load;

/// <summary>The program's entry.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        return await new LoadProgram(Console.Out, !Console.IsOutputRedirected).RunAsync(args, stop.Token);

        void Stop(PosixSignalContext signal)
        {
            // Not at once: the server that was started has to end first.
            signal.Cancel = true;
            stop.Cancel();
        }
    }
}
