using HeliosSync.Host;
using Microsoft.Extensions.Logging.Abstractions;

namespace HeliosSync.Integration.Auditing;

/// <summary>An audit log in a folder of its own, without a server around it.</summary>
internal sealed class AuditRig : IDisposable
{
    public AuditRig(int fileBytes = 1_024 * 1_024, int keepDays = 0, long keptBytes = 1_024 * 1_024 * 1_024)
    {
        var problems = new List<string>();
        Settings = AuditSettings.Read(new AuditOptions(), Folder, problems) with
        {
            FileBytesMax = fileBytes,
            Kept = TimeSpan.FromDays(keepDays),
            KeptBytesMax = keptBytes,
        };
        Assert.Empty(problems);
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("heliossync-audit-").FullName;

    public AuditSettings Settings { get; set; }

    public ManualTime Time { get; } = new();

    public string[] Files => [.. AuditFolder.List(Settings.Folder).Select(static file => file.Path)];

    /// <summary>The log, open.</summary>
    public AuditLog Open()
    {
        var log = new AuditLog(Settings, Time, NullLogger<AuditLog>.Instance);
        log.Open(new AuditEntry(AuditKind.ServerStarted));
        return log;
    }

    /// <summary>A log of so many lines that are on the disk, one write each.</summary>
    public async Task WriteAsync(int entries)
    {
        await using var log = Open();
        for (var i = 0; i < entries; i++)
        {
            Assert.True(await log.RecordAsync(new AuditEntry(AuditKind.AdminCall) { By = "ops", Details = [new("entry", i)] }));
        }
    }

    public AuditReport Check(AuditPlace? kept = null) => AuditCheck.Run(Settings, kept);

    /// <summary>Every line of every file.</summary>
    public string[] Lines() => [.. Files.SelectMany(File.ReadAllLines)];

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
