using System.Diagnostics;
using System.Globalization;
using HeliosSync.Load.Clients;
using HeliosSync.Load.Engine;
using HeliosSync.Load.Reports;
using HeliosSync.Load.Server;
using HeliosSync.Load.Watch;

namespace HeliosSync.Load.Commands;

/// <summary>
/// Scenario <c>overload</c>: finds how many pushes a second the server can serve, then sends twice as many, whether earlier ones are
/// answered or not, by clients that come back when they are told to. What must hold then: nothing acknowledged is lost or doubled, what is
/// refused is refused in order, memory stays bounded, health answers, the work done stays near capacity, and afterwards all is as before.
/// </summary>
internal sealed class Overload(LoadRun run)
{
    private const int BatchChanges = 50;
    private const int ClientsEach = 500;
    private const int TenantsAtOnce = 32;
    private const int LightCopies = 4;
    private const double Minutes = 10;
    private const int RoundsMax = 4;
    private const double StillRising = 1.05;
    private const double OverloadFactor = 2;
    private const double OfferedFactorMin = 1.8;
    private const double GoodputMin = 0.5;
    private const double HealthMillisMax = 500;
    private const double RecoveryFactorMax = 3;
    private const int RowsPerChange = 2;
    private const double StateBytesPerPush = 100;
    private const double RiseMegabytesMax = 100;
    private const double ResidentMegabytesMax = 1_000;

    private readonly LoadOptions _options = run.Options;
    private readonly int _batch = run.Options.Batch ?? BatchChanges;

    /// <summary>A short run has no time to overload a good server by its defaults: it makes it a small one.</summary>
    private Dictionary<string, string> Settings => _options.Limits ? [] : new()
    {
        ["HeliosSync__RequestsInFlightMax"] = "12",
        ["HeliosSync__TenantRequestsInFlightMax"] = "6",
    };

    public async Task RunAsync(CancellationToken ct)
    {
        var apart = _options.Limits && Scheduling.Possible;
        var starting = () => run.Site.StartServerAsync(ct, Settings);
        var server = await (apart ? Scheduling.OnServerCore(starting) : starting());
        using var health = HealthProbes.Start(server.Address);
        if (apart)
        {
            Scheduling.LeaveServerCore();
            Scheduling.GoLast();
        }

        var clients = _options.ClientsGiven ?? ClientsEach;
        var plan = new PushPlan("overload", clients, _batch, _options.DataBytes, Base64: true, RowsPerChange * _batch);
        using var fleet = new Fleet(_options.TenantsGiven ?? TenantsAtOnce, plan, run.Site.Tokens, server.Address);
        await fleet.RegisterAsync(ct);
        var capacity = await CapacityAsync(fleet, ct);
        var before = await LightAsync("light load before", fleet, ct);
        await CutAsync("before", health, ct);
        await OverloadAsync(server, fleet, health, capacity, ct);
        var after = await LightAsync("light load right after", fleet, ct);
        await CutAsync("right after", health, ct);
        run.Report.Add(await fleet.SettleAsync(ct));
        run.Report.Add(fleet.JudgeRefusals());
        run.Limit(
            $"right after, a push of a light load takes at most {RecoveryFactorMax} times what it took before",
            after.Failed == 0 && after.Latency.P50 <= RecoveryFactorMax * before.Latency.P50,
            $"{after.Failed} failed; p50 {Measure.Text(before.Latency.P50)} ms before, {Measure.Text(after.Latency.P50)} after");
        run.Report.Add(await fleet.AuditAsync(ct));
    }

