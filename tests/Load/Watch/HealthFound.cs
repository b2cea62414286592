using System.Globalization;
using HdrHistogram;

namespace HeliosSync.Load.Watch;

/// <summary>What a prober found, milliseconds.</summary>
/// <param name="Probes">Probes that were made.</param>
/// <param name="Failed">Those without a 200.</param>
/// <param name="P50">Median from sending the request to having its answer.</param>
/// <param name="P99">And its 99th percentile.</param>
/// <param name="Max">And its maximum.</param>
/// <param name="OverLimit">Probes that took longer than <see cref="Limit"/>.</param>
/// <param name="LateP99">99th percentile of how late the prober's thread woke up.</param>
/// <param name="LateMax">And its maximum.</param>
internal sealed record HealthFound(
    long Probes, long Failed, double P50, double P99, double Max, long OverLimit, double LateP99, double LateMax)
{
    /// <summary>What every probe has to take less than.</summary>
    public const double Limit = 100;

    private const double MicrosPerMilli = 1_000;

    /// <summary>All of it in words.</summary>
    public string Text => string.Create(
        CultureInfo.InvariantCulture,
        $"{Probes} probes, {Failed} failed, p50 {P50:F1} ms, p99 {P99:F1}, max {Max:F1}, {OverLimit} over {Limit:F0} (its thread woke up "
            + $"late by p99 {LateP99:F1}, max {LateMax:F1})");

    /// <summary>Of histograms of microseconds.</summary>
    public static HealthFound Of(LongHistogram took, LongHistogram late, long failed) => new(
        took.TotalCount,
        failed,
        At(took, 50),
        At(took, 99),
        At(took, 100),
        took.TotalCount == 0
            ? 0
            : took.RecordedValues().Where(static v => v.ValueIteratedTo > Limit * MicrosPerMilli).Sum(static v => v.CountAtValueIteratedTo),
        At(late, 99),
        At(late, 100));

    private static double At(LongHistogram histogram, double percentile) =>
        histogram.TotalCount == 0 ? 0 : histogram.GetValueAtPercentile(percentile) / MicrosPerMilli;
}
