using System.Diagnostics;
using System.Text.RegularExpressions;

namespace HeliosSync.Integration.Protocol.Rig;

/// <summary>
/// The real program in a process of its own, on a free port. It is killed with -9 where a test says so, and in any case when this is
/// disposed.
/// </summary>
internal sealed partial class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Task _drained;

    private ServerProcess(Process process, Uri address)
    {
        _process = process;
        Address = address;
        _drained = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
    }

    public Uri Address { get; }

    /// <summary>Starts it and waits until it says where it listens.</summary>
    public static async Task<ServerProcess> StartAsync(string dataDir, string secret, string program = "heliossync.dll")
    {
        // Where this test runs on, the server runs on too; its program lies beside the tests.
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            ArgumentList = { "exec", Path.Combine(AppContext.BaseDirectory, program) },
            WorkingDirectory = dataDir,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Production";
        start.Environment["DATA_DIR"] = dataDir;
        start.Environment["BIND_ADDR"] = "127.0.0.1:0";
        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        start.Environment["JWT_SECRET"] = secret;
        start.Environment["LOG_LEVEL"] = "info";
        var process = Process.Start(start)!;
        try
        {
            using var patience = new CancellationTokenSource(Patience);
            while (await process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
            {
                if (ListensOn().Match(line) is { Success: true } found)
                {
                    return new ServerProcess(process, new Uri(found.Value));
                }
            }

            throw new InvalidOperationException("The server ended before it listened.");
        }
        catch
        {
            End(process);
            throw;
        }
    }

    /// <summary>SIGKILL: no handler runs, nothing is flushed, nothing is answered.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        await _drained;
    }

    /// <summary>SIGTERM. Returns the exit code.</summary>
    public async Task<int> TerminateAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await _process.WaitForExitAsync(patience.Token);
        await _drained;
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        End(_process);
        await _drained;
        _process.Dispose();
    }

    private static void End(Process process)
    {
        if (!process.HasExited)
        {
            process.Kill();
            process.WaitForExit();
        }
    }

    [GeneratedRegex("http://127\\.0\\.0\\.1:[1-9][0-9]*")]
    private static partial Regex ListensOn();
}
