using System.Diagnostics;

namespace HeliosSync.Crash.Faults;

/// <summary>Runs a program of the system to its end.</summary>
internal static class Command
{
    /// <summary>What it wrote; an exception with what it complained of where its exit code is not 0.</summary>
    public static async Task<string> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: exit code {process.ExitCode}, {await error}");
    }
}
