using System.Diagnostics.Tracing;
using System.Globalization;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Diagnostics.Tracing;
using Microsoft.Diagnostics.Tracing.Parsers.Clr;

namespace HeliosSync.Load.Watch;

/// <summary>
/// Reads a running server's own counters through the diagnostic port that every .NET process has: the server knows nothing of it, and
/// has no switch for it.
/// </summary>
internal sealed class RuntimeCounters : IAsyncDisposable
{
    private const string Provider = "System.Runtime";
    private const string Garbage = "Microsoft-Windows-DotNETRuntime";

    /// <summary>Enabling this keyword makes the runtime collect all garbage, once.</summary>
    private const long CollectKeyword = 0x800000;

    /// <summary>And this makes it tell of its collections.</summary>
    private const long CollectionsKeyword = 0x1;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>The newer of the two counters that are read here: where it has come, so have both.</summary>
    private const string LastOfAll = "gc-committed";

    private readonly int _process;
    private readonly EventPipeSession _session;
    private readonly Task _reading;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, double> _latest = new(StringComparer.Ordinal);
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public RuntimeCounters(int process)
    {
        _process = process;
        var interval = new Dictionary<string, string> { ["EventCounterIntervalSec"] = "1" };
        _session = new DiagnosticsClient(process).StartEventPipeSession(
            [new EventPipeProvider(Provider, EventLevel.Informational, (long)EventKeywords.None, interval)], requestRundown: false);
        _reading = Task.Factory.StartNew(Read, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>The newest value of a counter; null where none came yet.</summary>
    public double? this[string counter]
    {
        get
        {
            lock (_lock)
            {
                return _latest.TryGetValue(counter, out var value) ? value : null;
            }
        }
    }

    /// <summary>Waits for the next reading of all counters: there is one every second.</summary>
    public Task NextAsync(CancellationToken ct)
    {
        lock (_lock)
        {
            return _next.Task.WaitAsync(ct);
        }
    }

    /// <summary>Lets the server collect all of its garbage, and gives the bytes of its managed heap right after that.</summary>
    public async Task<long> CollectGarbageAsync(CancellationToken ct)
    {
        using var session = await new DiagnosticsClient(_process).StartEventPipeSessionAsync(
            [new EventPipeProvider(Garbage, EventLevel.Informational, CollectKeyword | CollectionsKeyword)], requestRundown: false, 16, ct);
        var heap = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        var reading = Task.Factory.StartNew(
            () => ReadHeap(session.EventStream, heap), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var bytes = await heap.Task.WaitAsync(Patience, ct);
        await session.StopAsync(ct);
        await reading;
        return bytes;
    }

    /// <summary>Until the stream ends: what the collector says behind the first collection of all generations that was asked for.</summary>
    private static void ReadHeap(Stream events, TaskCompletionSource<long> heap)
    {
        using var source = new EventPipeEventSource(events);
        var asked = false;
        source.Clr.GCStart += e => asked |= e is { Depth: 2, Reason: GCReason.Induced };
        source.Clr.GCHeapStats += e =>
        {
            if (asked)
            {
                heap.TrySetResult(e.TotalHeapSize);
            }
        };
        try
        {
            source.Process();
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            // A server that is killed cuts the stream anywhere.
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _session.StopAsync(CancellationToken.None);
        }
        catch (Exception e) when (e is IOException or ServerNotAvailableException or EndOfStreamException or TimeoutException)
        {
            // The server has ended before: then the session has, too.
        }

        await _reading;
        _session.Dispose();
    }

    private void Read()
    {
        using var source = new EventPipeEventSource(_session.EventStream);
        source.Dynamic.All += e =>
        {
            if (e.EventName == "EventCounters" && e.PayloadValue(0) is IDictionary<string, object> outer
                && outer["Payload"] is IDictionary<string, object> counter)
            {
                var value = counter.TryGetValue("Mean", out var mean) ? mean : counter["Increment"];
                lock (_lock)
                {
                    var name = (string)counter["Name"];
                    _latest[name] = Convert.ToDouble(value, CultureInfo.InvariantCulture);
                    if (name == LastOfAll)
                    {
                        _next.TrySetResult();
                        _next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    }
                }
            }
        };
        try
        {
            source.Process();
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            // A server that is killed cuts the stream anywhere.
        }
    }
}
