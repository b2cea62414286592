using HeliosSync.Crash.History;

namespace HeliosSync.Crash.Clients;

/// <summary>
/// What one client pushes: mostly new rows of its own, and often rows that all clients want, with and without knowledge of the version
/// that stands there. Content names its author and number, so that no two changes are alike but deletes.
/// </summary>
internal sealed class Workload(string tenant, string client, Random random)
{
    private const int SharedRows = 8;
    private const int ChangesMax = 4;
    private const int LargeBytesMax = 8_000;

    /// <summary>The version of each row that it knows of.</summary>
    private readonly Dictionary<(string Table, string Key), long> _versions = [];
    private long _lsn;

    public static IReadOnlyList<string> Tables { get; } = ["tasks", "notes"];

    public PendingPush Next(string? serverNode, long position)
    {
        var changes = new List<SentChange>();
        var contexts = new List<Context>();
        for (var n = random.Next(1, ChangesMax + 1); n > 0; n--)
        {
            changes.Add(NextChange());
            contexts.Add(ContextOf(changes[^1]));
        }

        var what = new PushSent(0, tenant, client, NewId(), random.Next(8) == 0, changes);
        return Bodies.Push(what, contexts, serverNode is not null && random.Next(2) == 0 ? (serverNode, position) : null);
    }

    /// <summary>A change that settles a conflict: the row anew, with knowledge of the version that was met (protocol 10.3).</summary>
    public PendingPush Settle(OpenConflict conflict)
    {
        var lsn = ++_lsn;
        var what = new PushSent(
            0, tenant, client, NewId(), false, [new SentChange(lsn, conflict.Table, "Update", conflict.Key, Data(lsn))]);
        return Bodies.Push(what with { Settles = conflict.Id }, [new Context(conflict.Met, null)], null);
    }

    /// <summary>It sees these versions.</summary>
    public void Learn(IEnumerable<StoredChange> changes)
    {
        foreach (var change in changes)
        {
            Learn(change.Table, change.Key, change.Lsn);
        }
    }

    /// <summary>It is told where its changes stand, and which versions stood in their way.</summary>
    public void Learn(PushSent push, PushAnswered outcome)
    {
        var places = outcome.Accepted.Zip(outcome.Assigned).Concat(outcome.Conflicts.Select(static c => (c.Lsn, c.Met)));
        foreach (var (lsn, at) in places)
        {
            var change = push.Changes.First(c => c.Lsn == lsn);
            Learn(change.Table, change.Key, at);
        }
    }

    private SentChange NextChange()
    {
        var lsn = ++_lsn;
        var table = Tables[random.Next(Tables.Count)];
        if (random.Next(3) != 0)
        {
            return new SentChange(lsn, table, "Insert", $"{client}-{lsn}", Data(lsn));
        }

        var operation = random.Next(5) switch { 0 => "Delete", 1 => "Insert", _ => "Update" };
        return new SentChange(lsn, table, operation, $"shared-{random.Next(SharedRows)}", operation == "Delete" ? "" : Data(lsn));
    }

    private Context ContextOf(SentChange change) => new(
        _versions.TryGetValue((change.Table, change.Key), out var known) && random.Next(4) != 0 ? known : null,
        random.Next(2) == 0 ? change.Lsn : null);

    private string Data(long lsn)
    {
        var text = $"{client} {lsn} ";
        return random.Next(10) == 0 ? text + new string((char)random.Next('a', 'z'), random.Next(LargeBytesMax)) : text;
    }

    private void Learn(string table, string key, long lsn)
    {
        var before = _versions.GetValueOrDefault((table, key));
        _versions[(table, key)] = Math.Max(before, lsn);
    }

    /// <summary>Out of the run's own chance, so that a seed gives the same pushes again.</summary>
    private Guid NewId()
    {
        Span<byte> bytes = stackalloc byte[16];
        random.NextBytes(bytes);
        return new Guid(bytes);
    }
}
