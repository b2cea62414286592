using System.Globalization;
using System.Net;
using System.Text;

namespace HeliosSync.Load.Reports;

/// <summary>A line through points.</summary>
/// <param name="Name">What it shows.</param>
/// <param name="Colour">A class of the page's style: <c>a</c> to <c>d</c>.</param>
/// <param name="Points">In the order of x.</param>
internal sealed record Line(string Name, char Colour, IReadOnlyList<(double X, double Y)> Points);

/// <summary>Draws lines as SVG that stands in a page: no script, no file beside it.</summary>
/// <param name="title">What is shown.</param>
/// <param name="xTitle">Along the bottom.</param>
/// <param name="yTitle">Up the side; the axis begins at 0.</param>
internal sealed class Plot(string title, string xTitle, string yTitle)
{
    private const int Width = 460;
    private const int Height = 240;
    private const int Left = 56;
    private const int Right = 12;
    private const int Top = 34;
    private const int Bottom = 40;
    private const int TicksAbout = 5;

    /// <summary>Places on the x axis and what stands there; null: round numbers.</summary>
    public IReadOnlyList<(double X, string Text)>? XTicks { get; init; }

    /// <summary>The drawing; empty where there is nothing to draw.</summary>
    public string Svg(params IReadOnlyList<Line> lines)
    {
        var points = lines.SelectMany(static l => l.Points).ToArray();
        if (points.Length == 0)
        {
            return "";
        }

        var (xMin, xMax) = (points.Min(static p => p.X), points.Max(static p => p.X));
        var yMax = Math.Max(points.Max(static p => p.Y), 1e-9) * 1.05;
        xMax = xMax > xMin ? xMax : xMin + 1;
        double X(double x) => Left + ((x - xMin) / (xMax - xMin) * (Width - Left - Right));
        double Y(double y) => Height - Bottom - (y / yMax * (Height - Top - Bottom));

        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\"><title>{Escape(title)}</title>");
        Text(svg, Left, 14, "start", title, "head");
        foreach (var y in Round(0, yMax))
        {
            svg.Append(CultureInfo.InvariantCulture, $"<path class=\"grid\" d=\"M{Left} {Y(y):F1}H{Width - Right}\"/>");
            Text(svg, Left - 6, Y(y) + 4, "end", Number(y));
        }

        foreach (var (x, text) in XTicks?.Where(t => t.X >= xMin && t.X <= xMax) ?? Round(xMin, xMax).Select(static x => (x, Number(x))))
        {
            Text(svg, X(x), Height - Bottom + 16, "middle", text);
        }

        Text(svg, Width - Right, Height - 6, "end", xTitle);
        Text(svg, 4, 28, "start", yTitle);
        for (var i = 0; i < lines.Count; i++)
        {
            var path = string.Join(' ', lines[i].Points.Select(p => FormattableString.Invariant($"{X(p.X):F1},{Y(p.Y):F1}")));
            svg.Append(CultureInfo.InvariantCulture, $"<polyline class=\"{lines[i].Colour}\" points=\"{path}\"/>");
            Text(svg, Left + (i * 90), 28, "start", lines[i].Name, $"of {lines[i].Colour}");
        }

        return svg.Append("</svg>").ToString();
    }

    /// <summary>The samples of a measure as dots on one line, and its target as a bar.</summary>
    public static string Dots(IReadOnlyList<double> samples, double? bound)
    {
        const int Wide = 120;
        var (min, max) = (Math.Min(samples.Min(), bound ?? double.MaxValue), Math.Max(samples.Max(), bound ?? double.MinValue));
        var svg = new StringBuilder($"<svg class=\"dots\" viewBox=\"0 0 {Wide} 14\">");
        double X(double x) => 5 + (max > min ? (x - min) / (max - min) * (Wide - 10) : (Wide - 10) / 2.0);
        if (bound is { } at)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"bound\" x1=\"{X(at):F1}\" x2=\"{X(at):F1}\" y1=\"0\" y2=\"14\"/>");
        }

        foreach (var sample in samples)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<circle class=\"a\" cx=\"{X(sample):F1}\" cy=\"7\" r=\"3\">");
            svg.Append(CultureInfo.InvariantCulture, $"<title>{Measure.Text(sample)}</title></circle>");
        }

        return svg.Append("</svg>").ToString();
    }

    private static string Escape(string text) => WebUtility.HtmlEncode(text);

    private static void Text(StringBuilder svg, double x, double y, string anchor, string text, string kind = "") => svg.Append(
        CultureInfo.InvariantCulture, $"<text x=\"{x:F1}\" y=\"{y:F1}\" text-anchor=\"{anchor}\" class=\"{kind}\">{Escape(text)}</text>");

    private static string Number(double value) => value >= 10_000
        ? string.Create(CultureInfo.InvariantCulture, $"{value / 1_000:0.#}k")
        : value.ToString("0.###", CultureInfo.InvariantCulture);

    /// <summary>Round numbers between two, about as many as fit.</summary>
    private static IEnumerable<double> Round(double from, double to)
    {
        var raw = (to - from) / TicksAbout;
        var power = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        var step = power * (raw / power) switch { < 1.5 => 1, < 3.5 => 2, < 7.5 => 5, _ => 10 };
        for (var i = Math.Ceiling(from / step); i * step <= to; i++)
        {
            yield return i * step;
        }
    }
}
