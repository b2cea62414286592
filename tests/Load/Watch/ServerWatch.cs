using System.Diagnostics;
using HeliosSync.Load.Reports;
using HeliosSync.Load.Server;

namespace HeliosSync.Load.Watch;

/// <summary>What a server has at one moment.</summary>
/// <param name="Seconds">When, since the watch began.</param>
/// <param name="ResidentBytes">Its memory in RAM.</param>
/// <param name="Handles">Its open files and sockets.</param>
/// <param name="Threads">Its threads.</param>
/// <param name="LogBytes">The journal's write-ahead log.</param>
/// <param name="HeapBytes">
/// Its managed heap: right after a collection where the watch asks for one, else with what is garbage by now.
/// </param>
/// <param name="CommittedBytes">What the collector has of the system.</param>
internal readonly record struct ServerSample(
    double Seconds, double ResidentBytes, double Handles, double Threads, double LogBytes, double HeapBytes, double CommittedBytes);

/// <summary>Watches a server from outside, at intervals, until it is disposed.</summary>
internal sealed class ServerWatch : IAsyncDisposable
{
    private const double BytesPerMegabyte = 1e6;
    private readonly ServerProcess _server;
    private readonly string _dataDir;
    private readonly bool _collect;
    private readonly RuntimeCounters _counters;
    private readonly CancellationTokenSource _done = new();
    private readonly List<ServerSample> _samples = [];
    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly Task _watching;

    /// <param name="server">The server.</param>
    /// <param name="dataDir">Its folder.</param>
    /// <param name="interval">Between two samples.</param>
    /// <param name="collect">Whether it collects its garbage before each sample.</param>
    public ServerWatch(ServerProcess server, string dataDir, TimeSpan interval, bool collect)
    {
        (_server, _dataDir, _collect) = (server, dataDir, collect);
        _counters = new RuntimeCounters(server.Id);
        _watching = WatchAsync(interval);
    }

    /// <summary>What was seen, in the order of time. Complete once this is disposed.</summary>
    public IReadOnlyList<ServerSample> Samples => _samples;

    /// <summary>Every figure of a sample, with its unit.</summary>
    public static IReadOnlyList<(string Name, string Unit, Func<ServerSample, double> Of)> Figures { get; } =
    [
        ("server's memory (RSS)", "MB", static s => s.ResidentBytes / BytesPerMegabyte),
        ("managed heap", "MB", static s => s.HeapBytes / BytesPerMegabyte),
        ("committed by the collector", "MB", static s => s.CommittedBytes / BytesPerMegabyte),
        ("open files and sockets", "", static s => s.Handles),
        ("threads", "", static s => s.Threads),
        ("write-ahead log", "MB", static s => s.LogBytes / BytesPerMegabyte),
    ];

    /// <summary>The figures of a time, as measures.</summary>
    public IEnumerable<Measure> Measures(string when) =>
        Figures.Select(f => new Measure($"{f.Name}, {when}", f.Unit, [.. _samples.Select(f.Of)]));

    public async ValueTask DisposeAsync()
    {
        await _done.CancelAsync();
        await _watching;
        await _counters.DisposeAsync();
        _done.Dispose();
    }

    private async Task WatchAsync(TimeSpan interval)
    {
        using var timer = new PeriodicTimer(interval);
        try
        {
            do
            {
                var heap = _collect ? await _counters.CollectGarbageAsync(_done.Token) : 0.0;
                await _counters.NextAsync(_done.Token);
                _samples.Add(Sample(_collect ? heap : (_counters["gc-heap-size"] ?? 0) * BytesPerMegabyte));
            }
            while (await timer.WaitForNextTickAsync(_done.Token));
        }
        catch (OperationCanceledException) when (_done.IsCancellationRequested)
        {
            // That is the end of the watch.
        }
    }

    private ServerSample Sample(double heapBytes)
    {
        var log = new FileInfo(Path.Combine(_dataDir, "heliossync.db-wal"));
        return new ServerSample(
            Stopwatch.GetElapsedTime(_began).TotalSeconds,
            _server.Usage.ResidentBytes,
            Directory.GetFiles($"/proc/{_server.Id}/fd").Length,
            Directory.GetDirectories($"/proc/{_server.Id}/task").Length,
            log.Exists ? log.Length : 0,
            heapBytes,
            (_counters["gc-committed"] ?? 0) * BytesPerMegabyte);
    }
}
