using Microsoft.Data.Sqlite;

namespace HeliosSync.Integration.Protocol.Rig;

/// <summary>
/// A whole server for a test class, with devices to talk to it. Every test takes a tenant of its own, so none sees another's rows.
/// At the end it fails where the server met a bug, in whatever test that was.
/// </summary>
public sealed class Site : IAsyncLifetime
{
    private readonly Dictionary<string, string?> _settings;
    private TestServer? _server;
    private HttpClient? _http;
    private int _tenants;

    public Site()
        : this([])
    {
    }

    internal Site(Dictionary<string, string?> settings) => _settings = new(settings) { ["LOG_LEVEL"] = "warn" };

    public Uri Address => Server.Address;

    public string DataDir => Server.DataDir;

    private TestServer Server => _server ?? throw new InvalidOperationException("The server has not been started.");

    public async Task InitializeAsync()
    {
        _server = await TestServer.StartAsync(_settings);
        _http = NewHttp();
    }

    public async Task DisposeAsync()
    {
        _http?.Dispose();
        await using var server = Server;
        Assert.DoesNotContain(server.Log.Lines, static line => line.Contains("Request failed", StringComparison.Ordinal));
    }

    /// <summary>Stops in order and starts again on the same folder. Devices made before talk to nobody any more.</summary>
    public Task RestartAsync() => RestartAsync(static () => Task.CompletedTask);

    /// <summary>Stops in order, does something to the folder, and starts again on it.</summary>
    public async Task RestartAsync(Func<Task> meanwhile)
    {
        var before = _http;
        await Server.StopAsync();
        await meanwhile();
        await Server.InitializeAsync();
        before?.Dispose();
        _http = NewHttp();
    }

    public string NewTenant() => $"tenant-{Interlocked.Increment(ref _tenants)}";

    public string Token(string tenant, string client, string scopes = "sync:read,sync:write") => Server.Token(client, tenant, scopes);

    /// <summary>A token that expired ten minutes ago.</summary>
    public string ExpiredToken(string tenant, string client) => Server.Token(client, tenant, lifetime: TimeSpan.FromMinutes(-10));

    /// <summary>A client with a token that the server has not heard of.</summary>
    internal Device Stranger(string tenant, string client) => new(_http!, client, Token(tenant, client));

    /// <summary>A client without a token.</summary>
    internal Device Anonymous(string client) => new(_http!, client, null);

    /// <summary>A client that has registered.</summary>
    internal async Task<Device> DeviceAsync(string tenant, string client)
    {
        var device = Stranger(tenant, client);
        (await device.RegisterAsync()).Ok();
        return device;
    }

    /// <summary>How many events the journal has, over all tenants, read past the server.</summary>
    internal long JournalEvents()
    {
        var file = Path.Combine(Server.DataDir, "heliossync.db");
        using var connection = new SqliteConnection($"Data Source={file};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT COUNT(*) FROM journal";
        return (long)command.ExecuteScalar()!;
    }

    private HttpClient NewHttp() => new(new SocketsHttpHandler { UseCookies = false, UseProxy = false }) { BaseAddress = Server.Address };
}
