namespace HeliosSync.Simulation;

/// <summary>What has to happen at least once in every set of seeds, or the set proves less than it says.</summary>
internal enum Sight
{
    ConflictUniqueConstraintViolation,
    ConflictConcurrentUpdate,
    ConflictDeletedOnServer,
    ConflictUpdatedOnServer,
    Converged,
    RepeatedUnderAnotherMessage,
    Superseded,

    /// <summary>A change won over a version that it does not know, by the policy in force.</summary>
    WonByPolicy,

    /// <summary>A change lost for good, by the policy in force.</summary>
    LostByPolicy,

    /// <summary>A push settled a conflict of the log.</summary>
    ConflictSettled,
    AtomicRefused,
    AtomicStored,
    RepeatAnswered,
    RepeatAnsweredAfterACrash,
    AnswerLostAfterCommit,
    CrashBetweenWriteAndAck,
    CrashCommittedPart,
    TokenSpannedACrash,
    PageFromJournal,
    PageFromTail,
    PageOfAFilter,
    PageWithoutOwn,
    PageInBase64,
    PagePinnedBelowTheHead,

    /// <summary>A first sync passed over a change that a later one up to its pinned head supersedes.</summary>
    FirstSyncLeftOut,

    /// <summary>A first sync went on after a crash, without what the server had kept for it.</summary>
    FirstSyncSpannedACrash,
    /// <summary>A journal was restored from a backup; a tenant was not in it.</summary>
    JournalRestored,
    TenantLostWhole,

    /// <summary>A client found out, by a 410 or by the node that its register was answered with.</summary>
    ResyncAfterARestore,
    ResyncByTheWelcome,

    /// <summary>A client pushed again what the restored journal lacked.</summary>
    PushedAgain,
    SnapshotKept,
    SnapshotUsed,
    SnapshotCorruptPassedOver,
    SnapshotLost,
    FailedAfterCommitThenRepeated,
    LateCommitLanded,
    LateCommitFenced,
    WriteFencedByALateCommit,
    SeveralEventsInOneWrite,
    RefusalBehindAWrite,
    Passivated,
    WaitedForARecovery,
    AcceptedByDot,
    TimestampClamped,
    PositionRaisedByAPush,
    CompressedChange,
    NodeReused409,
    LsnAhead409,
    MessageIdReused409,
    Resync410,
    ChecksumRefused400,
    TokenRefused400,
    NotRegistered400,
    ClientReinstalled,
    ClientRestoredAndKnewIt,
    ClientRestoredUnawares,
    HeartbeatAnswered,
    MergedAtPull,
    MergedAfterAConflict,
    Forgotten,
    FellSilent,
    ForgottenUnknown404,
    ForgottenCameBack,
    RepeatJudgedAnew,
    ContactNoted,

    /// <summary>A journal was compacted to its horizon, and changes went.</summary>
    Compacted,

    /// <summary>A compaction was cut off between two of its steps.</summary>
    CompactionCutOff,
}

/// <summary>What goes wrong, by kind.</summary>
internal enum Fault
{
    RequestDropped,
    AnswerDropped,
    RequestDoubled,
    AnswerDoubled,
    Partition,
    ServerCrash,
    ServerClockJump,
    JournalLost,
    ClientClockJump,
    ClientCrash,
    ClientStateLost,
    ClientStateRestored,
    ClientForgotten,
    WriteFailed,
    WriteFailedAfterCommit,
    WriteRejected,
    WriteHung,
    ReadFailed,
    SnapshotFailed,
    SnapshotCorrupted,
    SnapshotDropped,
    ReadWrongInput,
}

/// <summary>Counts of a run, or of many.</summary>
internal sealed class Tally
{
    private readonly long[] _sights = new long[Enum.GetValues<Sight>().Length];
    private readonly long[] _faults = new long[Enum.GetValues<Fault>().Length];

    public long Runs { get; set; }

    public long Steps { get; set; }

    public long Requests { get; set; }

    public long Edits { get; set; }

    public long EventsCommitted { get; set; }

    public long ChangesCommitted { get; set; }

    public long Micros { get; set; }

    public double Hours => Micros / 3_600_000_000.0;

    public long this[Sight sight] => _sights[(int)sight];

    public long this[Fault fault] => _faults[(int)fault];

    public void Saw(Sight sight) => _sights[(int)sight]++;

    /// <summary>Counts the sight where it is one.</summary>
    public void Hit(bool isSo, Sight sight) => _sights[(int)sight] += isSo ? 1 : 0;

    public void Hit(Fault fault) => _faults[(int)fault]++;

    public void Add(Tally other)
    {
        (Runs, Steps, Requests) = (Runs + other.Runs, Steps + other.Steps, Requests + other.Requests);
        (Edits, Micros) = (Edits + other.Edits, Micros + other.Micros);
        EventsCommitted += other.EventsCommitted;
        ChangesCommitted += other.ChangesCommitted;
        for (var i = 0; i < _sights.Length; i++)
        {
            _sights[i] += other._sights[i];
        }

        for (var i = 0; i < _faults.Length; i++)
        {
            _faults[i] += other._faults[i];
        }
    }

    /// <summary>What was never seen.</summary>
    public IEnumerable<Sight> Unseen() => Enum.GetValues<Sight>().Where(sight => this[sight] == 0);
}
