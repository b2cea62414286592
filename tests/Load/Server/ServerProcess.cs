using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace HeliosSync.Load.Server;

/// <summary>
/// The real server program, or one that embeds it, in a process of its own on a free port of the loopback. It ends with this object,
/// and nothing else is ever ended.
/// </summary>
public sealed partial class ServerProcess : IAsyncDisposable
{
    private const int LinesKept = 30;

    /// <summary>Only so that a run that is stuck ends: on a machine that is busy with other things, a start takes minutes.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>What the server reads from its environment and must not inherit from whoever runs the tool.</summary>
    private static readonly string[] Inherited =
    [
        "ALLOWED_TENANTS", "ALLOW_ANONYMOUS_REGISTRATION", "DATABASE_URL", "RUST_LOG", "JWT_SECRETS_DIR", "DOTNET_ENVIRONMENT",
        "ASPNETCORE_URLS", "ASPNETCORE_HTTP_PORTS", "URLS",
    ];

    private readonly ConcurrentQueue<string> _lines = new();
    private readonly Process _process;
    private readonly TaskCompletionSource<Uri> _listens = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _reading;

    private ServerProcess(Process process)
    {
        _process = process;
        _reading = Task.WhenAll(ReadAsync(process.StandardOutput), ReadAsync(process.StandardError));
    }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; private set; } = new("http://127.0.0.1");

    /// <summary>CPU time and memory now; it must still run.</summary>
    public ProcessUsage Usage => ProcessUsage.Of(_process.Id);

    /// <summary>Lets the most memory that it ever had be counted from now on.</summary>
    public void ForgetPeak() => File.WriteAllText($"/proc/{Id}/clear_refs", "5");

    /// <summary>When it was started, as <see cref="Stopwatch.GetTimestamp"/> tells.</summary>
    public long Started { get; private init; }

    /// <summary>Its number among the system's processes.</summary>
    public int Id => _process.Id;

    /// <summary>The last lines that it wrote.</summary>
    public string Said => string.Join(Environment.NewLine, _lines);

    /// <summary>Whether it has ended.</summary>
    public bool HasEnded => _process.HasExited;

    /// <summary>The exit code of one that has ended.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>Starts it and waits until it listens. It runs when the call returns its task.</summary>
    public static async Task<ServerProcess> StartAsync(ServerStart start, CancellationToken ct)
    {
        var server = Launch(start);
        try
        {
            await server.ListenAsync(ct);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it, and waits for nothing.</summary>
    public static ServerProcess Launch(ServerStart how)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, how.Program), how.Arguments)
        {
            WorkingDirectory = how.DataDir,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var name in Inherited)
        {
            start.Environment.Remove(name);
        }

        start.Environment["ASPNETCORE_ENVIRONMENT"] = how.HostEnvironment;
        start.Environment["DATA_DIR"] = how.DataDir;
        start.Environment["BIND_ADDR"] = "127.0.0.1:0";
        start.Environment["JWT_SECRET"] = how.Secret;
        start.Environment["LOG_LEVEL"] = "info";
        // Who compares what the server holds with what clients were told wants every change, not each row's latest.
        start.Environment["HeliosSync__FirstSyncChanges"] = "9007199254740991";
        // The apphost looks for the runtime; the tool runs on one that will do.
        start.Environment["DOTNET_ROOT"] = RuntimeRoot();
        foreach (var (name, value) in how.Variables)
        {
            start.Environment[name] = value;
        }

        var begun = Stopwatch.GetTimestamp();
        return new ServerProcess(Process.Start(start)!) { Started = begun };
    }

    /// <summary>Waits until it listens; an exception says what it said where it ends before.</summary>
    public async Task ListenAsync(CancellationToken ct) => Address = await _listens.Task.WaitAsync(Patience, ct);

    /// <summary>SIGKILL: nothing is flushed, nothing is said.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        await _reading;
    }

    /// <summary>SIGTERM: it stops in order. Gives the exit code.</summary>
    public async Task<int> StopAsync(CancellationToken ct)
    {
        await SignalAsync("TERM");
        return await EndAsync(ct);
    }

    /// <summary>SIGSTOP: no thread of it takes another step, once the system says so of each.</summary>
    public async Task FreezeAsync(CancellationToken ct)
    {
        await SignalAsync("STOP");
        while (!ProcessUsage.IsStopped(Id))
        {
            ObjectDisposedException.ThrowIf(HasEnded, this);
            await Task.Delay(1, ct);
        }
    }

    /// <summary>Waits until it has ended. Gives the exit code.</summary>
    public async Task<int> EndAsync(CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(Patience);
        await _process.WaitForExitAsync(patience.Token);
        await _reading;
        return _process.ExitCode;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }

    private async Task SignalAsync(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Where the runtime is that this program runs on.</summary>
    internal static string RuntimeRoot() =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", ".."));

    /// <summary>Reads on until the end, so that the server never waits for its log; keeps the last lines for a failure's message.</summary>
    private async Task ReadAsync(StreamReader output)
    {
        while (await output.ReadLineAsync() is { } line)
        {
            _lines.Enqueue(line);
            while (_lines.Count > LinesKept)
            {
                _lines.TryDequeue(out _);
            }

            if (!_listens.Task.IsCompleted && Listens().Match(line) is { Success: true } found)
            {
                _listens.TrySetResult(new Uri(found.Value));
            }
        }

        _listens.TrySetException(new InvalidOperationException(
            $"The server ended before it listened. It said:{Environment.NewLine}{Said}"));
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:[1-9][0-9]*")]
    private static partial Regex Listens();
}
