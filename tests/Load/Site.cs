using HeliosSync.Load.Server;

namespace HeliosSync.Load;

/// <summary>A data folder in the system's temporary folder, and the one server that runs over it; both go with this object.</summary>
internal sealed class Site : IAsyncDisposable
{
    private ServerProcess? _server;

    public string DataDir { get; } = Directory.CreateTempSubdirectory("heliossync-load-").FullName;

    public ServerTokens Tokens { get; } = new();

    public ServerProcess Server => _server ?? throw new InvalidOperationException("No server was started.");

    /// <summary>Starts the server; the one before must have ended.</summary>
    public Task<ServerProcess> StartServerAsync(CancellationToken ct, IReadOnlyDictionary<string, string>? settings = null) =>
        StartAsync(start => start with { Variables = settings ?? start.Variables }, ct);

    /// <summary>Starts a server in some other way; the one before must have ended.</summary>
    public async Task<ServerProcess> StartAsync(Func<ServerStart, ServerStart> how, CancellationToken ct)
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        return _server = await ServerProcess.StartAsync(how(new ServerStart(DataDir, Tokens.Secret)), ct);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        Directory.Delete(DataDir, recursive: true);
    }
}
