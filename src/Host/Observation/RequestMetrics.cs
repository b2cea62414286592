using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using HeliosSync.Domain;

namespace HeliosSync.Host;

/// <summary>
/// Counts requests. Every label is one of a fixed few: paths as the endpoints have them, codes of the catalogue. Never a tenant, a client
/// or anything else that was sent: each new one would be a series for ever. Allocates nothing. Thread-safe.
/// </summary>
internal sealed class RequestMetrics : IRequestWatcher
{
    private const string Fine = "OK";
    private const string None = "-";

    private static readonly string[] Statuses =
        [.. Enumerable.Range(0, 600).Select(static status => status.ToString(CultureInfo.InvariantCulture))];

    private readonly Histogram<double> _durations;
    private readonly Counter<long> _refusals;
    private readonly Counter<long> _unauthorized;
    private readonly Counter<long> _pulled;
    private readonly Counter<long> _streamsEnded;

    public RequestMetrics(ServerMeter server)
    {
        var meter = server.Meter;
        _durations = meter.CreateHistogram(
            "heliossync.request.duration",
            "s",
            "Time from a request's headers to the end of its answer, without the time in which it only waited for a change.",
            advice: new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
            });
        _refusals = meter.CreateCounter<long>("heliossync.refusals", "{request}", "Requests that were refused, by error code.");
        _unauthorized = meter.CreateCounter<long>(
            "heliossync.authentication.failures", "{request}", "Requests without a token that holds, by reason.");
        _pulled = meter.CreateCounter<long>("heliossync.changes.pulled", "{change}", "Changes that were given to clients, by way.");
        _streamsEnded = meter.CreateCounter<long>(
            "heliossync.streams.ended", "{stream}", "Streams that the server ended, by error code; a client that leaves is none.");
    }

    /// <inheritdoc/>
    public void Answered(Exchange exchange, TimeSpan took)
    {
        var code = exchange.Code is { } error ? ErrorCatalogue.Of(error).Name : Fine;
        if (_durations.Enabled)
        {
            var tags = new TagList
            {
                { "method", MethodOf(exchange) },
                { "endpoint", exchange.Endpoint.Path },
                { "status", Statuses[exchange.Http.Response.StatusCode] },
                { "code", code },
            };
            _durations.Record((took - exchange.Waited).TotalSeconds, tags);
        }

        if (exchange.Code is null)
        {
            return;
        }

        Refused(code);
        if (exchange.Code == ErrorCode.Unauthorized && _unauthorized.Enabled)
        {
            _unauthorized.Add(1, new KeyValuePair<string, object?>("reason", TokenFailures.NameOf(exchange.Reason)));
        }
    }

    /// <summary>Something was refused before it was a request.</summary>
    public void Refused(string code) => _refusals.Add(1, new KeyValuePair<string, object?>("code", code));

    /// <summary>Changes were given to a client.</summary>
    /// <param name="changes">How many.</param>
    /// <param name="way"><c>pull</c> or <c>stream</c>.</param>
    public void Pulled(int changes, string way) => _pulled.Add(changes, new KeyValuePair<string, object?>("way", way));

    /// <summary>The server ended a stream.</summary>
    public void StreamEnded(ErrorCode why)
    {
        if (_streamsEnded.Enabled)
        {
            _streamsEnded.Add(1, new KeyValuePair<string, object?>("code", ErrorCatalogue.Of(why).Name));
        }
    }

    /// <summary>Never what was sent: a client may call a method what it likes.</summary>
    private static string MethodOf(Exchange exchange) =>
        exchange.Endpoint.Method == "*" || exchange.Code == ErrorCode.MethodNotAllowed ? None : exchange.Endpoint.Method;
}
