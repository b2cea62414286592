using HeliosSync.Load.Engine;
using HeliosSync.Load.Watch;

namespace HeliosSync.Load;

/// <summary>The program's entry.</summary>
internal static class Program
{
    public static Task<int> Main(string[] args) => args is [ProbeProgram.Name, _, ..]
        ? ProbeProgram.RunAsync(args[1..], Console.In, Console.Out)
        : StopSignals.RunAsync(ct => new LoadProgram(Console.Out, !Console.IsOutputRedirected).RunAsync(args, ct));
}
