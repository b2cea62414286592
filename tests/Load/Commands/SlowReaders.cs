using System.Diagnostics;
using System.Globalization;
using HeliosSync.Load.Clients;
using HeliosSync.Load.Engine;
using HeliosSync.Load.Reports;

namespace HeliosSync.Load.Commands;

/// <summary>
/// Scenario <c>slow-readers</c>: clients push into one tenant as fast as they can, some of its streams are read as fast as they come, and
/// in every other round others are read at 1 KB a second. What must hold: pushes and the fast streams go on as without them, and in the
/// end, when they are read on, the slow ones have had every change once, in order.
/// </summary>
internal sealed class SlowReaders(LoadRun run) : IAsyncDisposable
{
    private const int BatchChanges = 100;
    private const int Fast = 2;
    private const int Slow = 8;
    private const int SlowBytesPerSecond = 1_024;
    private const double SlowdownMin = 0.9;
    private static readonly TimeSpan CatchUpMax = TimeSpan.FromMinutes(3);

    private readonly LoadOptions _options = run.Options;
    private readonly List<LiveReader> _fast = [];
    private readonly List<LiveReader> _slow = [];

    public async Task RunAsync(CancellationToken ct)
    {
        await using var self = this;
        var server = await run.Site.StartServerAsync(ct);
        var plan = new PushPlan(
            "slow", _options.Clients + Fast + Slow, _options.Batch ?? BatchChanges, _options.DataBytes, Base64: true, RowsEach: 1_000);
        using var fleet = new Fleet(1, plan, run.Site.Tokens, server.Address);
        await fleet.RegisterAsync(ct);
        for (var i = 0; i < Fast + Slow; i++)
        {
            var token = run.Site.Tokens.Mint("slow-0", Rows.ClientOf(_options.Clients + i));
            (i < Fast ? _fast : _slow).Add(new LiveReader(server.Address, token));
        }

        await Task.WhenAll(_fast.Select(reader => reader.OpenAsync(null, ct)));
        await LoadAsync("warm-up", TimeSpan.FromSeconds(Math.Max(1, _options.WarmUp)), fleet, ct);
        var without = new Figures("without slow readers");
        var with = new Figures($"with {Slow} readers of 1 KB/s");
        for (var round = 0; round < _options.Rounds; round++)
        {
            await RoundAsync(round, without, fleet, ct);
            await Task.WhenAll(_slow.Select(reader => reader.OpenAsync(SlowBytesPerSecond, ct)));
            await RoundAsync(round, with, fleet, ct);
            await Task.WhenAll(_slow.Select(static reader => reader.CloseAsync()));
        }

        run.Judge("Slow readers",
            new Goal(without.PushRate),
            new Goal(with.PushRate),
            new Goal(Measure.Ratio("rows a second with slow readers / without, round by round", with.PushRate, without.PushRate),
                "at least", SlowdownMin),
            new Goal(without.P99),
            new Goal(with.P99),
            new Goal(without.CatchUp),
            new Goal(with.CatchUp));
        await CheckAsync(fleet, ct);
        run.Report.Add(await fleet.AuditAsync(ct));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var reader in _fast.Concat(_slow))
        {
            await reader.DisposeAsync();
        }
    }

    private async Task RoundAsync(int round, Figures figures, Fleet fleet, CancellationToken ct)
    {
        var stats = await LoadAsync($"round {round + 1}, {figures.Name}", TimeSpan.FromSeconds(_options.Seconds), fleet, ct);
        var ended = Stopwatch.GetTimestamp();
        await HaveAllAsync(_fast, fleet.Acknowledged, ct);
        figures.Add(stats, Stopwatch.GetElapsedTime(ended).TotalMilliseconds);
    }

    private async Task<ScenarioStats> LoadAsync(string name, TimeSpan during, Fleet fleet, CancellationToken ct)
    {
        var load = new Scenario
        {
            Name = name,
            Prepare = fleet.Prepare,
            Run = step => fleet.PushAsync(step.Copy, step.Stop),
            Simulations = [LoadSimulation.KeepConstant(_options.Clients, during)],
            Thresholds = [Threshold.NoFailures],
        };
        var stats = await new ScenarioRunner(load, run.Output, run.Live).RunAsync(null, ct);
        run.Report.Add(stats, load.Thresholds);
        run.Report.Add(await fleet.SettleAsync(ct));
        return stats;
    }

    /// <summary>What the slow readers missed is read now, as fast as it comes.</summary>
    private async Task CheckAsync(Fleet fleet, CancellationToken ct)
    {
        var (head, slowest) = (fleet.Acknowledged, _slow.Max(static reader => reader.Lsn));
        run.Report.Add(new Check(
            "the slow readers were slow: none was half way when the load ended", slowest < head / 2, $"{slowest} of {head} changes"));
        await Task.WhenAll(_slow.Select(reader => reader.OpenAsync(null, ct)));
        await HaveAllAsync(_slow, head, ct);
        foreach (var (name, readers) in new[] { ("fast", _fast), ("slow", _slow) })
        {
            var mistake = readers.Select(static reader => reader.Mistake).FirstOrDefault(static mistake => mistake is not null);
            run.Report.Add(new Check(
                $"every {name} reader had each change once, in order",
                mistake is null && readers.TrueForAll(reader => reader.Lsn == head),
                mistake ?? string.Create(
                    CultureInfo.InvariantCulture,
                    $"{head} changes, {readers.Min(static r => r.Lsn)} to {readers.Max(static r => r.Lsn)} read")));
        }
    }

    private static async Task HaveAllAsync(List<LiveReader> readers, long head, CancellationToken ct)
    {
        var begun = Stopwatch.GetTimestamp();
        while (readers.Exists(reader => reader.Lsn < head && reader.Mistake is null) && Stopwatch.GetElapsedTime(begun) < CatchUpMax)
        {
            await Task.Delay(1, ct);
        }
    }

    /// <summary>What the rounds of one kind measured.</summary>
    private sealed class Figures(string name)
    {
        private readonly List<double> _rate = [];
        private readonly List<double> _p99 = [];
        private readonly List<double> _catchUp = [];

        public string Name => name;

        public Measure PushRate => new($"rows a second, {name}", "1/s", _rate);

        public Measure P99 => new($"a push, {name}: p99", "ms", _p99);

        public Measure CatchUp => new($"until the fast streams have the last of it, {name}", "ms", _catchUp);

        public void Add(ScenarioStats stats, double catchUp)
        {
            _rate.Add(stats.Items / stats.During.TotalSeconds);
            _p99.Add(stats.Latency.P99);
            _catchUp.Add(catchUp);
        }
    }
}
