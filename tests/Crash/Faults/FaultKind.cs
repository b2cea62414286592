namespace HeliosSync.Crash.Faults;

/// <summary>What is done to the server.</summary>
internal enum FaultKind
{
    /// <summary><c>kill -9</c> under load.</summary>
    Kill,

    /// <summary><c>kill -9</c> at some moment of a start, often before it listens, and again.</summary>
    RecoveryKill,

    /// <summary>SIGTERM under load.</summary>
    Stop,

    /// <summary>The disk is full for a while.</summary>
    DiskFull,

    /// <summary>The power is cut under load.</summary>
    PowerCut,
}
