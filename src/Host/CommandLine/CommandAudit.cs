using Microsoft.Extensions.Logging.Abstractions;

namespace HeliosSync.Host;

/// <summary>The audit log as the commands on a stopped server's data folder write to it.</summary>
internal static class CommandAudit
{
    /// <summary>Who did it, in the log.</summary>
    public const string By = "command";

    /// <summary>Opens the log with a line that names the command; whoever opens it disposes it.</summary>
    public static AuditLog Open(AuditSettings settings, string command)
    {
        var log = new AuditLog(settings, TimeProvider.System, NullLogger<AuditLog>.Instance);
        log.Open(new AuditEntry(AuditKind.AdminCall) { By = By, Details = [new("command", command)] });
        return log;
    }

    /// <summary>The audit log's settings, as they are configured for that data folder; throws where they do not hold.</summary>
    public static AuditSettings Settings(Func<WebApplicationBuilder> builder)
    {
        var problems = new List<string>();
        var options = OptionsBinding.Bind(builder().Configuration, problems);
        var settings = AuditSettings.Read(options.Audit, Path.GetFullPath(options.DataDir), problems);
        return problems.Count == 0 ? settings : throw new SettingsException(problems);
    }
}
