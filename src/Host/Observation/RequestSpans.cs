using System.Diagnostics;
using HeliosSync.Actors.Telemetry;

namespace HeliosSync.Host;

/// <summary>
/// The span of a request: below the client's, where it sent a <c>traceparent</c> (W3C Trace Context), or below an embedding program's.
/// The framework's own is not asked for: it would be made for every request, listened to or not. Names the request's id, by which the log
/// is found, and no tenant, client or row.
/// </summary>
internal sealed class RequestSpans : IRequestWatcher
{
    /// <summary>Begins it; null where nobody listens.</summary>
    public static Activity? Begin(HttpContext http, Endpoint endpoint, string requestId)
    {
        if (!SyncTelemetry.Source.HasListeners() || MetricsPage.IsBy(http))
        {
            return null;
        }

        var parent = default(ActivityContext);
        if (Activity.Current is null)
        {
            var headers = http.Request.Headers;
            ActivityContext.TryParse(headers.TraceParent, headers.TraceState, isRemote: true, out parent);
        }

        var path = endpoint.Path == RequestFrame.Nowhere.Path ? endpoint.Path : HeliosSyncEndpoints.BasePath + endpoint.Path;
        var span = SyncTelemetry.Source.StartActivity($"{endpoint.Method} {path}", ActivityKind.Server, parent);
        if (span is { IsAllDataRequested: false })
        {
            // A sampler left it out. Nothing goes on from here to other programs, so nothing need be carried along.
            span.Dispose();
            return null;
        }

        span?.SetTag("http.route", path).SetTag("http.request.method", endpoint.Method).SetTag("heliossync.request_id", requestId);
        return span;
    }

    /// <inheritdoc/>
    public void Answered(Exchange exchange, TimeSpan took)
    {
        if (SyncTelemetry.Current is not { } span || span.Source != SyncTelemetry.Source)
        {
            return;
        }

        var status = exchange.Http.Response.StatusCode;
        span.SetTag("http.response.status_code", status);
        if (exchange.Code is { } code)
        {
            span.SetTag("error.type", ErrorCatalogue.Of(code).Name);
        }

        if (status >= StatusCodes.Status500InternalServerError)
        {
            span.SetStatus(ActivityStatusCode.Error);
        }
    }
}
