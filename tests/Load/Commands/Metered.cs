using System.Diagnostics;
using HeliosSync.Load.Engine;
using HeliosSync.Load.Reports;
using HeliosSync.Load.Server;

namespace HeliosSync.Load.Commands;

/// <summary>
/// Runs a scenario and reads the server's meters between its simulations: each gives one sample of what a row and a step cost.
/// </summary>
internal sealed class Metered(LoadRun run, ServerProcess server)
{
    private readonly List<Reading> _readings = [];
    private long _rows;
    private long _steps;

    /// <summary>Good steps a second, in each simulation.</summary>
    public Measure Rate { get; private set; } = Measure.Of("none", "", 0);

    /// <summary>Runs it, and reports what its steps did and what they cost.</summary>
    public async Task<ScenarioStats> RunAsync(Scenario scenario, CancellationToken ct)
    {
        var counted = scenario with
        {
            Run = async step =>
            {
                var result = await scenario.Run(step);
                Interlocked.Add(ref _rows, result.Items);
                Interlocked.Add(ref _steps, result.Error is null ? 1 : 0);
                return result;
            },
        };
        var stats = await new ScenarioRunner(counted, run.Output, run.Live).RunAsync(
            phase =>
            {
                if (phase is RunPhase.Measuring or RunPhase.Clean)
                {
                    _readings.Add(Reading.Take(server.Usage.Cpu, Interlocked.Read(ref _rows), Interlocked.Read(ref _steps)));
                }
            },
            ct);
        run.Report.Add(stats, scenario.Thresholds);
        AddMeasures(scenario.Name);
        return stats;
    }

    private void AddMeasures(string name)
    {
        var rounds = _readings.Zip(_readings.Skip(1), static (a, b) => b.Since(a))
            .Where(static r => r is { Rows: > 0, Steps: > 0 }).ToArray();
        if (rounds.Length == 0)
        {
            return;
        }

        Rate = Of("steps", "1/s", static r => r.Steps / r.Seconds);
        run.Report.Add(Of("server's CPU per 1,000 rows", "ms", static r => r.Server.TotalMilliseconds * 1_000 / r.Rows));
        run.Report.Add(Of("server's CPU per step", "µs", static r => r.Server.TotalMicroseconds / r.Steps));
        run.Report.Add(Of("the tool's CPU per 1,000 rows", "ms", static r => r.Tool.TotalMilliseconds * 1_000 / r.Rows));
        run.Report.Add(Of("rows", "1/s", static r => r.Rows / r.Seconds));
        run.Report.Add(Rate);

        Measure Of(string what, string unit, Func<Reading, double> value) => new($"{name}: {what}", unit, [.. rounds.Select(value)]);
    }

    /// <summary>Meters, or what they went by.</summary>
    private readonly record struct Reading(double Seconds, TimeSpan Server, TimeSpan Tool, long Rows, long Steps)
    {
        public static Reading Take(TimeSpan server, long rows, long steps) =>
            new(Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency, server, Environment.CpuUsage.TotalTime, rows, steps);

        public Reading Since(Reading before) => new(
            Seconds - before.Seconds, Server - before.Server, Tool - before.Tool, Rows - before.Rows, Steps - before.Steps);
    }
}
