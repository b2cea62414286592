namespace HeliosSync.Load.Reports;

/// <summary>A straight line through measured points, by least squares.</summary>
/// <param name="Slope">By how much it rises for each unit of x.</param>
/// <param name="At0">Its value at x = 0.</param>
internal readonly record struct Trend(double Slope, double At0)
{
    /// <summary>The line; flat where the points do not say how steep it is.</summary>
    public static Trend Of(IReadOnlyCollection<(double X, double Y)> points)
    {
        if (points.Count == 0)
        {
            return default;
        }

        var (meanX, meanY) = (points.Average(static p => p.X), points.Average(static p => p.Y));
        var spread = points.Sum(p => (p.X - meanX) * (p.X - meanX));
        var slope = spread > 0 ? points.Sum(p => (p.X - meanX) * (p.Y - meanY)) / spread : 0;
        return new Trend(slope, meanY - (slope * meanX));
    }
}
