using System.Diagnostics;

namespace HeliosSync.Load.Engine;

/// <summary>What virtual clients ("copies") do over and over while load simulations run.</summary>
public sealed record Scenario
{
    /// <summary>Its name in reports and on the command line.</summary>
    public required string Name { get; init; }

    /// <summary>One timed step of one copy. A copy never runs two steps at once.</summary>
    public required Func<StepContext, Task<StepResult>> Run { get; init; }

    /// <summary>Runs, untimed, before each step of a copy: makes what the step sends.</summary>
    public Action<int>? Prepare { get; init; }

    /// <summary>Runs once, before the warm-up.</summary>
    public Func<CancellationToken, Task>? Init { get; init; }

    /// <summary>Runs once, after the last simulation: settles what is open.</summary>
    public Func<CancellationToken, Task>? Clean { get; init; }

    /// <summary>For how long the first simulation's copies work before anything counts.</summary>
    public TimeSpan WarmUp { get; init; }

    /// <summary>Run one after the other; between two of them no step is under way.</summary>
    public required IReadOnlyList<LoadSimulation> Simulations { get; init; }

    /// <summary>What the statistics must fulfil.</summary>
    public IReadOnlyList<Threshold> Thresholds { get; init; } = [];
}

/// <summary>Who runs a step.</summary>
/// <param name="Copy">Index of the copy, from 0.</param>
/// <param name="Stop">Cancelled where the whole run is given up.</param>
/// <param name="Parts">Is told of each part of the step that has ended.</param>
public readonly record struct StepContext(int Copy, CancellationToken Stop, Action<string, StepResult, TimeSpan>? Parts = null)
{
    /// <summary>Runs a part of the step that is to have statistics of its own (NBomber's <c>Step.Run</c>).</summary>
    public async Task<StepResult> PartAsync(string name, Func<Task<StepResult>> work)
    {
        var begun = Stopwatch.GetTimestamp();
        var result = await work();
        Parts?.Invoke(name, result, Stopwatch.GetElapsedTime(begun));
        return result;
    }
}

/// <summary>How a step ended.</summary>
/// <param name="Error">Why it failed, as a short code; null where it did not.</param>
/// <param name="Items">Rows that it moved.</param>
/// <param name="Bytes">Bytes that it sent and received.</param>
public readonly record struct StepResult(string? Error, long Items, long Bytes)
{
    /// <summary>It did its work.</summary>
    public static StepResult Ok(long items, long bytes) => new(null, items, bytes);

    /// <summary>One after the other: the first failure, or all that they moved.</summary>
    public StepResult Then(StepResult next) =>
        Error is not null ? this : next.Error is not null ? next : new StepResult(null, Items + next.Items, Bytes + next.Bytes);

    /// <summary>It failed, and nothing of it counts as moved.</summary>
    public static StepResult Fail(string code) => new(code, 0, 0);
}

/// <summary>A part of a scenario's run.</summary>
public enum RunPhase
{
    /// <summary>Before anything was sent.</summary>
    Init,

    /// <summary>Steps that do not count.</summary>
    WarmUp,

    /// <summary>Steps that count. Entered once for each simulation, with no step under way.</summary>
    Measuring,

    /// <summary>After the last step.</summary>
    Clean,
}
