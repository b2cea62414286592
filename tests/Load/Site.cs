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
    public async Task<ServerProcess> StartServerAsync(CancellationToken ct, IReadOnlyDictionary<string, string>? settings = null)
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        var start = new ServerStart(DataDir, Tokens.Secret) { Variables = settings ?? new Dictionary<string, string>() };
        return _server = await ServerProcess.StartAsync(start, ct);
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
