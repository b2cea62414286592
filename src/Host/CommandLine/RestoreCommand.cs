using System.Text.Json;
using HeliosSync.Actors;

namespace HeliosSync.Host;

/// <summary>
/// <c>heliossync restore</c>: puts a backup in the place of a stopped server's journal. All tenants get new server nodes, so that every
/// client starts anew.
/// </summary>
internal sealed class RestoreCommand(TextWriter output, Func<WebApplicationBuilder> builder)
{
    /// <summary>Exit code where something in the backup does not hold, and so nothing was done.</summary>
    private const int Damaged = 1;

    public async Task<int> RunAsync(string from, bool replace, bool json)
    {
        var dataDir = CommandFolder.Of(builder);
        var folder = Path.GetFullPath(from);
        var findings = new List<string>();
        var made = FolderRestore.Run(dataDir, folder, replace, TimeProvider.System, findings.Add);
        var isDone = made.Check.Findings == 0;
        if (isDone)
        {
            await AuditAsync(made);
        }

        if (json)
        {
            await output.WriteLineAsync(CommandJson.Write(j =>
            {
                j.WriteString("restored"u8, isDone ? dataDir : null);
                j.WriteString("from"u8, folder);
                WriteTime(j, made.BackupAt);
                j.WriteNumber("tenants"u8, made.Tenants);
                j.WriteNumber("events"u8, made.Check.Events);
                j.WriteString("replaced"u8, made.Replaced);
                CommandJson.WriteFindings(j, findings);
            }));
        }
        else
        {
            await CommandFolder.TellAsync(output, findings);
            await output.WriteLineAsync(isDone
                ? Sentence(made, dataDir)
                : $"{folder}: {CommandFolder.Verdict(findings.Count)}; nothing was restored");
        }

        return isDone ? 0 : Damaged;
    }

    private async Task AuditAsync(FolderRestore made)
    {
        await using var audit = CommandAudit.Open(CommandAudit.Settings(builder), "restore");
        await audit.RecordAsync(new AuditEntry(AuditKind.Restored)
        {
            By = CommandAudit.By,
            Details = [new("tenants", made.Tenants), new("events", made.Check.Events)],
        });
    }

    private static string Sentence(FolderRestore made, string dataDir)
    {
        var of = made.BackupAt is { } at ? $" of {at:yyyy-MM-ddTHH:mm:ssZ}" : "";
        var aside = made.Replaced is { } replaced ? $"; what was there is in {replaced}" : "";
        return $"{dataDir}: the backup{of} with {made.Check.Events} events is in place; {made.Tenants} tenants have new server nodes, "
            + $"and all clients start anew{aside}";
    }

    private static void WriteTime(Utf8JsonWriter json, DateTimeOffset? time)
    {
        if (time is { } at)
        {
            json.WriteString("backup_at"u8, at.UtcDateTime);
        }
        else
        {
            json.WriteNull("backup_at"u8);
        }
    }
}