    /// <summary>
    /// The most pushes a second that closed loops of ever more clients got through, tried again until a round brings no more: a server
    /// that has just started compiles its code while it serves, and gets through half of what it will.
    /// </summary>
    private async Task<double> CapacityAsync(Fleet fleet, CancellationToken ct)
    {
        var best = 0.0;
        for (var (round, isRising) = (1, true); isRising; round++)
        {
            var before = best;
            foreach (var copies in _options.Limits ? [16, 64, 256, 1_024] : new[] { 8 })
            {
                best = Math.Max(best, await ClosedLoopAsync(round, Math.Min(copies, fleet.Clients), fleet, ct));
            }

            isRising = _options.Limits && round < RoundsMax && best > before * StillRising;
        }

        run.Report.Add(Measure.Of("capacity: the most pushes a second that a closed loop got through", "1/s", best));
        return best;
    }

    private async Task<double> ClosedLoopAsync(int round, int copies, Fleet fleet, CancellationToken ct)
    {
        var stage = TimeSpan.FromSeconds(_options.Limits ? 10 : 1);
        var (cpu, served, begun) = (run.Site.Server.Usage.Cpu, fleet.Acknowledged, Stopwatch.GetTimestamp());
        var name = $"round {round}, {copies} clients";
        var simulating = SimulateAsync($"capacity, {name}", LoadSimulation.KeepConstant(copies, stage), fleet, ct);
        // Until then, and not until the last of those who were told to come again has come.
        await Task.Delay(stage, ct);
        var pushes = (fleet.Acknowledged - served) / (double)_batch;
        var (spent, took) = (run.Site.Server.Usage.Cpu - cpu, Stopwatch.GetElapsedTime(begun));
        var whole = await simulating;
        run.Report.Add(Measure.Of($"server's CPU for each push, {name}", "ms", spent.TotalMilliseconds / Math.Max(1, pushes)));
        run.Report.Add(Measure.Of($"server's CPU, {name}", "cores", spent / took));
        // On a machine that is busy with other things a short stage may end before its first answer; the whole never does.
        return Math.Max(pushes / took.TotalSeconds, whole.Rps);
    }

    private Task<ScenarioStats> LightAsync(string name, Fleet fleet, CancellationToken ct) => SimulateAsync(
        name, LoadSimulation.KeepConstant(LightCopies, TimeSpan.FromSeconds(_options.Limits ? 10 : 1)), fleet, ct);

    private async Task OverloadAsync(ServerProcess server, Fleet fleet, HealthProbes health, double capacity, CancellationToken ct)
    {
        var during = _options.LongRun(Minutes);
        var acknowledged = fleet.Acknowledged;
        var (cpu, tool) = (server.Usage.Cpu, Environment.CpuUsage.TotalTime);
        var watch = new ServerWatch(server, run.Site.DataDir, TimeSpan.FromSeconds(2), collect: false);
        ScenarioStats stats;
        await using (watch)
        {
            // What a short run finds out about a server that has just started says nothing of what it will serve a moment later: there it
            // is more clients at once than it takes in hand, whatever its speed.
            var simulation = _options.Limits
                ? LoadSimulation.Inject(OverloadFactor * capacity, during, fleet.Clients)
                : LoadSimulation.KeepConstant(fleet.Clients, during);
            stats = await SimulateAsync("overload", simulation, fleet, ct);
        }

        var (live, ready) = await CutAsync("under overload", health, ct);
        AddMemory(watch, acknowledged, (fleet.Acknowledged - acknowledged) / stats.During.TotalSeconds);
        run.Report.Add(Measure.Of(
            "server's CPU for each push that was sent, refused ones among them", "ms",
            (server.Usage.Cpu - cpu).TotalMilliseconds / Math.Max(1, stats.Ok + stats.Failed)));
        run.Report.Add(Measure.Of(
            "the tool's CPU for each push that was sent", "ms",
            (Environment.CpuUsage.TotalTime - tool).TotalMilliseconds / Math.Max(1, stats.Ok + stats.Failed)));
        var offered = (stats.Ok + stats.Failed) / stats.During.TotalSeconds;
        run.Report.Add(Measure.Of("pushes sent a second under overload", "1/s", offered));
        run.Report.Add(Measure.Of("pushes done a second under overload", "1/s", stats.Rps));
        run.Report.Add(new Check("the server refused some and served some", stats is { Ok: > 0, Failed: > 0 }, Counts(stats)));
        run.Report.Add(new Check("health/live answered 200 throughout", live is { Probes: > 0, Failed: 0 }, live.Text));
        run.Report.Add(new Check("health/ready answered 200 throughout", ready is { Probes: > 0, Failed: 0 }, ready.Text));
        run.Limit($"it was overload: over {OfferedFactorMin} times the capacity", offered > OfferedFactorMin * capacity,
            $"{Measure.Text(offered / capacity)} times");
        run.Limit($"the work done is over {GoodputMin} of the capacity", stats.Rps > GoodputMin * capacity,
            $"{Measure.Text(stats.Rps / capacity)} of it");
        LimitHealth("live", live);
        LimitHealth("ready", ready);
    }

