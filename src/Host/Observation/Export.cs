using System.Diagnostics.Metrics;
using HeliosSync.Actors.Telemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace HeliosSync.Host;

/// <summary>
/// Hands metrics and spans to OpenTelemetry, in the program alone: to <c>/metrics</c> where that has a port, and by OTLP where an
/// <c>OTEL_EXPORTER_OTLP_…ENDPOINT</c> says where to. Where neither is asked for nothing listens, and nothing is made.
/// </summary>
internal static class Export
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private const string Kestrel = "Microsoft.AspNetCore.Server.Kestrel";
    private const string Runtime = "System.Runtime";

    /// <summary>Of Kestrel's own: those that cost something for each connection, not for each request.</summary>
    private static readonly string[] OfKestrel = ["kestrel.active_connections", "kestrel.rejected_connections"];

    public static void AddExport(this WebApplicationBuilder builder, Settings settings)
    {
        var given = builder.Configuration;
        var isOff = string.Equals(given["OTEL_SDK_DISABLED"], "true", StringComparison.OrdinalIgnoreCase);
        var sendsMetrics = !isOff && Sends(given, "METRICS");
        var sendsTraces = !isOff && Sends(given, "TRACES");
        if (settings.Metrics.Listen is null && !sendsMetrics && !sendsTraces)
        {
            return;
        }

        var name = given["OTEL_SERVICE_NAME"] is { Length: > 0 } own ? own : "heliossync";
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(name, serviceVersion: ProgramVersion.Text));
        if (settings.Metrics.Listen is not null || sendsMetrics)
        {
            telemetry.WithMetrics(metrics => Measure(metrics, settings.Metrics.Listen is not null, sendsMetrics));
        }

        if (sendsTraces)
        {
            telemetry.WithTracing(static traces => traces.AddSource(SyncTelemetry.Name).AddOtlpExporter());
        }
    }

    /// <summary>By the specification's variables: an address for all or for this, and not <c>none</c> as its exporter.</summary>
    private static bool Sends(ConfigurationManager given, string signal) =>
        (given[Endpoint] is { Length: > 0 } || given[$"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"] is { Length: > 0 })
        && !string.Equals(given[$"OTEL_{signal}_EXPORTER"], "none", StringComparison.OrdinalIgnoreCase);

    private static void Measure(MeterProviderBuilder metrics, bool shows, bool sends)
    {
        metrics.AddMeter(SyncTelemetry.Name, Kestrel, Runtime);
        ((IDeferredMeterProviderBuilder)metrics).Configure(static (services, late) =>
        {
            var own = services.GetRequiredService<IMeterFactory>();
            late.AddView(instrument => IsOurs(instrument, own) ? null : MetricStreamConfiguration.Drop);
        });
        if (shows)
        {
            // Each scrape is answered with what is, not with what was a moment ago.
            metrics.AddPrometheusExporter(static page =>
                (page.ScrapeResponseCacheDurationMilliseconds, page.ScopeInfoEnabled) = (0, false));
        }

        if (sends)
        {
            metrics.AddOtlpExporter();
        }
    }

    /// <summary>OpenTelemetry hears of every meter of a name in the process, whosever server it is.</summary>
    private static bool IsOurs(Instrument instrument, IMeterFactory own) =>
        instrument.Meter.Name == Runtime
        || (ReferenceEquals(instrument.Meter.Scope, own)
            && (instrument.Meter.Name == SyncTelemetry.Name || OfKestrel.Contains(instrument.Name)));
}
