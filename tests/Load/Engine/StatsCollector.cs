using System.Collections.Concurrent;
using System.Diagnostics;
using HdrHistogram;

namespace HeliosSync.Load.Engine;

/// <summary>Gathers what steps did. Thread-safe; a step takes milliseconds, so one lock is never in the way.</summary>
internal sealed class StatsCollector(string name)
{
    private const long LatencyMicrosMax = 600L * 1_000_000;
    private const int SignificantDigits = 3;
    private const int SecondsDigits = 2;

    /// <summary>Up to where a distribution is told: the more nines, the fewer steps are beyond.</summary>
    private static readonly double[] Percentiles =
        [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 97.5, 99, 99.5, 99.75, 99.9, 99.95, 99.99, 99.999];

    private readonly Lock _lock = new();
    private readonly LongHistogram _latency = new(LatencyMicrosMax, SignificantDigits);
    private readonly LongHistogram _inSecond = new(LatencyMicrosMax, SecondsDigits);
    private readonly SortedDictionary<string, long> _errors = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, StatsCollector> _parts = new(StringComparer.Ordinal);
    private readonly List<Interval> _timeline = [];
    private Interval _second;
    private long _began;
    private long _ok;
    private long _items;
    private long _bytes;

    /// <summary>Adds a part of a step, which counts for itself.</summary>
    public void AddPart(string part, in StepResult result, TimeSpan took) =>
        _parts.GetOrAdd(part, static (part, whole) => new StatsCollector($"{whole}: {part}"), name).Add(result, took);

    public void Add(in StepResult result, TimeSpan took)
    {
        lock (_lock)
        {
            Roll(took);
            if (result.Error is { } code)
            {
                _errors[code] = _errors.GetValueOrDefault(code) + 1;
                _second = _second with { Failed = _second.Failed + 1 };
                return;
            }

            _ok++;
            _items += result.Items;
            _bytes += result.Bytes;
            _second = _second with { Ok = _second.Ok + 1, Items = _second.Items + result.Items };
            var micros = Math.Clamp((long)took.TotalMicroseconds, 1, LatencyMicrosMax);
            _latency.RecordValue(micros);
            _inSecond.RecordValue(micros);
        }
    }

    /// <summary>What was gathered so far.</summary>
    /// <param name="during">For how long it was gathered.</param>
    public ScenarioStats Cut(TimeSpan during)
    {
        lock (_lock)
        {
            return new ScenarioStats(
                name, during, _ok, _errors.Values.Sum(), _items, _bytes, Of(_latency), new SortedDictionary<string, long>(_errors))
            {
                Timeline = [.. _timeline, _second with { Latency = Of(_inSecond) }],
                Distribution = _ok == 0 ? [] : [.. Beyond().Select(p => (p, At(_latency, p)))],
                Parts = [.. _parts.OrderBy(static p => p.Key, StringComparer.Ordinal).Select(p => p.Value.Cut(during))],
            };
        }
    }

    /// <summary>Ends the second that is over. It begins with the first step.</summary>
    private void Roll(TimeSpan took)
    {
        _began = _began == 0 ? Stopwatch.GetTimestamp() - (long)(took.TotalSeconds * Stopwatch.Frequency) : _began;
        var now = (int)Stopwatch.GetElapsedTime(_began).TotalSeconds;
        if (now > _second.Second)
        {
            _timeline.Add(_second with { Latency = Of(_inSecond) });
            _inSecond.Reset();
            _second = new Interval(now, 0, 0, 0, default);
        }
    }

    /// <summary>Those percentiles beyond which there is at least one step.</summary>
    private IEnumerable<double> Beyond() => Percentiles.Where(p => (100 - p) / 100 * _ok >= 1 || p == 0);

    private static Latency Of(LongHistogram latency) => latency.TotalCount == 0
        ? default
        : new Latency(At(latency, 50), At(latency, 95), At(latency, 99), latency.GetMaxValue() / 1_000.0);

    private static double At(LongHistogram latency, double percentile) => latency.GetValueAtPercentile(percentile) / 1_000.0;
}

/// <summary>What a scenario's steps did.</summary>
/// <param name="Name">The scenario.</param>
/// <param name="During">For how long it was measured.</param>
/// <param name="Ok">Steps that did their work.</param>
/// <param name="Failed">Steps that failed.</param>
/// <param name="Items">Rows moved.</param>
/// <param name="Bytes">Bytes sent and received.</param>
/// <param name="Latency">How long the good steps took.</param>
/// <param name="Errors">Failed steps by code.</param>
public sealed record ScenarioStats(
    string Name,
    TimeSpan During,
    long Ok,
    long Failed,
    long Items,
    long Bytes,
    Latency Latency,
    IReadOnlyDictionary<string, long> Errors)
{
    /// <summary>Second by second; seconds in which no step ended are left out.</summary>
    public IReadOnlyList<Interval> Timeline { get; init; } = [];

    /// <summary>Milliseconds within which so many of 100 good steps ended.</summary>
    public IReadOnlyList<(double Percentile, double Millis)> Distribution { get; init; } = [];

    /// <summary>What the named parts of steps did.</summary>
    public IReadOnlyList<ScenarioStats> Parts { get; init; } = [];

    /// <summary>Good steps a second.</summary>
    public double Rps => During > TimeSpan.Zero ? Ok / During.TotalSeconds : 0;
}

/// <summary>Milliseconds that steps took.</summary>
/// <param name="P50">Half took at most this.</param>
/// <param name="P95">95 of 100 took at most this.</param>
/// <param name="P99">99 of 100 took at most this.</param>
/// <param name="Max">The slowest.</param>
public readonly record struct Latency(double P50, double P95, double P99, double Max);

/// <summary>A second of a scenario.</summary>
/// <param name="Second">Which, since the first step began.</param>
/// <param name="Ok">Steps that ended well in it.</param>
/// <param name="Failed">Steps that failed in it.</param>
/// <param name="Items">Rows moved.</param>
/// <param name="Latency">How long the good ones had taken.</param>
public readonly record struct Interval(int Second, long Ok, long Failed, long Items, Latency Latency);
