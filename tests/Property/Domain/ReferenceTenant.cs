using HeliosSync.Domain;

namespace HeliosSync.Property;

/// <summary>What the reference says of one change.</summary>
internal sealed record ReferenceOutcome(
    Verdict Verdict, long Lsn, long Counter, bool DotValid, ConflictType Conflict, SortedDictionary<string, long> Others, string Rule)
{
    public Resolution Resolution { get; init; }

    /// <summary>Of a change that won: the LSN of the version that lost.</summary>
    public long WonOver { get; init; }
}

/// <summary>What the reference says of a push: any of the codes, a repeat's event, or an outcome for each change.</summary>
internal sealed record ReferenceAnswer(
    List<ErrorCode> Codes, long RepeatOf, List<ReferenceOutcome> Outcomes, bool Refused, long ServerLsn, bool Follows);

/// <summary>A change as the reference reads it: nodes are texts, clocks dictionaries.</summary>
internal sealed record ReferenceChange(
    long Lsn, Operation Operation, Hash128 Row, ulong Content, Dictionary<string, long> Clock, long BaseLsn, long Timestamp)
{
    /// <summary>An entry of the clock; one that is absent is 0.</summary>
    public long At(string node) => Clock.GetValueOrDefault(node);
}

/// <summary>A row's version as protocol 5.3 names its parts.</summary>
internal sealed record ReferenceVersion(
    long Lsn, Operation Operation, ulong Content, string Author, long LocalLsn, long Counter, bool DotValid, long Timestamp);

/// <summary>
/// A second, naive reading of protocol 4.1, 4.3, 5.3, 5.4 and 5.5: it remembers everything in lists and looks for what it needs
/// each time. It shares plain records with the domain, and no rule.
/// </summary>
internal sealed class ReferenceTenant
{
    private readonly Dictionary<string, ReferenceClient> _clients = [];
    private readonly HashSet<string> _forgotten = [];
    private readonly List<string> _registeredNodes = [];
    private readonly List<(string Node, long Lsn, long Counter)> _judged = [];
    private readonly List<(string Node, long Counter)> _accepted = [];

    public string? ServerNode { get; private set; }

    public long Head { get; private set; }

    /// <summary>The policy for every table there is (protocol 5.5).</summary>
    public ConflictPolicy Policy { get; set; }

    public Dictionary<Hash128, ReferenceVersion> Rows { get; private set; } = [];

    public IReadOnlyDictionary<string, ReferenceClient> Clients => _clients;

    public long HighestLsn(string node) => _judged.Where(j => j.Node == node).Select(j => j.Lsn).DefaultIfEmpty().Max();

    public long HighestCounter(string node) => _judged.Where(j => j.Node == node).Select(j => j.Counter).DefaultIfEmpty().Max();

    /// <summary>Protocol 4.1. Says whether something durable changed, or every code that may be answered.</summary>
    public (List<ErrorCode> Codes, bool Changed) Register(Register register, string newServerNode)
    {
        var (client, node) = (register.Client.Value, register.Node.Value);
        if (register.OnlyIfAbsent && _clients.ContainsKey(client))
        {
            return ([], false);
        }

        if (register.OnlyIfAbsent && _forgotten.Contains(client))
        {
            return ([ErrorCode.ClientNotRegistered], false);
        }

        var codes = new List<ErrorCode>();
        AddIf(codes, register.ServerNode is { } named && named.Value != ServerNode, ErrorCode.ResyncRequired);
        var known = ServerNode is null ? 0 : register.Clock.Entries.ToArray().Where(e => e.Node.Value == ServerNode).Sum(e => e.Counter);
        AddIf(codes, register.LastKnownLsn > Head || known > Head, ErrorCode.LsnAheadOfServer);
        AddIf(codes, register.LastLocalLsn < HighestLsn(node), ErrorCode.NodeReused);
        AddIf(codes, client == ServerNode, ErrorCode.InvalidMessage);
        AddIf(codes, node != client && !node.StartsWith(client + "#", StringComparison.Ordinal), ErrorCode.InvalidMessage);
        if (codes.Count > 0)
        {
            return (codes, false);
        }

        ServerNode ??= newServerNode;
        _registeredNodes.Add(node);
        var before = _clients.GetValueOrDefault(client);
        var metadata = string.Join(';', register.Metadata.Select(m => $"{m.Name}={m.Value}"));
        _clients[client] = new ReferenceClient(node, metadata, register.LastKnownLsn, before?.Messages ?? []);
        return ([], before is null || before.Node != node || before.Metadata != metadata);
    }

    /// <summary>docs/protocol.md 6.6: what is left of it is what was judged of its nodes, and that it was there.</summary>
    public bool Forget(string client)
    {
        if (_clients.ContainsKey(client))
        {
            _forgotten.Add(client);
        }

        return _clients.Remove(client);
    }

