using HeliosSync.Actors;

namespace HeliosSync.Host;

/// <summary><c>heliossync backup</c>: copies the journal, while the server runs or not, and reads the copy through.</summary>
internal sealed class BackupCommand(TextWriter output, Func<WebApplicationBuilder> builder)
{
    /// <summary>Exit code where something in the copy does not hold.</summary>
    private const int Damaged = 1;

    public async Task<int> RunAsync(string to, bool json)
    {
        var dataDir = CommandFolder.Of(builder);
        var folder = Path.GetFullPath(to);
        var findings = new List<string>();
        var made = FolderBackup.Run(dataDir, folder, TimeProvider.System, findings.Add);
        var check = made.Check;
        if (json)
        {
            await output.WriteLineAsync(CommandJson.Write(j =>
            {
                j.WriteString("backup"u8, made.Path);
                j.WriteString("at"u8, made.At.UtcDateTime);
                j.WriteNumber("tenants"u8, check.Tenants);
                j.WriteNumber("events"u8, check.Events);
                j.WriteNumber("bytes"u8, made.Bytes);
                CommandJson.WriteFindings(j, findings);
            }));
        }
        else
        {
            await CommandFolder.TellAsync(output, findings);
            await output.WriteLineAsync(
                $"{made.Path}: {check.Tenants} tenants, {check.Events} events, {made.Bytes} bytes as of "
                + $"{made.At:yyyy-MM-ddTHH:mm:ssZ}: {CommandFolder.Verdict(check.Findings)}");
        }

        return check.Findings == 0 ? 0 : Damaged;
    }
}
