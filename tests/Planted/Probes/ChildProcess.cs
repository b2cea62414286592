using System.Diagnostics;

namespace HeliosSync.Planted;

/// <summary>A program of the SDK that is run to its end, or to the end of patience.</summary>
internal static class ChildProcess
{
    /// <summary>The exit code and what it wrote; null where it had to be ended.</summary>
    public static async Task<(int Code, string Output)?> RunAsync(string folder, TimeSpan patience, params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(patience);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            return null;
        }

        return (process.ExitCode, await output + await errors);
    }
}