    /// <summary>Protocol 1, "position".</summary>
    public void SetPosition(string client, long lsn)
    {
        if (_clients.TryGetValue(client, out var state))
        {
            _clients[client] = state with { Position = lsn > Head ? Head : lsn };
        }
    }

    /// <summary>After a restart a position is 0 until the client's next word.</summary>
    public void Restart()
    {
        foreach (var client in _clients.Keys.ToArray())
        {
            SetPosition(client, 0);
        }
    }

    /// <summary>Protocol 4.3: answers, and records what it answered.</summary>
    public ReferenceAnswer Push(Push push, string content, long sequence)
    {
        var codes = new List<ErrorCode>();
        AddIf(codes, !_clients.TryGetValue(push.Client.Value, out var client), ErrorCode.ClientNotRegistered);
        AddIf(codes, push.ServerNode is { } named && named.Value != ServerNode, ErrorCode.ResyncRequired);
        if (codes.Count > 0)
        {
            return Refuse(codes);
        }

        var told = push.Clock.Entries.ToArray().Where(e => e.Node.Value == ServerNode).Sum(e => e.Counter);
        var p = told == 0 ? client!.Position : told > Head ? Head : told;
        var remembered = client!.Messages.TakeLast(256).Where(m => m.Id == push.Message).ToArray();
        if (remembered.Any(m => m.Content == content))
        {
            return new ReferenceAnswer([], remembered.Single().Sequence, [], false, p, false);
        }

        var changes = push.Changes.ToArray().Select(Read).ToArray();
        AddIf(codes, remembered.Length > 0, ErrorCode.MessageIdReused);
        AddIf(codes, changes.Any(c => Math.Max(c.At(ServerNode!), c.BaseLsn) > Head), ErrorCode.LsnAheadOfServer);
        if (codes.Count > 0)
        {
            return Refuse(codes);
        }

        client.Messages.Add((push.Message, content, sequence));
        return Judge(push.Client.Value, changes, push.Atomic, p);
    }

    private ReferenceAnswer Judge(string client, ReferenceChange[] changes, bool atomic, long p)
    {
        var author = _clients[client].Node;
        var rowsBefore = new Dictionary<Hash128, ReferenceVersion>(Rows);
        var (headBefore, acceptedBefore) = (Head, _accepted.Count);
        var outcomes = changes.Select(change => JudgeAndRecord(change, author)).ToList();
        var refused = atomic && outcomes.Exists(o => o.Verdict == Verdict.Conflicting);
        if (refused)
        {
            Rows = rowsBefore;
            Head = headBefore;
            _accepted.RemoveRange(acceptedBefore, _accepted.Count - acceptedBefore);
            outcomes = [.. outcomes.Select(o =>
                o.Verdict == Verdict.Conflicting ? o : o with
                {
                    Verdict = Verdict.Withdrawn, Lsn = 0, Others = [], Conflict = ConflictType.None, Resolution = 0, WonOver = 0,
                })];
        }

        // 5.4: "if this push wrote the LSNs P+1 to L, the answer is L and the position becomes L".
        var wrote = outcomes.Where(o => o.Verdict == Verdict.Accepted).Select(o => o.Lsn).ToArray();
        var follows = wrote.Length > 0 && wrote.Min() == p + 1;
        var answer = follows ? wrote.Max() : p;
        if (follows)
        {
            SetPosition(client, answer);
        }

        return new ReferenceAnswer([], 0, outcomes, refused, answer, follows);
    }

    private ReferenceOutcome JudgeAndRecord(ReferenceChange change, string author)
    {
        var counter = change.At(author);
        var valid = counter > 0 && _judged.TrueForAll(j => j.Node != author || j.Counter < counter);
        var (verdict, rule) = JudgeOne(change, author);
        var met = Rows.GetValueOrDefault(change.Row);
        var old = _judged.Exists(j => j.Node == author && j.Lsn >= change.Lsn);
        _judged.Add((author, change.Lsn, counter));
        var won = !old && Wins(verdict, change, author, met);
        var type = verdict == Verdict.Conflicting ? TypeOf(change.Operation, met!.Operation) : ConflictType.None;
        if (won)
        {
            (verdict, rule) = (Verdict.Accepted, $"{rule}, and won by {Policy}");
        }
        var standing = Rows.GetValueOrDefault(change.Row);
        if (verdict != Verdict.Accepted)
        {
            var lost = old || Policy == ConflictPolicy.Reject ? Resolution.Rejected : Resolution.ServerWon;
            return new ReferenceOutcome(verdict, standing!.Lsn, counter, valid, type, [], rule)
            {
                Resolution = verdict == Verdict.Conflicting ? lost : 0,
            };
        }

        var others = new SortedDictionary<string, long>(change.Clock
            .Where(e => e.Key != ServerNode && e.Key != author && _registeredNodes.Contains(e.Key) && e.Value > Merged(e.Key))
            .ToDictionary());
        Head++;
        _accepted.Add((author, counter));
        Rows[change.Row] = new ReferenceVersion(
            Head, change.Operation, change.Content, author, change.Lsn, counter, valid, change.Timestamp);
        return new ReferenceOutcome(verdict, Head, counter, valid, type, others, rule)
        {
            Resolution = type == ConflictType.None ? 0 : Resolution.ClientWon,
            WonOver = type == ConflictType.None ? 0 : met!.Lsn,
        };
    }

