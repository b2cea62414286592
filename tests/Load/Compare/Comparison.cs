using HeliosSync.Load.Engine;
using HeliosSync.Load.Reports;

namespace HeliosSync.Load.Compare;

/// <summary>
/// Command <c>compare</c>: ours and the baselines in turn, several rounds, and what of our targets is reached. What counts is the CPU time
/// of the server's process, and its ratio to a baseline's in the same round: both stay the same on a machine that is busy.
/// </summary>
internal sealed class Comparison(LoadRun run)
{
    private const int RoundSeconds = 5;
    private const int WarmUpSeconds = 30;
    private readonly TimeSpan _round = TimeSpan.FromSeconds(run.Options.SecondsGiven ?? RoundSeconds);
    private readonly TimeSpan _warmUp = TimeSpan.FromSeconds(run.Options.WarmUpGiven ?? WarmUpSeconds);

    public async Task RunAsync(CancellationToken ct)
    {
        await using var rivals = new Rivals(run);
        await rivals.StartAsync(ct);
        await WarmUpAsync(rivals, ct);
        for (var round = 1; round <= run.Options.Rounds; round++)
        {
            await RoundAsync(rivals, forth: round % 2 == 1, ct);
        }

        await AtHalfAsync(rivals, ct);
        JudgePushes(rivals);
        JudgeSmall(rivals);
        JudgePulls(rivals);
        foreach (var workload in All(rivals).Append(rivals.SmallAtHalf))
        {
            workload.Report(run);
        }

        await rivals.AuditAsync(ct);
    }

    private static Workload[] All(Rivals r) =>
        [r.Push.Ours, r.Push.Hand, r.Small.Ours, r.Small.Bare, r.Hot.Ours, r.Hot.Bare, r.Cold.Ours, r.Cold.Hand];

    /// <summary>A server compiles its code anew while it learns what it is used for.</summary>
    private async Task WarmUpAsync(Rivals r, CancellationToken ct)
    {
        (Workload, double)[] shares =
        [
            (r.Hot.Ours, 0.5), (r.Cold.Ours, 0.5), (r.Push.Ours, 1), (r.Small.Ours, 1), (r.Push.Hand, 1), (r.Cold.Hand, 0.5),
        ];
        foreach (var (workload, share) in shares)
        {
            await workload.WarmUpAsync(run, share * _warmUp, ct);
        }

        await r.StartBareAsync(ct);
        await r.Small.Bare.WarmUpAsync(run, _warmUp / 2, ct);
        await r.Hot.Bare.WarmUpAsync(run, _warmUp / 2, ct);
        await r.Store.Bare.StoreAsync(_warmUp / 5, ct);
        await r.Store.Keyed.StoreAsync(_warmUp / 5, ct);
    }

    private async Task RoundAsync(Rivals r, bool forth, CancellationToken ct)
    {
        Func<Task>[] turns =
        [
            .. All(r).Select(w => (Func<Task>)(() => w.RoundAsync(run, _round, ct))),
            () => r.Store.Bare.RoundAsync(_round / 2, ct),
            () => r.Store.Keyed.RoundAsync(_round / 2, ct),
        ];
        // Forth and back, so that nobody always comes after the same one.
        foreach (var turn in forth ? turns : turns.Reverse())
        {
            await turn();
        }
    }

    private async Task AtHalfAsync(Rivals r, CancellationToken ct)
    {
        var half = PeakRate(r).Median / 2;
        for (var round = 1; round <= run.Options.Rounds; round++)
        {
            await r.SmallAtHalf.RoundAsync(run, LoadSimulation.Inject(half, _round, r.SmallAtHalf.Copies), ct);
        }
    }

    private static Measure PeakRate(Rivals r) =>
        r.Small.Ours.Measure("pushes a second, by clients that never wait", "1/s", static s => s.Stats.Rps);

    private void JudgePushes(Rivals r)
    {
        var (ours, hand) = (PerThousand(r.Push.Ours), PerThousand(r.Push.Hand));
        run.Judge("1. Durable push",
            new Goal(ours, "at most", Targets.PushMillis),
            new Goal(hand),
            new Goal(Measure.Ratio("(c) / ours, round by round", hand, ours), "at least", Targets.PushGain),
            new Goal(r.Push.Ours.Measure("rows a second", "1/s", RowsPerSecond)),
            new Goal(r.Push.Hand.Measure("rows a second", "1/s", RowsPerSecond)));
    }

    private void JudgeSmall(Rivals r)
    {
        var (ours, bare) = (PerStep(r.Small.Ours), PerStep(r.Small.Bare));
        var (least, keyed) = (r.Store.Bare.Micros, r.Store.Keyed.Micros);
        run.Judge("2. Small pushes",
            new Goal(ours),
            new Goal(bare),
            new Goal(keyed),
            new Goal(least),
            new Goal(Against("keyed", ours, bare, keyed), "at most", Targets.SmallFactor),
            new Goal(Against("bare", ours, bare, least)),
            new Goal(PeakRate(r)),
            new Goal(r.SmallAtHalf.Measure("p50", "ms", static s => s.Stats.Latency.P50)),
            new Goal(r.SmallAtHalf.Measure("p99", "ms", static s => s.Stats.Latency.P99), "at most", Targets.SmallP99Millis),
            new Goal(PerStep(r.SmallAtHalf)));
    }

    private void JudgePulls(Rivals r)
    {
        var (ours, bare) = (PerCpuSecond(r.Hot.Ours), PerCpuSecond(r.Hot.Bare));
        run.Judge("3. Pull",
            new Goal(PerThousand(r.Hot.Ours), "at most", Targets.HotMillis),
            new Goal(PerThousand(r.Cold.Ours), "at most", Targets.ColdMillis),
            new Goal(PerThousand(r.Cold.Hand)),
            new Goal(PerThousand(r.Hot.Bare)),
            new Goal(ours),
            new Goal(bare),
            new Goal(Measure.Ratio("ours / (a) in bytes for a CPU second, round by round", ours, bare), "at least", Targets.PullShare),
            new Goal(r.Hot.Ours.Measure("p50 of a page", "ms", static s => s.Stats.Latency.P50)),
            new Goal(r.Cold.Ours.Measure("p50 of a page", "ms", static s => s.Stats.Latency.P50)));
    }

    private static Measure PerThousand(Workload w) => w.Measure("CPU for 1,000 rows", "ms", static s => s.MillisPerThousandRows);

    private static Measure PerStep(Workload w) => w.Measure("CPU for each push", "µs", static s => s.MicrosPerStep);

    private static Measure PerCpuSecond(Workload w) => w.Measure("bytes for a CPU second", "MB/s", static s => s.MegabytesPerCpuSecond);

    private static Measure Against(string kind, Measure ours, Measure received, Measure stored) =>
        Measure.Ratio($"ours / ((a) + (b) {kind}), round by round", ours, Measure.Sum("", received, stored));

    private static double RowsPerSecond(Sample s) => s.Stats.Items / s.Stats.During.TotalSeconds;
}
