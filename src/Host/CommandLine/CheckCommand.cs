using HeliosSync.Actors;

namespace HeliosSync.Host;

/// <summary><c>heliossync check</c>: reads the whole data folder of a stopped server and prints what does not hold, a line each.</summary>
internal sealed class CheckCommand(TextWriter output, Func<WebApplicationBuilder> builder)
{
    /// <summary>Exit code where something does not hold.</summary>
    private const int Damaged = 1;

    public async Task<int> RunAsync()
    {
        var dataDir = CommandFolder.Of(builder);
        var check = FolderCheck.Run(dataDir, output.WriteLine);
        await output.WriteLineAsync(
            $"{dataDir}: {check.Tenants} tenants, {check.Events} events, {check.Snapshots} snapshots checked: "
            + CommandFolder.Verdict(check.Findings));
        return check.Findings == 0 ? 0 : Damaged;
    }
}
