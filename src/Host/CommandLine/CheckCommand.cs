using HeliosSync.Actors;

namespace HeliosSync.Host;

/// <summary><c>heliossync check</c>: reads the whole data folder of a stopped server and prints what does not hold, a line each.</summary>
internal sealed class CheckCommand(TextWriter output, Func<WebApplicationBuilder> builder)
{
    /// <summary>Exit code where something does not hold.</summary>
    private const int Damaged = 1;

    public async Task<int> RunAsync()
    {
        var problems = new List<string>();
        var dataDir = Path.GetFullPath(OptionsBinding.Bind(builder().Configuration, problems).DataDir);
        if (problems.Count > 0)
        {
            throw new SettingsException(problems);
        }

        var check = FolderCheck.Run(dataDir, output.WriteLine);
        var verdict = check.Findings switch
        {
            0 => "no damage",
            1 => "1 finding",
            _ => $"{check.Findings} findings",
        };
        await output.WriteLineAsync(
            $"{dataDir}: {check.Tenants} tenants, {check.Events} events, {check.Snapshots} snapshots checked: {verdict}");
        return check.Findings == 0 ? 0 : Damaged;
    }
}
