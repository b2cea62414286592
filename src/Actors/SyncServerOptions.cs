using System.Diagnostics.Metrics;
using HeliosSync.Domain;

namespace HeliosSync.Actors;

/// <summary>How Akka writes and reads the journal. Both use the same tables: either goes on with what the other wrote.</summary>
public enum JournalPlugin
{
    /// <summary>Our own, for SQLite alone: group commit by one writer, and a write that is refused fails alone.</summary>
    Sqlite,

    /// <summary>Akka.Persistence.Sql: several times the work for a small event, and a batch fails whole.</summary>
    AkkaPersistenceSql,
}

/// <summary>What the actors and the journal need to know.</summary>
public sealed record SyncServerOptions
{
    /// <summary>
    /// Requests that whoever calls the server may have in hand at once. The journal's queue has a place for each tenant that writes, and
    /// one that is full fails the write and stops the tenant: so there are always more places than requests, with as many again for
    /// writes whose requests have given up waiting.
    /// </summary>
    public const int RequestsAtOnceMax = 4_096;

    /// <summary>The folder of the database files; it is made where it is missing. One server at a time may use it.</summary>
    public required string DataDir { get; init; }

    /// <summary>How the journal is written and read.</summary>
    public JournalPlugin Journal { get; init; } = JournalPlugin.Sqlite;

    /// <summary>
    /// Bytes of events that may wait for the journal; a write beyond fails and stops its tenant. So it stands above what is let in: twice
    /// what requests in hand may bring by default, for the same reason as above. Akka.Persistence.Sql counts writes alone.
    /// </summary>
    public long JournalBytesMax { get; init; } = 512L * 1_024 * 1_024;

    /// <summary>Whose instruments count what the server does; null: nothing is counted. Stays the caller's.</summary>
    public Meter? Meter { get; init; }

    /// <summary>This server's name among others of a later cluster; empty: none.</summary>
    public string NodeId { get; init; } = "";

    /// <summary>The address under which other nodes would reach this one; null: alone.</summary>
    public Uri? AdvertisedAddress { get; init; }

    /// <summary>The conflict policies of tenants that have none of their own (protocol 5.5).</summary>
    public ConflictPolicies Policies { get; init; } = ConflictPolicies.Rejecting;

    /// <summary>Events after which a tenant keeps a snapshot.</summary>
    public int SnapshotEvents { get; init; } = 50_000;

    /// <summary>Bytes of events after which a tenant keeps a snapshot.</summary>
    public long SnapshotBytes { get; init; } = 256L * 1_024 * 1_024;

    /// <summary>
    /// A client that begins at 0 is given all changes where there are no more than these, else each row's latest (docs/protocol.md 6.3).
    /// </summary>
    public long FirstSyncChanges { get; init; } = Domain.Limits.PageEntriesMax;

    /// <summary>Bytes of recent events that one tenant keeps in memory.</summary>
    public long TailBytesPerTenant { get; init; } = 4L * 1_024 * 1_024;

    /// <summary>Bytes of recent events that all tenants together keep in memory.</summary>
    public long TailBytesInAll { get; init; } = 256L * 1_024 * 1_024;

    /// <summary>
    /// Writes without flushing, so that a power cut loses what was acknowledged: only to show that the crash tests would notice.
    /// </summary>
    public bool UnsafeSynchronousOff { get; init; }

    /// <summary>How long a tenant stays in memory without being asked.</summary>
    public TimeSpan PassivateAfter { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How long a client may be silent before it is forgotten (docs/protocol.md 6.6); zero: for ever. It has a day more, by which its last
    /// contact may be lost in a crash.
    /// </summary>
    public TimeSpan ForgetAfter { get; init; } = TimeSpan.FromDays(90);

    /// <summary>How long every change is kept; of older ones the last of each row (docs/protocol.md 6.8).</summary>
    public TimeSpan HistoryKept { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How often it is looked for journals to compact; zero: never, except when asked.</summary>
    public TimeSpan CompactEvery { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Whether compaction goes on without a pause between its steps: where nobody else needs the journal.</summary>
    public bool CompactWithoutPause { get; init; }

    /// <summary>Who is told of what the server does to tenants' data without being asked.</summary>
    public IOwnDeeds Deeds { get; init; } = NobodyListens.Instance;

    /// <summary>How long a request waits for a tenant's answer before its outcome counts as open.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>How long a stop waits for the tenants, which end behind their writes; then it ends without them.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The longest pause before a tenant that failed again and again is started anew.</summary>
    public TimeSpan FailedPauseMax { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Messages that wait for a tenant which is just being stopped or started.</summary>
    public int WaitingMessagesMax { get; init; } = 1_000;
}

/// <summary>The server cannot start; the message is one clear sentence for the person who starts it.</summary>
public sealed class StartupException(string message, Exception? cause = null) : Exception(message, cause);
