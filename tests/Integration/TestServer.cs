using HeliosSync.Domain;
using HeliosSync.Host;
using HeliosSync.Integration.Description;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace HeliosSync.Integration;

/// <summary>
/// The real server in this process: the program that <c>heliossync serve</c> runs, on Kestrel at a free port of 127.0.0.1, over a
/// data folder of its own that outlives <see cref="RestartAsync"/>. Nothing of the machine's environment reaches it.
/// Use it as a class fixture (Development, all defaults), or start one with settings of its own:
/// <code>await using var server = await TestServer.StartAsync(new() { ["HeliosSync:RequestBytesMax"] = "65536" });</code>
/// </summary>
public sealed class TestServer : IAsyncLifetime, IAsyncDisposable
{
    /// <summary>A secret that holds in Production too.</summary>
    public const string Secret = "k9Jb2xqvUe7cMZr0TtWd5hYn3LgAqPs8";

    private readonly Dictionary<string, string?> _settings;
    private readonly string _environment;
    private readonly Action<IServiceCollection>? _services;
    private readonly DescribedRefusals _refusals = new();
    private WebApplication? _app;

    public TestServer()
        : this([], "Development", null)
    {
    }

    private TestServer(Dictionary<string, string?> settings, string environment, Action<IServiceCollection>? services)
    {
        _settings = new(settings);
        _settings.TryAdd("BIND_ADDR", "127.0.0.1:0");
        _settings.TryAdd("DATA_DIR", DataDir);
        _settings.TryAdd("JWT_SECRET", Secret);
        _settings.TryAdd("LOG_LEVEL", "debug");
        (_environment, _services) = (environment, services);
    }

    /// <summary>The data folder; deleted at the end.</summary>
    public string DataDir { get; } = Directory.CreateTempSubdirectory("heliossync-").FullName;

    /// <summary>Where it listens.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>Where its metrics are read; null where they are not.</summary>
    public Uri? Metrics { get; private set; }

    /// <summary>A client of it, without a token.</summary>
    public HttpClient Http { get; private set; } = null!;

    /// <summary>Every line of its log, over all restarts.</summary>
    public LogLines Log { get; } = new();

    internal IServiceProvider Services => _app!.Services;

    /// <summary>Starts a server.</summary>
    /// <param name="settings">Environment variables and settings by their names in the configuration.</param>
    /// <param name="environment">Development or Production.</param>
    /// <param name="services">What takes the place of services, such as the clock.</param>
    public static async Task<TestServer> StartAsync(
        Dictionary<string, string?>? settings = null, string environment = "Development", Action<IServiceCollection>? services = null)
    {
        var server = new TestServer(settings ?? [], environment, services);
        await server.InitializeAsync();
        return server;
    }

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        var options = new WebApplicationOptions { EnvironmentName = _environment, ContentRootPath = DataDir };
        var builder = WebApplication.CreateSlimBuilder(options);
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection(_settings);
        _app = ServerProgram.Build(builder, services =>
        {
            services.RemoveAll<ILoggerProvider>();
            services.AddSingleton<ILoggerProvider>(Log);
            services.AddSingleton<IRequestWatcher>(_refusals);
            _services?.Invoke(services);
        });
        await _app.StartAsync();
        Address = new Uri(_app.Urls.First());
        Metrics = _app.Urls.Count > 1 ? new Uri(_app.Urls.Last()) : null;
        Http = new HttpClient { BaseAddress = new Uri(Address, "/api/v1/sync/") };
    }

    /// <summary>Stops in order and starts again on the same folder, at another port.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        await InitializeAsync();
    }

    /// <summary>Stops in order.</summary>
    public async Task StopAsync()
    {
        Http.Dispose();
        await _app!.StopAsync();
        await _app.DisposeAsync();
        _app = null;
    }

    /// <summary>A token of this server; by default for the quick start's client, to read and to write, for an hour.</summary>
    public string Token(
        string client = "my-client-123", string tenant = "demo", string scopes = "sync:read,sync:write", TimeSpan? lifetime = null)
    {
        Assert.True(ClientId.TryParse(client, out var clientId));
        Assert.True(TenantId.TryParse(tenant, out var tenantId));
        var mint = Services.GetRequiredService<TokenMint>();
        var names = scopes.Split(',', StringSplitOptions.RemoveEmptyEntries);
        return mint.Mint(tenantId, clientId, names, lifetime ?? TokenMint.DefaultLifetime, "tester");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await StopAsync();
        }

        Directory.Delete(DataDir, recursive: true);
        Assert.Empty(_refusals.Missing);
    }

    async Task IAsyncLifetime.DisposeAsync() => await DisposeAsync();
}
