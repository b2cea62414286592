using HeliosSync.Load.Engine;

namespace HeliosSync.Load.Reports;

/// <summary>A figure, and what it is to be.</summary>
/// <param name="Found">The figure; its median is what is judged.</param>
/// <param name="Kind">"at most" or "at least"; null: nothing is asked of it.</param>
/// <param name="Bound">The target.</param>
public sealed record Goal(Measure Found, string? Kind = null, double Bound = 0)
{
    /// <summary>Whether it is reached; null where there is no target.</summary>
    public bool? Reached => Kind switch
    {
        null => null,
        "at most" => Found.Median <= Bound,
        "at least" => Found.Median >= Bound,
        _ => throw new InvalidOperationException($"'{Kind}' is no kind of target."),
    };

    /// <summary>As a check, where there is a target.</summary>
    public Check? AsCheck() => Reached is { } reached
        ? new Check($"{Found.Name}: {Kind} {Measure.Text(Bound)} {Found.Unit}".TrimEnd(), reached, Measure.Text(Found.Median))
        : null;
}
