using System.Collections.Concurrent;
using System.Net;
using HeliosSync.Host;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace HeliosSync.Fuzz.Http;

/// <summary>
/// The real server in this process, on a free port of the loopback, over a folder of its own. What it must not do is watched from
/// inside: its log, its requests in hand, its budget; and its journal is read past it.
/// </summary>
internal sealed class FuzzServer : IAsyncDisposable
{
    private readonly string _dataDir = Directory.CreateTempSubdirectory("heliossync-fuzz-").FullName;
    private readonly ErrorLog _log = new();
    private readonly InHand _inHand = new();
    private readonly WebApplication _app;
    private readonly SqliteConnection _journal;
    private readonly SqliteCommand _lastEvent;

    private FuzzServer(Tokens tokens)
    {
        Tokens = tokens;
        var options = new WebApplicationOptions { EnvironmentName = "Production", ContentRootPath = _dataDir };
        var builder = WebApplication.CreateSlimBuilder(options);
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["BIND_ADDR"] = "127.0.0.1:0",
            ["DATA_DIR"] = _dataDir,
            ["JWT_SECRET"] = tokens.Secret,
            ["LOG_LEVEL"] = "warn",
            // A pull from 0 is to give every change, so that each is looked at.
            ["HeliosSync:FirstSyncChanges"] = "9007199254740991",
        });
        _app = ServerProgram.Build(builder, services =>
        {
            services.RemoveAll<ILoggerProvider>();
            services.AddSingleton<ILoggerProvider>(_log);
            services.AddSingleton<IStartupFilter>(_inHand);
        });
        _journal = new SqliteConnection($"Data Source={Path.Combine(_dataDir, "heliossync.db")};Mode=ReadOnly;Pooling=False");
        _lastEvent = _journal.CreateCommand();
        _lastEvent.CommandText = "SELECT COALESCE(MAX(ordering), 0) FROM journal";
    }

    public Tokens Tokens { get; }

    public IPEndPoint Address { get; private set; } = null!;

    /// <summary>Errors of the log: each is a bug of the server.</summary>
    public IReadOnlyCollection<string> Errors => _log.Lines;

    public static async Task<FuzzServer> StartAsync(Tokens tokens)
    {
        var server = new FuzzServer(tokens);
        await server._app.StartAsync();
        server.Address = IPEndPoint.Parse(new Uri(server._app.Urls.Single()).Authority);
        await server._journal.OpenAsync();
        return server;
    }

    /// <summary>The last event of the journal, over all tenants: rows are only ever added.</summary>
    public long LastEvent() => (long)_lastEvent.ExecuteScalar()!;

    /// <summary>Waits until no request is in hand: those whose client went away end by themselves.</summary>
    public async Task QuietAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var budget = _app.Services.GetRequiredService<ByteBudget>();
        while (_inHand.Count > 0 || budget.BytesInFlight > 0)
        {
            await Task.Delay(1, patience.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _lastEvent.DisposeAsync();
        await _journal.DisposeAsync();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _log.Dispose();
        Directory.Delete(_dataDir, recursive: true);
    }

    /// <summary>Counts requests from their first byte of a head that holds to the end of their answer.</summary>
    private sealed class InHand : IStartupFilter
    {
        private int _count;

        public int Count => Volatile.Read(ref _count);

        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use(async (_, rest) =>
            {
                Interlocked.Increment(ref _count);
                try
                {
                    await rest();
                }
                finally
                {
                    Interlocked.Decrement(ref _count);
                }
            });
            next(app);
        };
    }

    private sealed class ErrorLog : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public IReadOnlyCollection<string> Lines => _lines;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                _lines.Enqueue($"{logLevel}: {formatter(state, exception)} {exception}");
            }
        }

        public void Dispose()
        {
        }
    }
}
