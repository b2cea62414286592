using System.Text.Json;

namespace HeliosSync.Load.Watch;

/// <summary>
/// The tool's other program, which only asks for health: in the tool itself the collector would stop the probers along with millions of
/// objects that they have nothing to do with.
/// </summary>
internal static class ProbeProgram
{
    /// <summary>The first argument that makes it this program; then the server's address and the paths to be asked.</summary>
    public const string Name = "probe-health";

    /// <summary>Asks until its input ends; for each line of it, says what was found since the last.</summary>
    public static async Task<int> RunAsync(string[] args, TextReader input, TextWriter output)
    {
        Scheduling.LeaveServerCore();
        var probers = args[1..].Select(path => new HealthProber(new Uri(args[0]), path)).ToArray();
        try
        {
            while (await input.ReadLineAsync() is not null)
            {
                await output.WriteLineAsync(JsonSerializer.Serialize(probers.Select(static p => p.Cut())));
                await output.FlushAsync();
            }

            return 0;
        }
        finally
        {
            foreach (var prober in probers)
            {
                prober.Dispose();
            }
        }
    }
}
