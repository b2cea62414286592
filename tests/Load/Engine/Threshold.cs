namespace HeliosSync.Load.Engine;

/// <summary>A claim about a scenario's statistics; a run in which it does not hold fails.</summary>
/// <param name="Claim">The claim in words.</param>
/// <param name="Holds">Whether it holds.</param>
/// <param name="Found">What was found, in words.</param>
public sealed record Threshold(string Claim, Func<ScenarioStats, bool> Holds, Func<ScenarioStats, string> Found)
{
    /// <summary>Steps ran, and none failed.</summary>
    public static Threshold NoFailures { get; } = new(
        "steps ran and none failed", static s => s is { Ok: > 0, Failed: 0 }, static s => $"{s.Ok} ok, {s.Failed} failed");

    /// <summary>99 of 100 steps took less.</summary>
    public static Threshold P99Below(double millis) => new(
        FormattableString.Invariant($"p99 is below {millis} ms"),
        s => s.Ok > 0 && s.Latency.P99 < millis,
        static s => FormattableString.Invariant($"{s.Latency.P99:F1} ms"));

    /// <summary>Applies it.</summary>
    public Check Judge(ScenarioStats stats) => new($"{stats.Name}: {Claim}", Holds(stats), Found(stats));
}

/// <summary>A claim that was looked into.</summary>
/// <param name="Claim">The claim in words.</param>
/// <param name="Holds">Whether it holds.</param>
/// <param name="Found">What was found, in words.</param>
public sealed record Check(string Claim, bool Holds, string Found);
