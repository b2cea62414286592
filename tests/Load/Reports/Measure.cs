using System.Globalization;

namespace HeliosSync.Load.Reports;

/// <summary>A figure with its spread.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Unit">In what.</param>
/// <param name="Samples">Every value, in the order in which they were taken; at least one.</param>
public sealed record Measure(string Name, string Unit, IReadOnlyList<double> Samples)
{
    /// <summary>The least.</summary>
    public double Min => Samples.Min();

    /// <summary>The middle one, or the mean of the two middle ones.</summary>
    public double Median
    {
        get
        {
            var sorted = Samples.Order().ToArray();
            return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
        }
    }

    /// <summary>The greatest.</summary>
    public double Max => Samples.Max();

    /// <summary>A figure of one value.</summary>
    public static Measure Of(string name, string unit, double value) => new(name, unit, [value]);

    /// <summary>A number with about three significant digits.</summary>
    public static string Text(double value) => Math.Abs(value) switch
    {
        >= 100 => value.ToString("N0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("F1", CultureInfo.InvariantCulture),
        >= 1 => value.ToString("F2", CultureInfo.InvariantCulture),
        _ => value.ToString("F3", CultureInfo.InvariantCulture),
    };
}
