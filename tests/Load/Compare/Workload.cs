using HeliosSync.Load.Engine;
using HeliosSync.Load.Reports;
using HeliosSync.Load.Server;

namespace HeliosSync.Load.Compare;

/// <summary>What one server is asked over and over, and what that cost it in each round.</summary>
/// <param name="name">The server and the work, as reports name them.</param>
/// <param name="server">Whose CPU time counts; the tool's never does.</param>
/// <param name="copies">Clients that ask at once.</param>
/// <param name="step">One step of one of them.</param>
/// <param name="prepare">Makes what a step sends.</param>
internal sealed class Workload(
    string name, ServerProcess server, int copies, Func<StepContext, Task<StepResult>> step, Action<int>? prepare = null)
{
    private readonly List<Sample> _samples = [];

    /// <summary>The server and the work.</summary>
    public string Name => name;

    /// <summary>Clients that ask at once.</summary>
    public int Copies => copies;

    /// <summary>Every round's.</summary>
    public IReadOnlyList<Sample> Samples => _samples;

    /// <summary>Lets the clients ask without a pause, for so long; counts nothing.</summary>
    public Task WarmUpAsync(LoadRun run, TimeSpan during, CancellationToken ct) =>
        SimulateAsync(run, "warm-up", LoadSimulation.KeepConstant(copies, during), ct);

    /// <summary>A round of clients that ask without a pause.</summary>
    public Task RoundAsync(LoadRun run, TimeSpan during, CancellationToken ct) =>
        RoundAsync(run, LoadSimulation.KeepConstant(copies, during), ct);

    /// <summary>A round of another kind.</summary>
    public async Task RoundAsync(LoadRun run, LoadSimulation simulation, CancellationToken ct)
    {
        var before = server.Usage.Cpu;
        var stats = await SimulateAsync(run, $"round {_samples.Count + 1}", simulation, ct);
        _samples.Add(new Sample(server.Usage.Cpu - before, stats));
    }

    /// <summary>A figure of every round.</summary>
    public Measure Measure(string what, string unit, Func<Sample, double> of) =>
        new($"{name}: {what}", unit, [.. _samples.Select(of)]);

    /// <summary>Adds how the steps of each round went, and whether all went well.</summary>
    public void Report(LoadRun run)
    {
        foreach (var sample in _samples)
        {
            run.Report.Add(sample.Stats, []);
        }

        var (ok, failed) = (_samples.Sum(static s => s.Stats.Ok), _samples.Sum(static s => s.Stats.Failed));
        run.Report.Add(new Check(
            $"{name}: steps ran in every round and none failed",
            failed == 0 && _samples.Count > 0 && _samples.TrueForAll(static s => s.Stats.Ok > 0),
            $"{ok} ok, {failed} failed"));
    }

    private Task<ScenarioStats> SimulateAsync(LoadRun run, string part, LoadSimulation simulation, CancellationToken ct)
    {
        var scenario = new Scenario { Name = $"{name}, {part}", Prepare = prepare, Run = step, Simulations = [simulation] };
        return new ScenarioRunner(scenario, run.Output, run.Live).RunAsync(null, ct);
    }
}

/// <summary>One round.</summary>
/// <param name="Cpu">User and system time that the server took.</param>
/// <param name="Stats">What the steps did.</param>
internal readonly record struct Sample(TimeSpan Cpu, ScenarioStats Stats)
{
    /// <summary>CPU milliseconds for 1,000 rows.</summary>
    public double MillisPerThousandRows => Cpu.TotalMilliseconds * 1_000 / Math.Max(1, Stats.Items);

    /// <summary>CPU microseconds for a step.</summary>
    public double MicrosPerStep => Cpu.TotalMicroseconds / Math.Max(1, Stats.Ok);

    /// <summary>Megabytes sent and received for a second of CPU time.</summary>
    public double MegabytesPerCpuSecond => Stats.Bytes / 1e6 / Math.Max(0.01, Cpu.TotalSeconds);
}