    private void LimitHealth(string name, HealthFound found) => run.Limit(
        $"health/{name} took under {HealthFound.Limit} ms 99 times of 100, and never {HealthMillisMax}",
        found.P99 < HealthFound.Limit && found.Max < HealthMillisMax,
        found.Text);

    private async Task<ScenarioStats> SimulateAsync(
        string name, LoadSimulation simulation, Fleet fleet, CancellationToken ct)
    {
        var scenario = new Scenario
        {
            Name = name,
            Prepare = fleet.Prepare,
            Run = step => fleet.PushAsync(step.Copy, step.Stop),
            Simulations = [simulation],
        };
        var stats = await new ScenarioRunner(scenario, run.Output, run.Live).RunAsync(null, ct);
        run.Report.Add(stats, []);
        return stats;
    }

    /// <summary>
    /// The rows are the same all along. What a tenant remembers of each push of a client's last 256 (protocol 4.3) is taken off what the
    /// memory may rise by.
    /// </summary>
    private void AddMemory(ServerWatch watch, long storedBefore, double storedPerSecond)
    {
        foreach (var measure in watch.Measures("under overload"))
        {
            run.Report.Add(measure);
        }

        var megabytesEach = StateBytesPerPush / _batch / 1e6;
        var (before, state) = (storedBefore * megabytesEach, storedPerSecond * megabytesEach);
        var points = watch.Samples.Select(s => (s.Seconds, (s.ResidentBytes / 1e6) - before - (s.Seconds * state))).ToArray();
        if (points.Length == 0)
        {
            return;
        }

        var half = points[(points.Length / 2)..];
        var rise = Trend.Of(half).Slope * (half[^1].Seconds - half[0].Seconds);
        run.Limit(
            $"beside what is stored, memory (RSS) stays below {ResidentMegabytesMax} MB, and rises by less than {RiseMegabytesMax} MB in "
                + "the second half",
            points.All(static p => p.Item2 < ResidentMegabytesMax) && rise < RiseMegabytesMax,
            string.Create(
                CultureInfo.InvariantCulture,
                $"at most {points.Max(static p => p.Item2):F0} MB, {rise:F0} MB in the second half; stored {before:F0} MB before, ")
                + string.Create(CultureInfo.InvariantCulture, $"then {state:F2} MB/s"));
    }

    private static string Counts(ScenarioStats stats) => string.Create(
        CultureInfo.InvariantCulture, $"{stats.Ok} served, {string.Join(", ", stats.Errors.Select(static e => $"{e.Key} {e.Value}"))}");

    private async Task<(HealthFound Live, HealthFound Ready)> CutAsync(string when, HealthProbes health, CancellationToken ct)
    {
        var (live, ready) = await health.CutAsync(ct);
        foreach (var (name, found) in new[] { ("live", live), ("ready", ready) })
        {
            run.Report.Add(Measure.Of($"health/{name}, {when}: p50", "ms", found.P50));
            run.Report.Add(Measure.Of($"health/{name}, {when}: p99", "ms", found.P99));
            run.Report.Add(Measure.Of($"health/{name}, {when}: max of {found.Probes}", "ms", found.Max));
        }

        return (live, ready);
    }
}
