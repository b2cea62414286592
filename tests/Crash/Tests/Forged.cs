using HeliosSync.Crash.Checking;
using HeliosSync.Crash.History;

namespace HeliosSync.Crash.Tests;

/// <summary>A history written by hand, of one tenant: what is right unless the test says otherwise.</summary>
internal sealed class Forged
{
    private const string Tenant = "t";
    private readonly List<Entry> _entries = [new Started(1)];
    private long _calls;

    /// <summary>A change of one row; its content names author and number.</summary>
    public static SentChange Change(string author, long lsn, string key = "") =>
        new(lsn, "tasks", "Insert", key.Length > 0 ? key : $"{author}-{lsn}", $"{author} {lsn}");

    /// <summary>That change as it stands in the journal.</summary>
    public static StoredChange Stored(long at, string author, long lsn, string key = "")
    {
        var sent = Change(author, lsn, key);
        return new StoredChange(at, sent.Table, sent.Operation, sent.Key, sent.Data, author, lsn);
    }

    /// <summary>A push goes out; gives it, to be sent again or answered.</summary>
    public PushSent Push(string author, params SentChange[] changes) =>
        Again(new PushSent(0, Tenant, author, Guid.NewGuid(), false, changes));

    public PushSent Atomic(string author, params SentChange[] changes) =>
        Again(new PushSent(0, Tenant, author, Guid.NewGuid(), true, changes));

    public PushSent Again(PushSent push) => Add(push with { Call = ++_calls });

    /// <summary>All of it was accepted, and stands from this LSN on.</summary>
    public Forged Accepted(PushSent push, long from, long? position = null, long? head = null) => Outcome(
        push, [.. push.Changes.Select(static c => c.Lsn)], [.. push.Changes.Select((_, i) => from + i)], [], position ?? 0, head ?? 0);

    public Forged Outcome(
        PushSent push,
        long[] accepted,
        long[] assigned,
        Conflict[] conflicts,
        long position = 0,
        long head = 0,
        long[]? superseded = null) =>
        Then(new PushAnswered(push.Call, accepted, assigned, superseded ?? [], conflicts, false, position, head));

    public Forged RefusedWhole(PushSent push, params Conflict[] conflicts) =>
        Then(new PushAnswered(push.Call, [], [], [], conflicts, true, 0, 0));

    public Forged Refused(PushSent push, int status, string code) => Then(new Refused(push.Call, status, code));

    public Forged Unanswered(PushSent push, bool sent = true) => Then(new Unanswered(push.Call, sent));

    /// <summary>A page is asked for and given.</summary>
    public Forged Page(string client, long after, long position, params StoredChange[] changes) =>
        Page(new PullSent(0, Tenant, client, after, null, false), position, changes);

    public Forged Page(PullSent asked, long position, params StoredChange[] changes)
    {
        Add(asked with { Call = ++_calls, Tenant = Tenant });
        return Then(new PullAnswered(_calls, changes, position, position));
    }

    public Forged Registered(string client, long position, long head = 0)
    {
        Add(new RegisterSent(++_calls, Tenant, client));
        return Then(new RegisterAnswered(_calls, position, head));
    }

    public Forged Restarted(int life) => Then(new Started(life));

    public Forged Stopped() => Then(new Struck("Stop"));

    public Forged Audited(params StoredChange[] journal) => AuditedUpTo(journal.Length, journal);

    public Forged AuditedUpTo(long head, params StoredChange[] journal) => Then(new Audited(Tenant, journal, head));

    public Forged Compacting() => Then(new Compacting(Tenant));

    public Forged ToldSettled(long id) => Then(new ToldSettled(Tenant, id));

    public Forged Logged(params LoggedConflict[] log) => Then(new ConflictsAudited(Tenant, log));

    public Forged Then(Entry entry)
    {
        Add(entry);
        return this;
    }

    /// <summary>What the checker says, through the file's format.</summary>
    public (Findings Findings, Figures Figures) Check()
    {
        var path = Path.GetTempFileName();
        using (var file = new HistoryFile(path))
        {
            _entries.ForEach(file.Add);
        }

        var checker = new Checker();
        foreach (var entry in HistoryFile.Read(path))
        {
            checker.Add(entry);
        }

        File.Delete(path);
        return (checker.Findings, checker.Figures);
    }

    private T Add<T>(T entry)
        where T : Entry
    {
        _entries.Add(entry);
        return entry;
    }
}
