using HeliosSync.Domain;

namespace HeliosSync.Property;

/// <summary>An accepted change as a pull would give it: with the clock entries that it is stored with (protocol 5.3, end).</summary>
internal sealed record Entry(long Lsn, int Row, Operation Operation, ulong Content, NodeId Author, long AuthorLsn, VectorClock Clock);

/// <summary>A tenant with a journal to pull from, for scenes that are written out.</summary>
internal sealed class Stage
{
    private int _messages;
    private long _sequence;

    public Tenant Tenant { get; private set; } = new();

    public List<Entry> Entries { get; } = [];

    public Refusal? Register(
        string client, string? node = null, long known = 0, long? lastLocal = null, NodeId? serverNode = null, bool isHeld = false)
    {
        var register = new Register(
            Tiny.Client(client), Tiny.Node(node ?? client), isHeld ? 0 : known, lastLocal, VectorClock.Empty, serverNode, [], isHeld)
        {
            StoodSomewhere = isHeld && known > 0,
        };
        var decision = Tenant.Decide(register, Tiny.ServerGuid, Tiny.Now);
        if (decision.Event is { } e)
        {
            Tenant.Apply(e, ++_sequence, 100);
        }

        if (decision.Refusal is null)
        {
            Tenant.SetPosition(register.Client, known);
        }

        return decision.Refusal;
    }

    /// <summary>A push as a client would write it; repeated under its id, it is the same push.</summary>
    public Push Batch(string client, VectorClock clock, params PushedChange[] changes)
    {
        var number = ++_messages;
        var id = new Guid(number, 0, 0, new byte[8]);
        return new Push(id, Tiny.Client(client), clock, null, false, changes, new Hash128(0, (ulong)number));
    }

    /// <summary>Sets the tenant's own conflict policies.</summary>
    public void SetPolicies(ConflictPolicies? policies)
    {
        if (Tenant.Decide(policies, Tiny.Client("a"), Tiny.ServerGuid, Tiny.Now) is { } e)
        {
            Tenant.Apply(e, ++_sequence, 100);
        }
    }

    /// <summary>Pushes and records, as the server does.</summary>
    public PushDecision Push(Push push)
    {
        var decision = Tenant.Decide(push, Tiny.Now);
        if (decision.Event is { } e)
        {
            Tenant.Apply(e, ++_sequence, 100);
            Record(e);
        }

        if (decision.Follows)
        {
            Tenant.SetPosition(push.Client, decision.ServerLsn);
        }

        return decision;
    }

    /// <summary>Pushes one change with an empty message clock, and says what became of it.</summary>
    public Judgement Push(string client, PushedChange change) => Push(client, VectorClock.Empty, change);

    /// <summary>Pushes one change, and says what became of it.</summary>
    public Judgement Push(string client, VectorClock clock, PushedChange change) =>
        Push(Batch(client, clock, change)).Event!.Judgements.Span[0];

    /// <summary>The version that stands.</summary>
    public RowVersion Standing(int row) =>
        Tenant.TryGetRow(Tiny.Row(row), out var version) ? version : throw new ArgumentException($"Row {row} has no version.");

    /// <summary>The server restarts from a snapshot.</summary>
    public void Restart() => Tenant = new Tenant(Tenant.Freeze());

    /// <summary>The journal so far comes from a backup, and has this server node from now on.</summary>
    public void Restore(Guid node) => Tenant.Apply(new Restored(node, Tiny.Now), ++_sequence, 50);

    /// <summary>An administrator has a client forgotten.</summary>
    public void Forget(string client) =>
        Tenant.Apply(Tenant.Fleet.Decide(Tiny.Client(client), Tiny.Now).Event!, ++_sequence, 50);

    private void Record(Pushed e)
    {
        for (var i = 0; i < e.Judgements.Length; i++)
        {
            var (judgement, change) = (e.Judgements.Span[i], e.Changes.Span[i]);
            if (judgement.Verdict == Verdict.Accepted)
            {
                var clock = judgement.Others.With(e.Author, judgement.Counter).With(Tiny.Server, judgement.Lsn);
                Entries.Add(new Entry(
                    judgement.Lsn, change.Key.Span[0], change.Operation, change.Content, e.Author, change.LocalLsn, clock));
            }
        }
    }
}
