using HdrHistogram;

namespace HeliosSync.Load.Engine;

/// <summary>Gathers what steps did. Thread-safe; a step takes milliseconds, so one lock is never in the way.</summary>
internal sealed class StatsCollector(string name)
{
    private const long LatencyMicrosMax = 600L * 1_000_000;
    private const int SignificantDigits = 3;

    private readonly Lock _lock = new();
    private readonly LongHistogram _latency = new(LatencyMicrosMax, SignificantDigits);
    private readonly SortedDictionary<string, long> _errors = new(StringComparer.Ordinal);
    private long _ok;
    private long _items;
    private long _bytes;

    public void Add(in StepResult result, TimeSpan took)
    {
        lock (_lock)
        {
            if (result.Error is { } code)
            {
                _errors[code] = _errors.GetValueOrDefault(code) + 1;
                return;
            }

            _ok++;
            _items += result.Items;
            _bytes += result.Bytes;
            _latency.RecordValue(Math.Clamp((long)took.TotalMicroseconds, 1, LatencyMicrosMax));
        }
    }

    /// <summary>What was gathered so far.</summary>
    /// <param name="during">For how long it was gathered.</param>
    public ScenarioStats Cut(TimeSpan during)
    {
        lock (_lock)
        {
            var latency = new Latency(At(50), At(95), At(99), _latency.TotalCount == 0 ? 0 : _latency.GetMaxValue() / 1_000.0);
            return new ScenarioStats(
                name, during, _ok, _errors.Values.Sum(), _items, _bytes, latency, new SortedDictionary<string, long>(_errors));
        }
    }

    private double At(double percentile) => _latency.TotalCount == 0 ? 0 : _latency.GetValueAtPercentile(percentile) / 1_000.0;
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
    /// <summary>Good steps a second.</summary>
    public double Rps => During > TimeSpan.Zero ? Ok / During.TotalSeconds : 0;
}

/// <summary>Milliseconds that steps took.</summary>
/// <param name="P50">Half took at most this.</param>
/// <param name="P95">95 of 100 took at most this.</param>
/// <param name="P99">99 of 100 took at most this.</param>
/// <param name="Max">The slowest.</param>
public readonly record struct Latency(double P50, double P95, double P99, double Max);
