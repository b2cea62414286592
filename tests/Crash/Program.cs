using HeliosSync.Crash.Driver;
using HeliosSync.Load.Engine;

namespace HeliosSync.Crash;

/// <summary>The program's entry.</summary>
internal static class Program
{
    public static Task<int> Main(string[] args) =>
        StopSignals.RunAsync(ct => new CrashProgram(Console.Out, !Console.IsOutputRedirected).RunAsync(args, ct));
}
