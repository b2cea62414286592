using System.Text.Json.Serialization;

namespace HeliosSync.Crash.History;

/// <summary>
/// One line of a history: what a client asked, what it was answered, and what was done to the server, in the order in which the driver
/// saw it. A question stands there before it is sent, an answer after it came.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "e")]
[JsonDerivedType(typeof(Began), "began")]
[JsonDerivedType(typeof(Started), "started")]
[JsonDerivedType(typeof(Struck), "struck")]
[JsonDerivedType(typeof(PushSent), "push")]
[JsonDerivedType(typeof(PushAnswered), "pushed")]
[JsonDerivedType(typeof(PullSent), "pull")]
[JsonDerivedType(typeof(PullAnswered), "pulled")]
[JsonDerivedType(typeof(RegisterSent), "register")]
[JsonDerivedType(typeof(RegisterAnswered), "registered")]
[JsonDerivedType(typeof(Refused), "refused")]
[JsonDerivedType(typeof(Unanswered), "unanswered")]
[JsonDerivedType(typeof(Compacting), "compacting")]
[JsonDerivedType(typeof(Compacted), "compacted")]
[JsonDerivedType(typeof(ToldSettled), "settled")]
[JsonDerivedType(typeof(Audited), "audited")]
[JsonDerivedType(typeof(ConflictsAudited), "conflicts")]
[JsonDerivedType(typeof(Counted), "counted")]
[JsonDerivedType(typeof(Complained), "complained")]
internal abstract record Entry;

/// <summary>A new data folder.</summary>
/// <param name="Seed">Of the run.</param>
/// <param name="Folder">Its number in the run.</param>
internal sealed record Began(int Seed, int Folder) : Entry;

/// <summary>The server was started; its lives are counted from 1.</summary>
internal sealed record Started(int Life) : Entry;

/// <summary>A fault was injected.</summary>
internal sealed record Struck(string Fault) : Entry;

/// <summary>A push goes out, for the first time or again.</summary>
internal sealed record PushSent(
    long Call, string Tenant, string Client, Guid Message, bool Atomic, IReadOnlyList<SentChange> Changes) : Entry
{
    /// <summary>The conflict that it is to settle (protocol 10.3); null for an ordinary push.</summary>
    public long? Settles { get; init; }
}

/// <summary>A change as it was sent.</summary>
internal sealed record SentChange(long Lsn, string Table, string Operation, string Key, string Data);

/// <summary>A push has an outcome: an acknowledgement, or the refusal of an atomic push as a whole.</summary>
internal sealed record PushAnswered(
    long Call,
    IReadOnlyList<long> Accepted,
    IReadOnlyList<long> Assigned,
    IReadOnlyList<long> Superseded,
    IReadOnlyList<Conflict> Conflicts,
    bool RefusedWhole,
    long ServerLsn,
    long HeadLsn) : Entry
{
    /// <summary>The ids of the conflicts that it settled.</summary>
    public IReadOnlyList<long> Settled { get; init; } = [];
}

/// <summary>A change that was in conflict, the LSN of the version that it met, and whether it was taken nevertheless.</summary>
internal readonly record struct Conflict(long Lsn, long Met, bool Won = false);

/// <summary>A page is asked for that begins above an LSN.</summary>
internal sealed record PullSent(long Call, string Tenant, string Client, long After, string? Table, bool ExcludeOwn) : Entry;

/// <summary>A page.</summary>
internal sealed record PullAnswered(long Call, IReadOnlyList<StoredChange> Changes, long ServerLsn, long HeadLsn) : Entry;

/// <summary>A change as it was pulled.</summary>
internal sealed record StoredChange(
    long Lsn, string Table, string Operation, string Key, string Data, string Author, long AuthorLsn);

/// <summary>A client registers.</summary>
internal sealed record RegisterSent(long Call, string Tenant, string Client) : Entry;

/// <summary>A client is registered.</summary>
internal sealed record RegisterAnswered(long Call, long ServerLsn, long HeadLsn) : Entry;

/// <summary>A request was answered with an error.</summary>
internal sealed record Refused(long Call, int Status, string Code) : Entry;

/// <summary>A request got no answer.</summary>
/// <param name="Call">Which.</param>
/// <param name="Sent">False where nobody listened.</param>
internal sealed record Unanswered(long Call, bool Sent) : Entry;

/// <summary>From here on a pull of a tenant may lack superseded versions: it is compacted, or a pull from 0 is a first sync.</summary>
internal sealed record Compacting(string Tenant) : Entry;

/// <summary>A compaction was answered.</summary>
internal sealed record Compacted(string Tenant, long ChangesRemoved) : Entry;

/// <summary>Somebody was told that a conflict is settled.</summary>
internal sealed record ToldSettled(string Tenant, long Id) : Entry;

/// <summary>All of a tenant's conflict log, while nobody pushed.</summary>
internal sealed record ConflictsAudited(string Tenant, IReadOnlyList<LoggedConflict> Log) : Entry;

/// <summary>A conflict as the log has it.</summary>
internal readonly record struct LoggedConflict(long Id, string Author, long AuthorLsn, long Met, bool IsSettled);

/// <summary>All of a tenant's journal, while nobody pushed.</summary>
internal sealed record Audited(string Tenant, IReadOnlyList<StoredChange> Journal, long HeadLsn) : Entry;

/// <summary>What the server counts: registrations (from its health), and events of pushes (from its file, when it has ended).</summary>
internal sealed record Counted(long? Registered, long? Pushes) : Entry;

/// <summary>The driver saw something that must not be, such as a server that ended by itself.</summary>
internal sealed record Complained(string What) : Entry;
