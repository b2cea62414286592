using System.Globalization;
using System.Text;
using HeliosSync.Load.Engine;

namespace HeliosSync.Load.Reports;

/// <summary>What a run found, as Markdown, and whether it passed.</summary>
/// <param name="title">The scenario or command, and how it was called.</param>
public sealed class Report(string title)
{
    private readonly List<(string Name, string Value)> _machine = [];
    private readonly List<ScenarioStats> _scenarios = [];
    private readonly List<Measure> _measures = [];
    private readonly List<Check> _checks = [];

    /// <summary>Whether something was checked and every check held.</summary>
    public bool Passed => _checks.Count > 0 && _checks.TrueForAll(static c => c.Holds);

    /// <summary>Adds lines about where it ran.</summary>
    public void AddMachine(IEnumerable<(string Name, string Value)> lines) => _machine.AddRange(lines);

    /// <summary>Adds a scenario's statistics and what its thresholds say of them.</summary>
    public void Add(ScenarioStats stats, IEnumerable<Threshold> thresholds)
    {
        _scenarios.Add(stats);
        _checks.AddRange(thresholds.Select(t => t.Judge(stats)));
    }

    /// <summary>Adds a figure.</summary>
    public void Add(Measure measure) => _measures.Add(measure);

    /// <summary>Adds a claim that was looked into.</summary>
    public void Add(Check check) => _checks.Add(check);

    /// <summary>The report as a page of Markdown.</summary>
    public string Markdown()
    {
        var text = new StringBuilder().AppendLine(CultureInfo.InvariantCulture, $"# {title}").AppendLine();
        foreach (var (name, value) in _machine)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"* {name}: {value}");
        }

        Table(
            text,
            ["scenario", "seconds", "ok", "failed", "steps/s", "rows", "MB", "p50 ms", "p95 ms", "p99 ms", "max ms", "errors"],
            _scenarios.Select(Row));
        Table(
            text,
            ["measure", "unit", "n", "min", "median", "max"],
            _measures.Select(static m => new[]
            {
                m.Name, m.Unit, $"{m.Samples.Count}", Measure.Text(m.Min), Measure.Text(m.Median), Measure.Text(m.Max),
            }));
        Table(text, ["check", "", "found"], _checks.Select(static c => new[] { c.Claim, c.Holds ? "holds" : "**FAILS**", c.Found }));
        return text.AppendLine().AppendLine(Passed ? "Passed." : "FAILED.").ToString();
    }

    private static string[] Row(ScenarioStats s) =>
    [
        s.Name,
        Measure.Text(s.During.TotalSeconds),
        $"{s.Ok}",
        $"{s.Failed}",
        Measure.Text(s.Rps),
        $"{s.Items}",
        Measure.Text(s.Bytes / 1e6),
        Measure.Text(s.Latency.P50),
        Measure.Text(s.Latency.P95),
        Measure.Text(s.Latency.P99),
        Measure.Text(s.Latency.Max),
        string.Join(", ", s.Errors.Select(static e => $"{e.Key} {e.Value}")),
    ];

    private static void Table(StringBuilder text, string[] head, IEnumerable<string[]> rows)
    {
        var lines = rows.ToArray();
        if (lines.Length == 0)
        {
            return;
        }

        text.AppendLine();
        foreach (var line in lines.Prepend([.. head.Select(static _ => "---")]).Prepend(head))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"| {string.Join(" | ", line)} |");
        }
    }
}
