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

    /// <summary>Pairs of samples that were taken one after the other, divided.</summary>
    public static Measure Ratio(string name, Measure above, Measure below) =>
        new(name, "", [.. above.Samples.Zip(below.Samples, static (a, b) => a / Math.Max(double.Epsilon, b))]);

    /// <summary>Pairs of samples, added.</summary>
    public static Measure Sum(string name, Measure one, Measure other) =>
        new(name, one.Unit, [.. one.Samples.Zip(other.Samples, static (a, b) => a + b)]);

    /// <summary>A number with about three significant digits.</summary>
    public static string Text(double value) => Math.Abs(value) switch
    {
        >= 100 => value.ToString("N0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("F1", CultureInfo.InvariantCulture),
        >= 1 => value.ToString("F2", CultureInfo.InvariantCulture),
        _ => value.ToString("F3", CultureInfo.InvariantCulture),
    };
}
