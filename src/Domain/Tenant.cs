namespace HeliosSync.Domain;

/// <summary>
/// One tenant's state and its decisions. <c>Decide</c> answers and changes nothing; <c>Apply</c> records and cannot refuse.
/// Knows no clock and no chance: both come in as arguments. Not thread-safe: one actor owns it.
/// </summary>
public sealed class Tenant
{
    private readonly RowTable _rows = new();
    private readonly Roster _roster = new();
    private readonly LsnIndex _index;
    private readonly WriteTimes _times;
    private readonly Registrar _registrar;
    private readonly ConflictKeeper _keeper;
    private readonly PushRecorder _recorder;
    private readonly Judge _judge;
    private readonly JournalNames _names;

    /// <summary>A tenant without events.</summary>
    /// <param name="isRestored">Whether its database was restored from a backup, of which it may not have been part.</param>
    public Tenant(bool isRestored = false)
        : this([], [], isRestored)
    {
    }

    /// <summary>A tenant as a snapshot kept it. Positions are 0 until the clients' next word.</summary>
    public Tenant(TenantSnapshot snapshot, bool isRestored = false)
        : this(snapshot?.Marks ?? throw new ArgumentNullException(nameof(snapshot)), snapshot.Times, isRestored)
    {
        _names.Restore(snapshot.ServerNode, snapshot.FormerServerNodes);
        Head = snapshot.Head;
        Sequence = snapshot.Sequence;
        _roster.Restore(snapshot.Nodes, snapshot.Clients);
        Policies = snapshot.Policies;
        foreach (var conflict in snapshot.Conflicts)
        {
            Conflicts.Add(conflict);
        }

        foreach (var chunk in snapshot.Rows)
        {
            foreach (ref readonly var version in chunk.Span)
            {
                _rows.Set(version);
            }
        }
    }

    private Tenant(IEnumerable<JournalMark> marks, IEnumerable<WriteMark> times, bool isRestored)
    {
        _names = new JournalNames(isRestored);
        _index = new LsnIndex(marks);
        _times = new WriteTimes(times);
        _registrar = new Registrar(_roster, _names);
        _keeper = new ConflictKeeper(Conflicts, _rows);
        _recorder = new PushRecorder(_rows, _roster, _keeper, Conflicts, _index, _times);
        _judge = new Judge(_rows, _roster, Conflicts);
        Fleet = new Fleet(_roster, _times);
    }

    /// <summary>What a client that is not registered is told.</summary>
    public static Refusal NotRegistered { get; } = new(
        ErrorCode.ClientNotRegistered, "The client is not registered: register it first.");

    /// <summary>Its clients as an administrator sees them.</summary>
    public Fleet Fleet { get; }

    /// <summary>The journal's own node; null before the first registration.</summary>
    public Guid? ServerNode => _names.Current;

    /// <summary>The highest LSN given out.</summary>
    public long Head { get; private set; }

    /// <summary>Journal sequence number of the last event applied.</summary>
    public long Sequence { get; private set; }

    /// <summary>The conflict log (protocol 4.7).</summary>
    public ConflictLog Conflicts { get; } = new();

    /// <summary>The tenant's own conflict policies; null where those of the configuration hold (protocol 5.5).</summary>
    public ConflictPolicies? Policies { get; private set; }

    /// <summary>How many clients are registered.</summary>
    public int ClientCount => _roster.ClientCount;

    /// <summary>How many rows have a version.</summary>
    public int RowCount => _rows.Count;

    /// <summary>Decides a registration (protocol 4.1).</summary>
    /// <param name="register">The registration.</param>
    /// <param name="newServerNode">The journal's own node, should this be the tenant's first registration.</param>
    /// <param name="nowMicros">The time.</param>
    public RegisterDecision Decide(Register register, Guid newServerNode, long nowMicros)
    {
        ArgumentNullException.ThrowIfNull(register);
        return _registrar.Decide(register, Head, newServerNode, nowMicros);
    }

    /// <summary>The event that sets the tenant's own policies, or gives them up; null where that changes nothing.</summary>
    public PolicySet? Decide(ConflictPolicies? policies, ClientId by, Guid newServerNode, long nowMicros) =>
        Equals(policies, Policies) ? null : new PolicySet(policies, by, ServerNode ?? newServerNode, nowMicros);

    /// <summary>Decides a push (protocol 4.3, 5.3, 5.4, 5.5).</summary>
    /// <param name="push">The push.</param>
    /// <param name="nowMicros">The time.</param>
    /// <param name="configured">The policies of a tenant that has none of its own; null: every conflict is rejected.</param>
    public PushDecision Decide(Push push, long nowMicros, ConflictPolicies? configured = null)
    {
        ArgumentNullException.ThrowIfNull(push);
        if (CheckClient(push.Client, push.ServerNode) is { } refusal)
        {
            return new PushDecision(refusal, 0, null, 0, false);
        }

        _roster.TryGetClient(push.Client, out var client);
        var serverNode = NodeId.OfServer(ServerNode!.Value);
        var told = push.Clock[serverNode];
        var position = told > 0 ? Math.Min(told, Head) : client!.Position;
        if (client!.Window.TryFind(push.Message, out var earlier))
        {
            return earlier.Digest == push.Digest
                ? new PushDecision(null, earlier.Sequence, null, position, false)
                : new PushDecision(
                    new Refusal(ErrorCode.MessageIdReused, "This message id was used for other content."), 0, null, 0, false);
        }

        if (Judge.FindAhead(push, serverNode, Head) is { } ahead)
        {
            return new PushDecision(ahead, 0, null, 0, false);
        }

        if (push.Settles > 0 && _keeper.Check(push, nowMicros) is { } settled)
        {
            return new PushDecision(settled, 0, null, 0, false);
        }

        var policies = Policies ?? configured ?? ConflictPolicies.Rejecting;
        var judged = _judge.Decide(push, client.Node, serverNode, Head, Sequence + 1, nowMicros, policies);
        var accepted = judged.Refused ? 0 : judged.AcceptedCount;
        var follows = accepted > 0 && position == Head;
        return new PushDecision(null, 0, judged, follows ? Head + accepted : position, follows);
    }

