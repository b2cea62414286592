using System.Text;

namespace HeliosSync.Planted;

/// <summary>The table of docs/reliability.md.</summary>
internal static class Table
{
    private static readonly (Layer Layer, string Name)[] Columns =
    [
        (Layer.Law, "laws"),
        (Layer.ActorTest, "actor tests"),
        (Layer.ProtocolTest, "protocol tests"),
        (Layer.Simulation, "simulation"),
    ];

    public static string Of(
        IEnumerable<(PlantedBug Bug, IReadOnlyDictionary<Layer, Finding> Findings)> rows, IReadOnlyDictionary<Layer, Finding> controls)
    {
        var columns = Columns.Where(c => controls.ContainsKey(c.Layer)).ToArray();
        var table = new StringBuilder();
        table.AppendLine($"| planted bug | what it is here | held by | {string.Join(" | ", columns.Select(c => c.Name))} |");
        table.AppendLine($"| --- | --- | --- |{string.Concat(columns.Select(_ => " --- |"))}");
        foreach (var (bug, findings) in rows)
        {
            var cells = columns.Select(c => Cell(findings[c.Layer]));
            table.AppendLine($"| {bug.Name} | {bug.Mistake} | {bug.Probe} | {string.Join(" | ", cells)} |");
        }

        var control = columns.Select(c => Cell(controls[c.Layer]));
        table.AppendLine($"| *none (control)* | *the sources as they are, compiled in the same way* | | {string.Join(" | ", control)} |");
        return table.ToString();
    }

    private static string Cell(Finding finding) => finding.Ending switch
    {
        Ending.Passes => $"{finding.Ran} pass",
        Ending.Caught when finding.By is [var oracle] && oracle.Contains(", seed ", StringComparison.Ordinal) => oracle,
        Ending.Caught => $"{finding.By.Count} fail",
        Ending.OutOfReach => "–",
        _ => "**broken**",
    };
}
