using System.Globalization;
using HeliosSync.Load.Clients;
using HeliosSync.Load.Engine;
using HeliosSync.Load.Reports;

namespace HeliosSync.Load.Commands;

/// <summary>
/// Scenario <c>noisy-neighbour</c>: clients of a quiet tenant push at an even rate, half of what a tenant may; in every other round those
/// of another send ten times what it may, and come back at once when they are refused. What must hold: the quiet one hardly notices, and
/// the noisy one gets what it may have and whole refusals for the rest.
/// </summary>
internal sealed class NoisyNeighbour(LoadRun run)
{
    private const int QuotaPerSecond = 100;
    private const int NoisyTimes = 10;
    private const int ClientsEach = 16;
    private const double SlowdownMax = 1.2;
    private const double ServedTimesMax = 1.5;

    private readonly LoadOptions _options = run.Options;
    private readonly List<double> _without = [];
    private readonly List<double> _with = [];
    private double _served;

    public async Task RunAsync(CancellationToken ct)
    {
        var server = await run.Site.StartServerAsync(ct, new Dictionary<string, string>
        {
            ["HeliosSync__Rates__TenantRequestsPerSecond"] = QuotaPerSecond.ToString(CultureInfo.InvariantCulture),
            ["HeliosSync__Rates__BurstSeconds"] = "1",
        });
        using var quiet = await ClientsAsync("quiet", server.Address, ct);
        using var noisy = await ClientsAsync("noisy", server.Address, ct);
        await QuietAsync("warm-up", quiet, TimeSpan.FromSeconds(Math.Max(1, _options.WarmUp)), ct);
        for (var round = 0; round < _options.Rounds; round++)
        {
            var during = TimeSpan.FromSeconds(_options.Seconds);
            _without.Add((await QuietAsync($"round {round + 1}, alone", quiet, during, ct)).Latency.P99);
            await BothAsync($"round {round + 1}", quiet, noisy, during, ct);
        }

        var (without, with) = (new Measure("a push, alone: p99", "ms", _without), new Measure("a push, beside noise: p99", "ms", _with));
        run.Judge(
            "A noisy neighbour",
            new Goal(without),
            new Goal(with),
            new Goal(Measure.Ratio("p99 beside noise / alone, round by round", with, without), "at most", SlowdownMax));
        var perSecond = _served / (_options.Rounds * _options.Seconds);
        run.Report.Add(new Check(
            "the noisy tenant was served, and hardly more than it may have",
            perSecond > 0 && perSecond <= QuotaPerSecond * ServedTimesMax,
            string.Create(CultureInfo.InvariantCulture, $"{perSecond:0.0} pushes a second of {QuotaPerSecond}")));
        run.Report.Add(Refusals.Judge([quiet.Refusals, noisy.Refusals]));
        foreach (var clients in new[] { quiet, noisy })
        {
            run.Report.Add(await clients.SettleAsync(ct));
            run.Report.Add(await clients.AuditAsync(ct));
        }
    }

    private async Task BothAsync(string round, PushingClients quiet, PushingClients noisy, TimeSpan during, CancellationToken ct)
    {
        noisy.IsPatient = false;
        var noise = NoiseAsync($"{round}, the noise", noisy, during, ct);
        _with.Add((await QuietAsync($"{round}, beside noise", quiet, during, ct)).Latency.P99);
        await noise;
        noisy.IsPatient = true;
    }

    private async Task<PushingClients> ClientsAsync(string tenant, Uri server, CancellationToken ct)
    {
        var clients = new PushingClients(
            new PushPlan(tenant, ClientsEach, 1, _options.DataBytes, Base64: true, RowsEach: 100), run.Site.Tokens);
        clients.Connect(server);
        await clients.RegisterAsync(ct);
        return clients;
    }

    private async Task<ScenarioStats> QuietAsync(string name, PushingClients quiet, TimeSpan during, CancellationToken ct)
    {
        var load = new Scenario
        {
            Name = name,
            Prepare = quiet.Prepare,
            Run = step => quiet.PushAsync(step.Copy, step.Stop),
            Simulations = [LoadSimulation.Inject(QuotaPerSecond / 2.0, during, ClientsEach)],
            Thresholds = [Threshold.NoFailures],
        };
        var stats = await new ScenarioRunner(load, run.Output, run.Live).RunAsync(null, ct);
        run.Report.Add(stats, load.Thresholds);
        return stats;
    }

    private async Task NoiseAsync(string name, PushingClients noisy, TimeSpan during, CancellationToken ct)
    {
        var load = new Scenario
        {
            Name = name,
            Prepare = noisy.Prepare,
            Run = step => noisy.PushAsync(step.Copy, step.Stop),
            Simulations = [LoadSimulation.Inject(QuotaPerSecond * NoisyTimes, during, ClientsEach)],
        };
        var stats = await new ScenarioRunner(load, TextWriter.Null, live: false).RunAsync(null, ct);
        run.Report.Add(stats, []);
        _served += stats.Items;
    }
}
