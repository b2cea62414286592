using HeliosSync.Crash.Faults;

namespace HeliosSync.Crash.Driver;

/// <summary>What a run does.</summary>
/// <param name="Kind">The fault.</param>
/// <param name="Count">How often.</param>
/// <param name="Seed">What all chance of the run comes from, but for the timing of processes and disks.</param>
internal sealed record Plan(FaultKind Kind, int Count, int Seed)
{
    /// <summary>Faults that one data folder lives through before a new one is begun.</summary>
    public int FaultsPerFolder { get; init; } = 25;

    /// <summary>Whether the server runs with <c>UnsafeSynchronousOff</c>, and losses are what is hoped for.</summary>
    public bool Control { get; init; }

    /// <summary>The server's <c>HeliosSync:Journal</c>.</summary>
    public string Journal { get; init; } = "sqlite";

    /// <summary>Where histories are written.</summary>
    public required string HistoryDir { get; init; }

    /// <summary>Whether the data folder has to be on a disk of its own.</summary>
    public bool NeedsDisk => Kind is FaultKind.PowerCut or FaultKind.DiskFull;

    /// <summary>The bytes of that disk.</summary>
    public long DiskBytes => (Kind == FaultKind.DiskFull ? 48L : 512L) * 1_024 * 1_024;
}
