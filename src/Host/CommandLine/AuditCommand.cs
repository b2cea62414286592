using System.CommandLine;
using HeliosSync.Actors;

namespace HeliosSync.Host;

/// <summary>
/// <c>heliossync audit verify</c> and <c>heliossync audit head</c>: checks the audit log, and prints its last line's number and seal, to be
/// kept elsewhere. Both while the server runs or not.
/// </summary>
internal sealed class AuditCommand(TextWriter output, Func<WebApplicationBuilder> builder)
{
    /// <summary>Exit code where something does not hold.</summary>
    private const int Broken = 1;

    /// <summary>The command with those below it.</summary>
    public Command Build()
    {
        var head = new Option<string?>("--head") { Description = "A line that was kept elsewhere, as heliossync audit head prints it." };
        var json = new Option<bool>("--json") { Description = "Say it in one line of JSON." };
        var verify = new Command(
            "verify", "Check every line of the audit log; print what does not hold, a line each, and exit with 1 then.")
        {
            head,
            json,
        };
        verify.SetAction((parsed, _) => VerifyAsync(parsed.GetValue(head), parsed.GetValue(json)));
        var show = new Command("head", "Print number and seal of the last line that is on the disk, to be kept on another machine.")
        {
            json,
        };
        show.SetAction((parsed, _) => HeadAsync(parsed.GetValue(json)));
        return new Command(
            "audit",
            "Check the audit log. For example: heliossync audit head > kept; heliossync audit verify --head \"$(cat kept)\"")
        {
            verify,
            show,
        };
    }

    private async Task<int> VerifyAsync(string? head, bool json)
    {
        AuditPlace? kept = null;
        if (head is not null)
        {
            kept = AuditPlace.TryParse(head.Trim(), out var place)
                ? place
                : throw new SettingsException(["--head takes what heliossync audit head prints: a number, a colon and 64 digits."]);
        }

        var settings = CommandAudit.Settings(builder);
        var report = AuditCheck.Run(settings, kept);
        if (json)
        {
            await output.WriteLineAsync(CommandJson.Write(j =>
            {
                j.WriteString("audit"u8, settings.Folder);
                j.WriteNumber("files"u8, report.Files);
                j.WriteNumber("lines"u8, report.Lines);
                j.WriteNumber("first_seq"u8, report.FirstSeq);
                j.WriteString("head"u8, report.Last.ToString());
                CommandJson.WriteFindings(j, report.Findings);
                CommandJson.WriteTexts(j, "notes"u8, report.Notes);
            }));
        }
        else
        {
            await CommandFolder.TellAsync(output, report.Findings);
            await CommandFolder.TellAsync(output, report.Notes.Select(static note => $"Note: {note}"));
            await output.WriteLineAsync(
                $"{settings.Folder}: {report.Lines} lines in {report.Files} files, {report.FirstSeq} to {report.Last.Seq}: "
                + CommandFolder.Verdict(report.Findings.Count));
        }

        return report.Findings.Count == 0 ? 0 : Broken;
    }

    private async Task<int> HeadAsync(bool json)
    {
        var settings = CommandAudit.Settings(builder);
        if (!AuditHead.TryRead(settings.HeadFile, out var head) || head is null)
        {
            throw new StartupException($"There is no head of an audit log in '{settings.HeadFile}'.");
        }

        await output.WriteLineAsync(json
            ? CommandJson.Write(j => j.WriteString("head"u8, head.Value.ToString()))
            : head.Value.ToString());
        return 0;
    }
}
