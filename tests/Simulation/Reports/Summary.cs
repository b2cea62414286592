using System.Globalization;

namespace HeliosSync.Simulation;

/// <summary>What a campaign prints.</summary>
internal static class Summary
{
    public static string Progress(Campaign campaign) => string.Create(
        CultureInfo.InvariantCulture,
        $"{campaign.Tally.Runs:N0} seeds, {campaign.Tally.Hours:N1} simulated hours, {campaign.Tally.Steps:N0} steps");

    public static IEnumerable<string> Of(Tally tally)
    {
        yield return Line("seeds", tally.Runs);
        yield return string.Create(CultureInfo.InvariantCulture, $"{"simulated hours",-40} {tally.Hours,16:N1}");
        yield return Line("steps", tally.Steps);
        yield return Line("requests", tally.Requests);
        yield return Line("edits", tally.Edits);
        yield return Line("events committed", tally.EventsCommitted);
        yield return Line("changes committed", tally.ChangesCommitted);
        yield return "faults:";
        foreach (var fault in Enum.GetValues<Fault>())
        {
            yield return Line($"  {fault}", tally[fault]);
        }

        yield return "seen:";
        foreach (var sight in Enum.GetValues<Sight>())
        {
            yield return Line($"  {sight}", tally[sight]);
        }
    }

    /// <summary>A violation: oracle, seed, step, the last lines of the trace, and how to see it again.</summary>
    public static IEnumerable<string> Of(RunResult failure)
    {
        foreach (var line in failure.LastLines)
        {
            yield return line;
        }

        yield return string.Create(
            CultureInfo.InvariantCulture, $"VIOLATION of {failure.Violation!.Oracle}: seed {failure.Seed}, step {failure.Violation.Step}");
        yield return failure.Violation.What;
        yield return string.Create(
            CultureInfo.InvariantCulture, $"again: dotnet run -c Release --project tests/Simulation -- --seed {failure.Seed} --trace");
    }

    private static string Line(string name, long count) => string.Create(CultureInfo.InvariantCulture, $"{name,-40} {count,16:N0}");
}
