namespace HeliosSync.Host;

/// <summary>How the audit log is kept, as it is written in the section <c>HeliosSync:Audit</c>.</summary>
public sealed record AuditOptions
{
    /// <summary>Whether it is kept at all.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>The folder of its files. Not given: <c>audit</c> in the data folder.</summary>
    public string? Folder { get; set; }

    /// <summary>
    /// The file of the key that seals its lines; made where it is missing. Not given: <c>audit-key</c> in the data folder.
    /// </summary>
    public string? KeyFile { get; set; }

    /// <summary>The file that remembers the last line. Not given: <c>audit-head</c> in the data folder.</summary>
    public string? HeadFile { get; set; }

    /// <summary>MiB of a file, after which the next one begins; a day ends a file too. 1 to 256.</summary>
    public int FileMegabytes { get; set; } = 16;

    /// <summary>Days for which files are kept; 0: for ever.</summary>
    public int KeepDays { get; set; } = 400;

    /// <summary>MiB of all files, beyond which the oldest go first. At least four times <see cref="FileMegabytes"/>.</summary>
    public int KeepMegabytes { get; set; } = 4_096;

    /// <summary>
    /// MiB of lines about refusals that one day may bring; beyond, refusals are summed up by the minute and by their reason alone, so that
    /// a flood does not push older entries out.
    /// </summary>
    public int FloodMegabytes { get; set; } = 32;
}

/// <summary>The audit log's configuration, found to hold.</summary>
/// <param name="Enabled">Whether it is kept.</param>
/// <param name="Folder">Its folder, absolute.</param>
/// <param name="KeyFile">The file of its key, absolute.</param>
/// <param name="HeadFile">The file of its head, absolute.</param>
/// <param name="FileBytesMax">Bytes of a file, after which the next one begins.</param>
/// <param name="Kept">How long files are kept; zero: for ever.</param>
/// <param name="KeptBytesMax">Bytes of all files, beyond which the oldest go.</param>
/// <param name="FloodBytesMax">Bytes of lines about refusals in a day, beyond which they are summed up by the minute.</param>
public sealed record AuditSettings(
    bool Enabled,
    string Folder,
    string KeyFile,
    string HeadFile,
    long FileBytesMax,
    TimeSpan Kept,
    long KeptBytesMax,
    long FloodBytesMax)
{
    private const long Mebibyte = 1_024 * 1_024;
    private const int KeepFilesMin = 4;

    /// <summary>What the options mean below that data folder; what does not hold is said.</summary>
    public static AuditSettings Read(AuditOptions options, string dataDir, ICollection<string> problems)
    {
        Between(problems, nameof(options.FileMegabytes), options.FileMegabytes, 1, 256);
        Between(problems, nameof(options.KeepDays), options.KeepDays, 0, 36_500);
        Between(problems, nameof(options.KeepMegabytes), options.KeepMegabytes, KeepFilesMin * options.FileMegabytes, 1_000_000_000);
        Between(problems, nameof(options.FloodMegabytes), options.FloodMegabytes, 1, 1_000_000);
        return new AuditSettings(
            options.Enabled,
            PathOf(problems, nameof(options.Folder), options.Folder, dataDir, "audit"),
            PathOf(problems, nameof(options.KeyFile), options.KeyFile, dataDir, "audit-key"),
            PathOf(problems, nameof(options.HeadFile), options.HeadFile, dataDir, "audit-head"),
            options.FileMegabytes * Mebibyte,
            TimeSpan.FromDays(options.KeepDays),
            options.KeepMegabytes * Mebibyte,
            options.FloodMegabytes * Mebibyte);
    }

    private static void Between(ICollection<string> problems, string option, long value, long least, long most)
    {
        if (value < least || value > most)
        {
            problems.Add($"{HeliosSyncOptions.Section}:Audit:{option} is {value}; it takes {least} to {most}.");
        }
    }

    private static string PathOf(ICollection<string> problems, string option, string? given, string dataDir, string name)
    {
        if (given?.AsSpan().ContainsAny('\0', '\n', '\r') == true)
        {
            problems.Add($"{HeliosSyncOptions.Section}:Audit:{option} is no path.");
            return "";
        }

        return Path.GetFullPath(string.IsNullOrWhiteSpace(given) ? Path.Combine(dataDir, name) : given);
    }
}
