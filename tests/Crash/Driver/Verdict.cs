using System.Globalization;
using HeliosSync.Crash.Checking;
using HeliosSync.Crash.Faults;

namespace HeliosSync.Crash.Driver;

/// <summary>What a run has shown.</summary>
/// <param name="Plan">What was to be done.</param>
/// <param name="Faults">What was done.</param>
/// <param name="Figures">What came of it.</param>
/// <param name="Violations">What must not be; the run stopped there.</param>
/// <param name="LosingCuts">Of a control: power cuts that lost something.</param>
/// <param name="RefusedStarts">Of those, how many left files that the server refuses to start on.</param>
/// <param name="Took">How long.</param>
internal sealed record Verdict(
    Plan Plan,
    IReadOnlyDictionary<FaultKind, int> Faults,
    Figures Figures,
    IReadOnlyList<Violation> Violations,
    int LosingCuts,
    int RefusedStarts,
    TimeSpan Took)
{
    /// <summary>Whether everything was done that was to be done.</summary>
    public bool Whole => Faults.GetValueOrDefault(Plan.Kind) >= Plan.Count;

    /// <summary>A control passes where every cut loses: else the test is blind.</summary>
    public bool Passed => Whole && (Plan.Control ? LosingCuts == Plan.Count : Violations.Count == 0 && Figures.Acknowledged > 0);

    /// <summary>What a run is called on the command line.</summary>
    public static string NameOf(Plan plan) => plan.Control ? "control" : plan.Kind switch
    {
        FaultKind.Kill => "kills",
        FaultKind.RecoveryKill => "recovery-kills",
        FaultKind.Stop => "terms",
        FaultKind.DiskFull => "disk-full",
        _ => "cuts",
    };

    public override string ToString()
    {
        var outcome = Passed ? "PASSED" : Violations.Count == 0 && !Whole ? "STOPPED" : "FAILED";
        var faults = string.Join(", ", Faults.Select(static f => Text($"{f.Value:N0} {f.Key}")));
        var f = Figures;
        var found = Plan.Control
            ? Text($"{LosingCuts} of {Plan.Count} cuts lost something, {f.Lost:N0} acknowledged pushes in all; ")
                + Text($"{RefusedStarts} left files that the server refuses")
            : Text($"{f.Lost} lost, {f.Doubled} doubled, {f.Repeats:N0} repeats of answered pushes; ")
                + Text($"left open {f.FoundStored + f.FoundAbsent:N0}: {f.FoundStored:N0} stored, {f.FoundAbsent:N0} absent");
        var line = Text($"{outcome} {NameOf(Plan)}: {faults}; {f.Acknowledged:N0} pushes acknowledged, {found}; ")
            + (f.Compacted + f.Settled > 0 ? Text($"{f.Compacted:N0} old versions compacted, {f.Settled:N0} conflicts settled; ") : "")
            + Text($"journal {Plan.Journal}, seed {Plan.Seed}, {Took:hh\\:mm\\:ss}");
        return string.Join(Environment.NewLine, [line, .. Violations.Select(static v => $"  {v}")]);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
