using System.Diagnostics.Metrics;

namespace HeliosSync.Actors.Telemetry;

/// <summary>Counts what is rare, by how it ended: shown from 0 on, so that the first of them is seen as a rise. Thread-safe.</summary>
/// <param name="names">The ways to end, by place.</param>
internal sealed class Outcomes(params string[] names)
{
    private readonly long[] _counts = new long[names.Length];

    /// <summary>Counts one, or several.</summary>
    public void Count(int outcome, long times = 1) => Interlocked.Add(ref _counts[outcome], times);

    /// <summary>Shows them under that name.</summary>
    public void Show(Meter meter, string name, string unit, string description) => meter.CreateObservableCounter(
        name,
        () => names.Select((n, i) => new Measurement<long>(Volatile.Read(ref _counts[i]), new KeyValuePair<string, object?>("outcome", n))),
        unit,
        description);
}
