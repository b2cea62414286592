using System.Diagnostics;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace HeliosSync.Host;

/// <summary>The program that <c>heliossync serve</c> runs: a sync server and nothing else.</summary>
internal static class ServerProgram
{
    private static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(75);
    private static readonly TimeSpan RateGrace = TimeSpan.FromSeconds(5);

    /// <summary>Bytes of a request that a connection takes in before somebody reads them.</summary>
    private const int RequestBufferBytes = 1_024 * 1_024;

    private const int HeadBytesMax = 32 * 1_024;

    /// <summary>Bytes a second that a body or the taking of an answer may not fall below, once the grace is over.</summary>
    private const double BytesPerSecondMin = 240;

    /// <summary>The program, not yet started; throws <see cref="SettingsException"/> where its configuration does not hold.</summary>
    /// <param name="builder">Configuration and environment.</param>
    /// <param name="replace">What takes the place of services, such as the clock; last of all.</param>
    public static WebApplication Build(WebApplicationBuilder builder, Action<IServiceCollection>? replace = null)
    {
        builder.AddHeliosSync();
        var settings = (Settings)builder.Services.Single(static s => s.ServiceType == typeof(Settings)).ImplementationInstance!;
        LogSetup.Use(builder.Logging, settings.Log);
        builder.WebHost.ConfigureKestrel(kestrel => Configure(kestrel, settings));
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, ConnectionBlocks>();
        builder.Services.AddSingleton<BrokenRequests>();
        builder.Services.AddEdge(settings.Edge);
        builder.Services.AddHostedService<IdleMemory>();
        builder.AddExport(settings);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = settings.ShutdownTime);
        builder.Services.AddCors();
        replace?.Invoke(builder.Services);
        var app = builder.Build();
        app.UseMetricsPage();
        app.UseForwarded(settings.Edge);
        app.UseCors(settings.CorsOrigins);
        app.MapHeliosSync();
        app.MapHeliosSyncDescription();
        // Elsewhere than below the protocol's path there is nothing, and that is said in the protocol's words too.
        app.Map("/{**path}", app.Services.GetRequiredService<RequestFrame>().Around(RequestFrame.Nowhere));
        app.Services.GetRequiredService<BrokenRequests>().Watch(app.Services.GetRequiredService<DiagnosticListener>());
        app.Lifetime.ApplicationStarted.Register(() => SayStarted(app, settings));
        return app;
    }

    private static void SayStarted(WebApplication app, Settings settings)
    {
        var logger = app.Services.GetRequiredService<ILogger<SyncService>>();
        if (logger.IsEnabled(LogLevel.Information))
        {
            var addresses = string.Join(' ', app.Urls);
            var environment = app.Environment.EnvironmentName;
            ServerLog.Started(logger, ProgramVersion.Text, addresses, settings.DataDir, settings.NodeId, environment);
        }
    }

    /// <summary>Every limit is set, none is left to a default that may change.</summary>
    private static void Configure(KestrelServerOptions kestrel, Settings settings)
    {
        kestrel.AddServerHeader = false;
        kestrel.AllowSynchronousIO = false;
        var limits = kestrel.Limits;
        limits.MaxConcurrentConnections = settings.ConnectionsMax;
        limits.MaxConcurrentUpgradedConnections = 0;
        limits.MaxRequestBodySize = settings.RequestBytesMax;
        limits.MaxRequestBufferSize = RequestBufferBytes;
        limits.MaxResponseBufferSize = 64 * 1_024;
        limits.MaxRequestLineSize = 8 * 1_024;
        limits.MaxRequestHeaderCount = 100;
        // Over a token's limit, so that one that is too long is answered as such (401), and not by Kestrel (431).
        limits.MaxRequestHeadersTotalSize = HeadBytesMax;
        limits.RequestHeadersTimeout = HeadersTimeout;
        limits.KeepAliveTimeout = IdleTimeout;
        limits.MinRequestBodyDataRate = new MinDataRate(BytesPerSecondMin, RateGrace);
        limits.MinResponseDataRate = new MinDataRate(BytesPerSecondMin, RateGrace);
        EdgeSetup.Limit(limits.Http2, RequestBufferBytes, HeadBytesMax);
        kestrel.Listen(settings.Listen, listen =>
        {
            EdgeSetup.Listen(listen, settings.Edge);
            listen.Use(BrokenRequests.Around);
        });
        MetricsPage.Listen(kestrel, settings);
    }
}
