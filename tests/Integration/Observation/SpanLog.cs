using System.Collections.Concurrent;
using System.Diagnostics;
using HeliosSync.Actors.Telemetry;

namespace HeliosSync.Integration.Observation;

/// <summary>Listens to the server's spans, of all servers in this process, and keeps those that have ended.</summary>
internal sealed class SpanLog : IDisposable
{
    private readonly ConcurrentQueue<Activity> _ended = new();
    private readonly ActivityListener _listener;

    /// <param name="sampled">What becomes of spans.</param>
    public SpanLog(ActivitySamplingResult sampled = ActivitySamplingResult.AllDataAndRecorded)
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == SyncTelemetry.Name,
            Sample = (ref _) => sampled,
            ActivityStopped = _ended.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public IEnumerable<Activity> All => _ended;

    public IEnumerable<Activity> Of(ActivityTraceId trace) => _ended.Where(span => span.TraceId == trace);

    /// <summary>The spans of a trace, once one of that name has ended: spans end a little after the answer has come.</summary>
    public async Task<Activity[]> WhenEndedAsync(ActivityTraceId trace, string name)
    {
        while (!Of(trace).Any(span => span.OperationName == name))
        {
            await Task.Delay(10);
        }

        return [.. Of(trace)];
    }

    public void Dispose() => _listener.Dispose();
}
