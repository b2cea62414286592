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
    private readonly List<(string Title, IReadOnlyList<Goal> Goals)> _goals = [];

    /// <summary>The scenario or command, and how it was called.</summary>
    public string Title => title;

    /// <summary>Where it ran.</summary>
    public IReadOnlyList<(string Name, string Value)> MachineLines => _machine;

    /// <summary>What scenarios did, each followed by its parts.</summary>
    public IEnumerable<ScenarioStats> Scenarios => _scenarios.SelectMany(static s => s.Parts.Prepend(s));

    /// <summary>Figures.</summary>
    public IReadOnlyList<Measure> Measures => _measures;

    /// <summary>Claims that were looked into.</summary>
    public IReadOnlyList<Check> Checks => _checks;

    /// <summary>Figures of several kinds, with what they are to be.</summary>
    public IReadOnlyList<(string Title, IReadOnlyList<Goal> Goals)> Goals => _goals;

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

    /// <summary>Adds figures of one kind, with what they are to be.</summary>
    public void Add(string title, IReadOnlyList<Goal> goals) => _goals.Add((title, goals));

    /// <summary>The report as a page of Markdown.</summary>
    public string Markdown()
    {
        var text = new StringBuilder().AppendLine(CultureInfo.InvariantCulture, $"# {title}").AppendLine();
        foreach (var (name, value) in _machine)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"* {name}: {value}");
        }

        foreach (var (heading, goals) in _goals)
        {
            text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"## {heading}");
            Table(text, ["measure", "unit", "n", "median", "min", "max", "target", ""], goals.Select(Row));
        }

        Table(
            text,
            ["scenario", "seconds", "ok", "failed", "steps/s", "rows", "MB", "p50 ms", "p95 ms", "p99 ms", "max ms", "errors"],
            Scenarios.Select(Row));
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

    private static string[] Row(Goal goal) =>
    [
        goal.Found.Name,
        goal.Found.Unit,
        $"{goal.Found.Samples.Count}",
        Measure.Text(goal.Found.Median),
        Measure.Text(goal.Found.Min),
        Measure.Text(goal.Found.Max),
        goal.Kind is null ? "" : $"{goal.Kind} {Measure.Text(goal.Bound)}",
        goal.Reached switch { true => "reached", false => "**missed**", null => "" },
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
