using System.Diagnostics;
using System.Globalization;
using System.Threading.Channels;

namespace HeliosSync.Load.Engine;

/// <summary>Runs one scenario: init, warm-up, each load simulation, clean.</summary>
/// <param name="scenario">What to run.</param>
/// <param name="output">Where progress is said.</param>
/// <param name="live">Whether <paramref name="output"/> is a terminal.</param>
public sealed class ScenarioRunner(Scenario scenario, TextWriter output, bool live)
{
    private readonly StatsCollector _measured = new(scenario.Name);
    private TimeSpan _measuredFor;

    /// <summary>Runs it and gives its statistics. An exception of a step is a mistake of the tool and passes through.</summary>
    /// <param name="entered">Called as each phase begins; between two phases no step is under way.</param>
    /// <param name="ct">Gives the run up; clean-up still happens.</param>
    public async Task<ScenarioStats> RunAsync(Action<RunPhase>? entered, CancellationToken ct)
    {
        entered?.Invoke(RunPhase.Init);
        await (scenario.Init?.Invoke(ct) ?? Task.CompletedTask);
        if (scenario.WarmUp > TimeSpan.Zero)
        {
            entered?.Invoke(RunPhase.WarmUp);
            var warmUp = LoadSimulation.KeepConstant(scenario.Simulations[0].Copies, scenario.WarmUp);
            await SimulateAsync(warmUp, new StatsCollector(scenario.Name), "warm-up", ct);
        }

        for (var i = 0; i < scenario.Simulations.Count; i++)
        {
            entered?.Invoke(RunPhase.Measuring);
            _measuredFor += await SimulateAsync(scenario.Simulations[i], _measured, $"{i + 1}/{scenario.Simulations.Count}", ct);
        }

        entered?.Invoke(RunPhase.Clean);
        await (scenario.Clean?.Invoke(ct) ?? Task.CompletedTask);
        return _measured.Cut(_measuredFor);
    }

    private async Task<TimeSpan> SimulateAsync(LoadSimulation simulation, StatsCollector stats, string part, CancellationToken ct)
    {
        var begun = Stopwatch.GetTimestamp();
        await using var progress = new ProgressLine(output, live);
        progress.Begin(() => Progress(simulation, part, stats.Cut(Stopwatch.GetElapsedTime(begun)), _measuredFor));
        await (simulation switch
        {
            LoadSimulation.Constant s => KeepAsync(s, stats, begun, ct),
            LoadSimulation.Iterations s => ShareAsync(s, stats, ct),
            LoadSimulation.Injected s => InjectAsync(s, stats, begun, ct),
            _ => throw new ArgumentOutOfRangeException(nameof(simulation)),
        });
        return Stopwatch.GetElapsedTime(begun);
    }

    private Task KeepAsync(LoadSimulation.Constant simulation, StatsCollector stats, long begun, CancellationToken ct) =>
        EachCopyAsync(simulation.Copies, async copy =>
        {
            // At least one step each, however late a busy machine lets a copy begin.
            do
            {
                await StepAsync(copy, stats, ct);
            }
            while (Stopwatch.GetElapsedTime(begun) < simulation.During);
        });

    private Task ShareAsync(LoadSimulation.Iterations simulation, StatsCollector stats, CancellationToken ct)
    {
        var left = simulation.Count;
        return EachCopyAsync(simulation.Copies, async copy =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                await StepAsync(copy, stats, ct);
            }
        });
    }

    private async Task InjectAsync(LoadSimulation.Injected simulation, StatsCollector stats, long begun, CancellationToken ct)
    {
        var idle = Channel.CreateUnbounded<int>();
        for (var copy = 0; copy < simulation.Copies; copy++)
        {
            idle.Writer.TryWrite(copy);
        }

        for (var i = 0L; i < simulation.Count; i++)
        {
            var copy = await idle.Reader.ReadAsync(ct);
            scenario.Prepare?.Invoke(copy);
            var due = simulation.Due(i);
            if (due - Stopwatch.GetElapsedTime(begun) is { Ticks: > 0 } early)
            {
                await Task.Delay(early, ct);
            }

            _ = Task.Run(() => OnceAsync(copy, begun + (long)(due.TotalSeconds * Stopwatch.Frequency)), CancellationToken.None);
        }

        // Every copy is back when its last step has ended.
        for (var copy = 0; copy < simulation.Copies; copy++)
        {
            await idle.Reader.ReadAsync(CancellationToken.None);
        }

        async Task OnceAsync(int copy, long due)
        {
            try
            {
                await RunAsync(copy, stats, due, ct);
                idle.Writer.TryWrite(copy);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // Comes out where copies are taken.
                idle.Writer.TryComplete(e);
            }
        }
    }

    private Task StepAsync(int copy, StatsCollector stats, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        scenario.Prepare?.Invoke(copy);
        return RunAsync(copy, stats, Stopwatch.GetTimestamp(), ct);
    }

    private async Task RunAsync(int copy, StatsCollector stats, long begun, CancellationToken ct)
    {
        var result = await scenario.Run(new StepContext(copy, ct, (part, of, took) => stats.AddPart(part, of, took)));
        stats.Add(result, Stopwatch.GetElapsedTime(begun));
    }

    private static Task EachCopyAsync(int copies, Func<int, Task> work) =>
        Task.WhenAll(Enumerable.Range(0, copies).Select(copy => Task.Run(() => work(copy))));

    private string Progress(LoadSimulation simulation, string part, ScenarioStats soFar, TimeSpan before)
    {
        // What earlier simulations gathered is in the statistics too, so their time has to be.
        var stats = soFar with { During = part == "warm-up" ? soFar.During : soFar.During + before };
        var goal = simulation switch
        {
            LoadSimulation.Constant s => $"{soFar.During.TotalSeconds:F0} of {s.During.TotalSeconds:F0} s",
            LoadSimulation.Injected s => $"{soFar.During.TotalSeconds:F0} of {s.During.TotalSeconds:F0} s",
            LoadSimulation.Iterations s => $"{soFar.During.TotalSeconds:F0} s, {stats.Ok} of {s.Count} steps",
            _ => "",
        };
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{scenario.Name} {part} ({goal}) {simulation.Copies} copies: {stats.Ok} ok, {stats.Failed} failed, {stats.Rps:F0}/s, "
                + $"{stats.Items / Math.Max(stats.During.TotalSeconds, 0.001):F0} rows/s, p50 {stats.Latency.P50:F1} ms, "
                + $"p99 {stats.Latency.P99:F1} ms");
    }
}
