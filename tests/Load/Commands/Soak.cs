using System.Globalization;
using HeliosSync.Load.Clients;
using HeliosSync.Load.Engine;
using HeliosSync.Load.Reports;
using HeliosSync.Load.Server;
using HeliosSync.Load.Watch;

namespace HeliosSync.Load.Commands;

/// <summary>
/// Scenario <c>soak</c>: clients and tenants that come and go for a long time. Whatever the server keeps for one that has gone is found
/// as a slope: of memory, of handles, of threads.
/// </summary>
internal sealed class Soak(LoadRun run)
{
    private const double Minutes = 30;
    private const int LivesAtOnce = 64;

    /// <summary>Lives that begin in a second: at a rate that changed, what is rightly in memory would change with it.</summary>
    private const double LivesPerSecond = 30;

    private const int LivesPerTenant = 6;
    private const int ReturnEvery = 5;
    private const int ReturnTenants = 40;
    private const int TenantIdleSeconds = 5;
    private const double HeapPerHourMax = 10;
    private const double ResidentPerHourMax = 100;
    private const double HandlesPerHourMax = 20;
    private const double ThreadsPerHourMax = 6;
    private const double LogMegabytesMax = 100;
    private const double IdleRiseMegabytesMax = 20;

    private readonly LoadOptions _options = run.Options;
    private int _lives;

    public async Task RunAsync(CancellationToken ct)
    {
        var server = await run.Site.StartServerAsync(ct, new Dictionary<string, string>
        {
            ["ALLOW_ANONYMOUS_REGISTRATION"] = "true",
            ["HeliosSync__TenantIdleSeconds"] = TenantIdleSeconds.ToString(CultureInfo.InvariantCulture),
        });
        using var http = SyncClient.Connect(server.Address);
        var life = new ShortLife(http, server.Address, run.Site.Tokens);
        var during = _options.LongRun(Minutes);
        var warmUp = during / 10;
        await ChurnAsync("warm-up", life, warmUp, ct);
        var idleBefore = await IdleAsync(server, ct);
        var interval = TimeSpan.FromSeconds(Math.Clamp(during.TotalSeconds / 100, 1, 15));
        var watch = new ServerWatch(server, run.Site.DataDir, interval, collect: true);
        await using (watch)
        {
            await ChurnAsync("soak", life, during, ct);
        }

        var idleAfter = await IdleAsync(server, ct);
        run.Report.Add(Refusals.Judge([life.Refusals]));
        AddSlopes(watch);
        run.Report.Add(Measure.Of("tenants that came and went", "", _lives / LivesPerTenant));
        run.Report.Add(Measure.Of("clients that came and went", "", _lives));
        run.Report.Add(Measure.Of("managed heap with every tenant put out of memory, before", "MB", idleBefore.HeapBytes / 1e6));
        run.Report.Add(Measure.Of("managed heap with every tenant put out of memory, after", "MB", idleAfter.HeapBytes / 1e6));
        var rise = (idleAfter.HeapBytes - idleBefore.HeapBytes) / 1e6;
        run.Limit(
            $"once all tenants are out of memory, the managed heap is within {IdleRiseMegabytesMax} MB of what it was",
            rise < IdleRiseMegabytesMax,
            $"{Measure.Text(rise)} MB more");
        run.Report.Add(new Check("the server stops in order", await server.StopAsync(ct) == 0, "exit code 0"));
    }

    private async Task ChurnAsync(string name, ShortLife life, TimeSpan during, CancellationToken ct)
    {
        var scenario = new Scenario
        {
            Name = name,
            Run = step => life.LiveAsync(TenantOf(Interlocked.Increment(ref _lives), out var number), number, step.Stop),
            Simulations = [LoadSimulation.Inject(LivesPerSecond, during, _options.ClientsGiven ?? LivesAtOnce)],
            Thresholds = [Threshold.NoFailures],
        };
        run.Report.Add(await new ScenarioRunner(scenario, run.Output, run.Live).RunAsync(null, ct), scenario.Thresholds);
    }

    /// <summary>Most lives are spent in the newest tenant; some in one that has been put out of memory meanwhile.</summary>
    private static string TenantOf(int life, out int number)
    {
        number = life;
        var newest = life / LivesPerTenant;
        var tenant = life % ReturnEvery == 0 ? Math.Max(0, newest - ReturnTenants) : newest;
        return string.Create(CultureInfo.InvariantCulture, $"soak-{tenant}");
    }

    /// <summary>What the server has when nobody has asked it for longer than a tenant stays.</summary>
    private async Task<ServerSample> IdleAsync(ServerProcess server, CancellationToken ct)
    {
        await Task.Delay(TimeSpan.FromSeconds(2 * TenantIdleSeconds), ct);
        var watch = new ServerWatch(server, run.Site.DataDir, TimeSpan.FromSeconds(2), collect: true);
        await using (watch)
        {
            while (watch.Samples.Count < 2)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), ct);
            }
        }

        return watch.Samples[^1];
    }

    /// <summary>Of the last two thirds: the first one fills pools and what is held for ten minutes.</summary>
    private void AddSlopes(ServerWatch watch)
    {
        foreach (var measure in watch.Measures("under soak"))
        {
            run.Report.Add(measure);
        }

        var last = watch.Samples.Skip(watch.Samples.Count / 3).ToArray();
        double[] most = [ResidentPerHourMax, HeapPerHourMax, double.PositiveInfinity, HandlesPerHourMax, ThreadsPerHourMax,
            double.PositiveInfinity];
        foreach (var ((name, unit, of), limit) in ServerWatch.Figures.Zip(most))
        {
            var slope = Trend.Of([.. last.Select(s => (s.Seconds / 3_600, of(s)))]).Slope;
            run.Report.Add(Measure.Of($"{name}: slope", $"{unit}/h", slope));
            if (limit < double.PositiveInfinity)
            {
                run.Limit($"{name} rises by less than {limit} {unit} an hour", slope < limit, $"{Measure.Text(slope)} {unit}/h");
            }
        }

        var log = watch.Samples.Count == 0 ? 0 : watch.Samples.Max(static s => s.LogBytes) / 1e6;
        run.Limit($"the write-ahead log stays below {LogMegabytesMax} MB", log < LogMegabytesMax, $"{Measure.Text(log)} MB at most");
        run.Report.Add(new Check("the server was watched", watch.Samples.Count > 2 && watch.Samples.All(static s => s.HeapBytes > 0),
            $"{watch.Samples.Count} samples"));
    }
}
