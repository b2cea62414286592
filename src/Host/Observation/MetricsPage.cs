using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace HeliosSync.Host;

/// <summary>
/// <c>/metrics</c>, for Prometheus, on a port of its own: what it tells is of the whole server, so it is not for whoever may reach the
/// protocol's port, and no token of a tenant is a right to it. Nothing else is on that port, and it is nowhere else.
/// </summary>
internal static class MetricsPage
{
    /// <summary>Its path.</summary>
    public const string Path = "/metrics";

    /// <summary>Has Kestrel listen there too.</summary>
    public static void Listen(KestrelServerOptions kestrel, Settings settings)
    {
        if (settings.Metrics.Listen is { } at)
        {
            kestrel.Listen(at, static listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.Use(BrokenRequests.Around);
                listen.Use(Mark);
            });
        }
    }

    /// <summary>Answers whatever comes by that port, before the program's routes are asked.</summary>
    public static void UseMetricsPage(this WebApplication app)
    {
        if (app.Services.GetRequiredService<Settings>().Metrics.Listen is null)
        {
            return;
        }

        var frame = app.Services.GetRequiredService<RequestFrame>();
        var exporter = ((IApplicationBuilder)app).New();
        exporter.UseOpenTelemetryPrometheusScrapingEndpoint(static _ => true);
        var scrape = exporter.Build();
        var page = frame.Around(new Endpoint(Path, HttpMethods.Get, Scopes.None, async exchange =>
        {
            await scrape(exchange.Http);
            return null;
        }, AllowsHead: false));
        var nowhere = frame.Around(RequestFrame.Nowhere);
        app.Use(next => http => !IsBy(http) ? next(http) : http.Request.Path == Path ? page(http) : nowhere(http));
    }

    /// <summary>Whether a request came by that port.</summary>
    public static bool IsBy(HttpContext http) => http.Features.Get<Port>() is not null;

    private static ConnectionDelegate Mark(ConnectionDelegate next) => connection =>
    {
        connection.Features.Set(Port.Instance);
        return next(connection);
    };

    private sealed class Port
    {
        public static Port Instance { get; } = new();
    }
}
