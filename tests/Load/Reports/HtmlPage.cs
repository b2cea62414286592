using System.Globalization;
using System.Net;
using System.Text;
using HeliosSync.Load.Engine;

namespace HeliosSync.Load.Reports;

/// <summary>A report as one file that a browser shows: the tables of the Markdown page, and plots.</summary>
internal static class HtmlPage
{
    private const string Style = """
        :root { color-scheme: light dark; --line: #8884; --a: #2f7ed8; --b: #d9822b; --c: #3d9950; --d: #cc3b3b; }
        body { font: 15px/1.5 system-ui, sans-serif; max-width: 1000px; margin: 2rem auto; padding: 0 1rem; }
        h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
        .scroll { overflow-x: auto; } table { border-collapse: collapse; font-size: 13px; }
        td, th { padding: 3px 10px 3px 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
        td.n { text-align: right; font-variant-numeric: tabular-nums; } .bad { color: var(--d); font-weight: 600; }
        .plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 1rem; }
        svg { width: 100%; height: auto; } svg.dots { width: 120px; } svg text { font-size: 11px; fill: currentColor; }
        svg .head { font-size: 12px; font-weight: 600; } svg .grid { stroke: var(--line); }
        svg .bound { stroke: var(--d); stroke-width: 2; }
        polyline { fill: none; stroke-width: 1.5; } polyline.a { stroke: var(--a); } polyline.b { stroke: var(--b); }
        polyline.c { stroke: var(--c); } polyline.d { stroke: var(--d); } circle.a { fill: var(--a); fill-opacity: .7; }
        text.of.a { fill: var(--a); } text.of.b { fill: var(--b); } text.of.c { fill: var(--c); } text.of.d { fill: var(--d); }
        """;

    /// <summary>Where 90, 99 and more of 100 steps stand: each nine is as far from the one before.</summary>
    private static readonly (double, string)[] Nines =
        [(0, "0 %"), (Nine(50), "50"), (1, "90"), (2, "99"), (3, "99.9"), (4, "99.99"), (5, "99.999")];

    /// <summary>Writes it.</summary>
    public static string Of(Report report)
    {
        var html = new StringBuilder();
        var (title, outcome) = (Escape(report.Title), report.Passed ? "passed" : "<span class=\"bad\">failed</span>");
        html.Append("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">");
        html.Append("<meta name=\"viewport\" content=\"width=device-width\"><style>").Append(Style).Append("</style>");
        html.Append(CultureInfo.InvariantCulture, $"<title>{title}</title><h1>{title}: {outcome}</h1><ul>");
        foreach (var (name, value) in report.MachineLines)
        {
            html.Append(CultureInfo.InvariantCulture, $"<li>{Escape(name)}: {Escape(value)}</li>");
        }

        html.Append("</ul>");
        foreach (var (heading, goals) in report.Goals)
        {
            html.Append(CultureInfo.InvariantCulture, $"<h2>{Escape(heading)}</h2>");
            Table(html, ["measure", "unit", "median", "min", "max", "samples", "target", ""], goals.Select(Row));
        }

        foreach (var scenario in report.Scenarios)
        {
            Add(html, scenario);
        }

        html.Append("<h2>Figures</h2>");
        Table(html, ["measure", "unit", "median", "min", "max", "samples"], report.Measures.Select(static m => Row(m, null)));
        html.Append("<h2>Checks</h2>");
        Table(html, ["check", "", "found"], report.Checks.Select(static c => new[]
        {
            Cell(c.Claim), c.Holds ? "<td>holds" : "<td class=\"bad\">fails", Cell(c.Found),
        }));
        return html.Append("</html>\n").ToString();
    }

    private static void Add(StringBuilder html, ScenarioStats s)
    {
        html.Append(CultureInfo.InvariantCulture, $"<h2>{Escape(s.Name)}</h2>");
        Table(html, ["seconds", "ok", "failed", "steps/s", "rows", "MB", "p50 ms", "p95 ms", "p99 ms", "max ms", "errors"],
        [
            [
                Number(s.During.TotalSeconds), Number(s.Ok), Number(s.Failed), Number(s.Rps), Number(s.Items), Number(s.Bytes / 1e6),
                Number(s.Latency.P50), Number(s.Latency.P95), Number(s.Latency.P99), Number(s.Latency.Max),
                Cell(string.Join(", ", s.Errors.Select(static e => $"{e.Key} {e.Value}"))),
            ],
        ]);
        // A second that the run did not fill would look like a fall.
        var lines = s.Timeline.Where(i => i.Second + 1 <= s.During.TotalSeconds).ToArray();
        lines = lines.Length == 0 ? [.. s.Timeline] : lines;
        html.Append("<div class=\"plots\">");
        html.Append(new Plot("steps a second", "seconds", "").Svg(
            new Line("ok", 'a', [.. lines.Select(static i => ((double)i.Second, (double)i.Ok))]),
            new Line("failed", 'd', [.. lines.Select(static i => ((double)i.Second, (double)i.Failed))])));
        html.Append(new Plot("latency of the steps that ended in each second", "seconds", "ms").Svg(
            new Line("p50", 'a', Over(lines, static l => l.P50)),
            new Line("p95", 'b', Over(lines, static l => l.P95)),
            new Line("p99", 'd', Over(lines, static l => l.P99))));
        html.Append(new Plot("latency by percentile", "of 100 steps", "ms") { XTicks = Nines }.Svg(
            new Line("", 'a', [.. s.Distribution.Select(static d => (Nine(d.Percentile), d.Millis))])));
        html.Append("</div>");
    }

    private static (double, double)[] Over(Interval[] lines, Func<Latency, double> of) =>
        [.. lines.Where(static i => i.Ok > 0).Select(i => ((double)i.Second, of(i.Latency)))];

    private static double Nine(double percentile) => -Math.Log10(1 - (percentile / 100));

    private static string[] Row(Goal goal) =>
    [
        .. Row(goal.Found, goal.Kind is null ? null : goal.Bound),
        Cell(goal.Kind is null ? "" : $"{goal.Kind} {Measure.Text(goal.Bound)}"),
        goal.Reached switch { true => "<td>reached", false => "<td class=\"bad\">missed", null => "<td>" },
    ];

    private static string[] Row(Measure m, double? bound) =>
        [Cell(m.Name), Cell(m.Unit), Number(m.Median), Number(m.Min), Number(m.Max), $"<td>{Plot.Dots(m.Samples, bound)}"];

    private static string Cell(string text) => $"<td>{Escape(text)}";

    private static string Number(double value) => $"<td class=\"n\">{Measure.Text(value)}";

    private static string Number(long value) => $"<td class=\"n\">{value.ToString("N0", CultureInfo.InvariantCulture)}";

    private static string Escape(string text) => WebUtility.HtmlEncode(text);

    private static void Table(StringBuilder html, string[] head, IEnumerable<string[]> rows)
    {
        html.Append("<div class=\"scroll\"><table><tr>").AppendJoin("", head.Select(static h => $"<th>{Escape(h)}"));
        foreach (var row in rows)
        {
            html.Append("<tr>").AppendJoin("", row);
        }

        html.Append("</table></div>");
    }
}
