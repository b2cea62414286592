using System.Globalization;
using System.Text.RegularExpressions;

namespace HeliosSync.Planted;

/// <summary>What a run of the simulation wrote. Its exit code is 1 where a promise was broken, which it then names with the seed.</summary>
internal static partial class SimulationResults
{
    private const int Holds = 0;
    private const int Violated = 1;

    public static Finding Read(int exitCode, string output)
    {
        var seeds = Seeds().Match(output) is { Success: true } run
            ? int.Parse(run.Groups["number"].Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture)
            : 0;
        return exitCode switch
        {
            Holds when seeds > 0 => new Finding(Ending.Passes, [], seeds, ""),
            Violated when Violation().Match(output) is { Success: true } broken => ViolationOf(broken, seeds),
            _ => Finding.Broken(output),
        };
    }

    private static Finding ViolationOf(Match broken, int seeds) => TestResults.IsUnlinked(broken.Groups["what"].Value)
        ? Finding.Broken(broken.Value)
        : new Finding(
            Ending.Caught, [$"{broken.Groups["oracle"]}, seed {broken.Groups["seed"]}"], seeds, broken.Groups["what"].Value.Trim());

    [GeneratedRegex(@"^seeds +(?<number>[\d,]+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Seeds();

    [GeneratedRegex(
        @"^VIOLATION of (?<oracle>\w+): seed (?<seed>\d+), step \d+\s(?<what>.*)",
        RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Violation();
}