    /// <summary>Whether the policy lets the change win over what it does not know, old repeats aside.</summary>
    private bool Wins(Verdict verdict, ReferenceChange change, string author, ReferenceVersion? met)
    {
        if (verdict is not (Verdict.Conflicting or Verdict.Converged))
        {
            return false;
        }

        var later = change.Timestamp > met!.Timestamp
            || (change.Timestamp == met.Timestamp && string.CompareOrdinal(author, met.Author) > 0);
        return Policy == ConflictPolicy.LastWriteWins ? later : Policy == ConflictPolicy.ClientWins && verdict == Verdict.Conflicting;
    }

    /// <summary>The six rules, in their order and words.</summary>
    private (Verdict Verdict, string Rule) JudgeOne(ReferenceChange change, string author)
    {
        // 1. The row has no version: accept.
        if (!Rows.TryGetValue(change.Row, out var version))
        {
            return (Verdict.Accepted, "1");
        }

        // 2. Same author, same local lsn, same operation and content: repeat.
        var sameContent = change.Operation == version.Operation && change.Content == version.Content;
        if (version.Author == author && version.LocalLsn == change.Lsn && sameContent)
        {
            return (Verdict.Repeated, "2");
        }

        // 3. C[server_node] ≥ the version's LSN, or the version's dot is valid and C[its node] ≥ its counter: accept.
        if (Math.Max(change.At(ServerNode!), change.BaseLsn) >= version.Lsn)
        {
            return (Verdict.Accepted, "3 by LSN");
        }

        if (version.DotValid && change.At(version.Author) >= version.Counter)
        {
            return (Verdict.Accepted, "3 by dot");
        }

        // 4. Same author. Local lsn above the version's: accept; lower: superseded; equal: go on.
        if (version.Author == author && change.Lsn > version.LocalLsn)
        {
            return (Verdict.Accepted, "4");
        }

        if (version.Author == author && change.Lsn < version.LocalLsn)
        {
            return (Verdict.Superseded, "4");
        }

        // 5. Both are Delete, or neither is and the data are equal: converged.
        if (change.Operation == Operation.Delete && version.Operation == Operation.Delete)
        {
            return (Verdict.Converged, "5 by deletion");
        }

        if (change.Operation != Operation.Delete && version.Operation != Operation.Delete && change.Content == version.Content)
        {
            return (Verdict.Converged, "5 by data");
        }

        // 6. Otherwise they are concurrent: conflict.
        return (Verdict.Conflicting, "6");
    }

    /// <summary>The tenant's merged clock: for each node the highest counter of its own accepted changes.</summary>
    private long Merged(string node) => _accepted.Where(a => a.Node == node).Select(a => a.Counter).DefaultIfEmpty().Max();

    /// <summary>The table of protocol 5.5, cell by cell.</summary>
    public static ConflictType TypeOf(Operation incoming, Operation last) => $"{incoming} on {last}" switch
    {
        "Insert on Insert" or "Insert on Update" => ConflictType.UniqueConstraintViolation,
        "Update on Insert" or "Update on Update" => ConflictType.ConcurrentUpdate,
        "Delete on Insert" or "Delete on Update" => ConflictType.UpdatedOnServer,
        "Insert on Delete" or "Update on Delete" => ConflictType.DeletedOnServer,
        var pair => throw new ArgumentException(pair),
    };

    private static ReferenceAnswer Refuse(List<ErrorCode> codes) => new(codes, 0, [], false, 0, false);

    private static void AddIf(List<ErrorCode> codes, bool condition, ErrorCode code)
    {
        if (condition)
        {
            codes.Add(code);
        }
    }

    private static ReferenceChange Read(PushedChange change) => new(
        change.LocalLsn,
        change.Operation,
        change.Row,
        change.Content,
        change.Clock.Entries.ToArray().ToDictionary(e => e.Node.Value, e => e.Counter),
        change.BaseLsn,
        change.TimestampMicros > Tiny.Now + (5L * 60 * 1_000_000) ? Tiny.Now : change.TimestampMicros);
}

/// <summary>A client as the reference remembers it: every message that was judged, oldest first.</summary>
internal sealed record ReferenceClient(
    string Node, string Metadata, long Position, List<(Guid Id, string Content, long Sequence)> Messages);