    /// <summary>
    /// Whether a pull, push or heartbeat of this client can be served: <see cref="ErrorCode.ClientNotRegistered"/>,
    /// <see cref="ErrorCode.ResyncRequired"/>, or null where it can.
    /// </summary>
    public Refusal? CheckClient(ClientId client, NodeId? serverNode)
    {
        var known = _roster.TryGetClient(client, out _);
        return CheckRestored(client) ?? (known ? _names.Check(serverNode) : NotRegistered);
    }

    /// <summary>
    /// Whether what a client knows may be of a lost journal, since it has not registered after this one was restored from a backup:
    /// <see cref="ErrorCode.ResyncRequired"/>; null where it has, or the journal never was.
    /// </summary>
    public Refusal? CheckRestored(ClientId client) =>
        _names.IsRestored && (!_roster.TryGetClient(client, out var known) || known.MustRegister) ? JournalNames.Restored : null;

    /// <summary>Whether this position can be served: <see cref="ErrorCode.LsnAheadOfServer"/>, or null where it can.</summary>
    public static Refusal? CheckAhead(string field, long lsn, long head) =>
        lsn <= head
            ? null
            : new Refusal(
                ErrorCode.LsnAheadOfServer, "A position is above the journal's head.", $"{field} is {lsn}, the head is {head}");

    /// <summary>Records an event.</summary>
    /// <param name="e">The event.</param>
    /// <param name="sequence">Its journal sequence number.</param>
    /// <param name="bytes">Its size in the journal.</param>
    public void Apply(TenantEvent e, long sequence, int bytes)
    {
        switch (e)
        {
            case Registered registered:
                _names.Begin(registered.ServerNode);
                _roster.Register(registered);
                break;
            case Pushed pushed:
                Head = _recorder.Record(pushed, Head, sequence, bytes);
                break;
            case Compacted gone:
                PushRecorder.CheckChain(gone.FirstLsn, gone.LastLsn, Head, isCompacted: true);
                Head = gone.LastLsn;
                break;
            case PolicySet set:
                _names.Begin(set.ServerNode);
                Policies = set.Policies;
                break;
            case Seen seen:
                _roster.Note(seen);
                break;
            case Restored restored:
                _names.Replace(restored.ServerNode);
                _roster.RequireRegistration();
                break;
            case Forgotten forgotten:
                _roster.Forget(forgotten.Client);
                break;
            default:
                throw new ArgumentException($"{e} is no event of a tenant.", nameof(e));
        }

        Sequence = sequence;
    }

    /// <summary>Notes a client's latest word on its position, capped at the head (protocol 1).</summary>
    public void SetPosition(ClientId client, long lsn)
    {
        if (_roster.TryGetClient(client, out var state))
        {
            state.SetPosition(Math.Min(lsn, Head));
        }
    }

    /// <summary>Where a registered client stands; throws for another.</summary>
    public Standing StandingOf(ClientId client)
    {
        if (!_roster.TryGetClient(client, out var state))
        {
            throw new ArgumentException($"{client} is not registered.", nameof(client));
        }

        var node = _roster[state.Node];
        return new Standing(node.Node, state.Position, node.JudgedLsn, node.JudgedCounter);
    }

    /// <summary>The node of that index, as rows and conflicts name it.</summary>
    public NodeId NodeAt(int index) => _roster[index].Node;

    /// <summary>A row's version, where it has one.</summary>
    public bool TryGetRow(Hash128 row, out RowVersion version) => _rows.TryGet(row, out version);

    /// <summary>The sequence number from which to read the journal forward to meet that LSN.</summary>
    public long SequenceBefore(long lsn) => _index.SequenceBefore(lsn);

    /// <summary>The rows' latest changes, and where in the journal LSNs stand, as it is now. Copies next to nothing.</summary>
    public (LatestChanges Latest, LsnMarks Marks) FreezeLatest() => (_rows.FreezeLatest(Head), _index.Marks);

    /// <summary>What compaction must leave of the events up to that number, beside the rows.</summary>
    public JournalNeeds Needs(long upToSequence) => new(
        _roster.WindowSequences(upToSequence).ToHashSet(),
        Conflicts.Freeze().ToDictionary(static conflict => conflict.Id, static conflict => conflict.Met.Lsn));

    /// <summary>The state as it is now; later events do not show in it. Copies little: rows are shared until they change.</summary>
    public TenantSnapshot Freeze() => new(
        ServerNode ?? throw new InvalidOperationException("A tenant without events has nothing to keep."),
        Head,
        Sequence,
        _roster.FreezeNodes(),
        _roster.FreezeClients(),
        _rows.Freeze(),
        _index.ToArray(),
        _times.ToArray())
    {
        Policies = Policies,
        Conflicts = Conflicts.Freeze(),
        FormerServerNodes = [.. _names.Former],
    };
}
