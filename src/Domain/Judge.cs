namespace HeliosSync.Domain;

/// <summary>Judges the changes of a push, one after the other, by the six rules of protocol 5.3 and, where
/// they find a conflict, by the policy in force (5.5). Changes nothing.</summary>
internal sealed class Judge(RowTable rows, Roster roster, ConflictLog log)
{
    private readonly Settling _settling = new(log, roster);

    /// <summary>Versions that the batch in hand has made so far: for the rest of the batch they are the rows'.</summary>
    private readonly Dictionary<Hash128, RowVersion> _made = [];

    /// <summary>The event of a push.</summary>
    /// <param name="push">The push.</param>
    /// <param name="author">Index of the client's node.</param>
    /// <param name="serverNode">The journal's own node.</param>
    /// <param name="head">The highest LSN.</param>
    /// <param name="sequence">The number that the event will have.</param>
    /// <param name="nowMicros">The time.</param>
    /// <param name="policies">The policies in force.</param>
    public Pushed Decide(
        Push push, int author, NodeId serverNode, long head, long sequence, long nowMicros, ConflictPolicies policies)
    {
        _made.Clear();
        _settling.Begin();
        var node = roster[author];
        var clamped = ClampTimestamps(push.Changes, nowMicros + Limits.TimestampAheadMicrosMax, nowMicros);
        var changes = clamped.Span;
        var judgements = new Judgement[changes.Length];
        var rejectsAll = policies.OnlyReject;
        long[]? wonOver = null;
        var judged = (Lsn: node.JudgedLsn, Counter: node.JudgedCounter);
        var next = head + 1;
        var conflicts = 0;
        for (var i = 0; i < changes.Length; i++)
        {
            ref readonly var change = ref changes[i];
            var context = new Context(in change, serverNode, node.Node);
            var judgement = JudgeOne(in change, in context, author, next) with { DotValid = context.Counter > judged.Counter };
            if (!rejectsAll && judgement.Verdict is Verdict.Conflicting or Verdict.Converged)
            {
                var met = judgement.Lsn;
                judgement = Settle(in change, in judgement, author, change.LocalLsn > judged.Lsn, next, policies.Of(change.Table));
                if (judgement.Resolution == Resolution.ClientWon)
                {
                    (wonOver ??= new long[changes.Length])[i] = met;
                }
            }

            judged = (Math.Max(judged.Lsn, change.LocalLsn), Math.Max(judged.Counter, context.Counter));
            if (judgement.Verdict == Verdict.Accepted)
            {
                judgement = judgement with { Others = OthersOf(change.Clock, serverNode, node.Node) };
                _made[change.Row] = RowVersion.Of(in change, in judgement, author);
                next++;
                _settling.Accepts(in change, context.ServerLsn, author, judgement.Lsn);
            }
            else if (judgement.Verdict == Verdict.Conflicting && rows.TryGet(change.Row, out var standing))
            {
                _settling.Arises(ConflictKeeper.EntryOf(in change, in judgement, author, in standing, sequence, i, nowMicros));
            }

            conflicts += judgement.Verdict == Verdict.Conflicting ? 1 : 0;
            judgements[i] = judgement;
        }

        var refused = push.Atomic && conflicts > 0;
        if (refused)
        {
            Withdraw(judgements);
        }

        return new Pushed(
            push.Message, push.Digest, push.Client, node.Node, nowMicros, refused, head + 1, judgements, clamped,
            judged.Lsn, judged.Counter)
        {
            WonOver = refused ? null : wonOver,
            Settled = refused ? null : SettledBy(push, judgements),
        };
    }

    /// <summary>A context above the head is of another journal (protocol 5.3); null where none is.</summary>
    public static Refusal? FindAhead(Push push, NodeId serverNode, long head)
    {
        foreach (ref readonly var change in push.Changes.Span)
        {
            var known = Math.Max(change.Clock[serverNode], change.BaseLsn);
            if (known > head)
            {
                return Tenant.CheckAhead($"the context of the change with lsn {change.LocalLsn}", known, head);
            }
        }

        return null;
    }

    private ConflictSettled[]? SettledBy(Push push, ReadOnlySpan<Judgement> judgements)
    {
        if (push.Settles > 0 && judgements.IsEmpty)
        {
            _settling.Settles(push.Settles, ConflictState.KeptServer, 0);
        }
        else if (push.Settles > 0 && judgements[0].Verdict is Verdict.Accepted or Verdict.Repeated or Verdict.Converged)
        {
            _settling.Settles(push.Settles, ConflictState.Merged, judgements[0].Lsn);
        }

        return _settling.End();
    }

    /// <summary>
    /// What the policy makes of a change that rule 5 or 6 stopped (protocol 5.5). An old one never wins: it may be the repeat of a change
    /// that others have overwritten knowingly since.
    /// </summary>
    private Judgement Settle(
        in PushedChange change, in Judgement judgement, int author, bool isNew, long next, ConflictPolicy policy)
    {
        if (!_made.TryGetValue(change.Row, out var version))
        {
            rows.TryGet(change.Row, out version);
        }

        var timeIsOpen = policy == ConflictPolicy.LastWriteWins && version.TimestampMicros == RowVersion.NoTime;
        var wins = isNew && policy switch
        {
            ConflictPolicy.ClientWins => judgement.Verdict == Verdict.Conflicting,
            ConflictPolicy.LastWriteWins => !timeIsOpen && IsLater(in change, author, in version),
            _ => false,
        };
        if (wins)
        {
            // Equal data that are later are written too: who stands must not depend on which of the two came first.
            return judgement with { Verdict = Verdict.Accepted, Lsn = next, Policy = PolicyOf(in judgement, policy) };
        }

        return judgement.Verdict == Verdict.Converged
            ? judgement
            : judgement with { Policy = policy, ServerWon = isNew && !timeIsOpen && policy != ConflictPolicy.Reject };
    }

    private static ConflictPolicy PolicyOf(in Judgement judgement, ConflictPolicy policy) =>
        judgement.Conflict == ConflictType.None ? default : policy;

    /// <summary>Whether the pair (timestamp, author's bytes) of the change is greater than the version's.</summary>
    private bool IsLater(in PushedChange change, int author, in RowVersion version) =>
        change.TimestampMicros != version.TimestampMicros
            ? change.TimestampMicros > version.TimestampMicros
            : string.CompareOrdinal(roster[author].Node.Value, roster[version.Author].Node.Value) > 0;

    private Judgement JudgeOne(in PushedChange change, in Context context, int author, long next)
    {
        var verdict = Verdict.Accepted;
        var lsn = next;
        var conflict = ConflictType.None;
        if (_made.TryGetValue(change.Row, out var version) || rows.TryGet(change.Row, out version))
        {
            verdict = Compare(in change, in context, in version, author);
            lsn = verdict == Verdict.Accepted ? next : version.Lsn;
            conflict = verdict == Verdict.Conflicting ? TypeOf(change.Operation, version.Operation) : ConflictType.None;
        }

        return new Judgement(verdict, change.LocalLsn, lsn, context.Counter, false, conflict, VectorClock.Empty);
    }

    /// <summary>Rules 2 to 6 of protocol 5.3, in their order.</summary>
    private Verdict Compare(in PushedChange change, in Context context, in RowVersion version, int author)
    {
        var own = version.Author == author;
        if (own && change.LocalLsn == version.LocalLsn && change.Operation == version.Operation && change.Content == version.Content)
        {
            return Verdict.Repeated;
        }

        var knowsLsn = context.ServerLsn >= version.Lsn;
        if (knowsLsn || (version.DotValid && change.Clock[roster[version.Author].Node] >= version.Counter))
        {
            return Verdict.Accepted;
        }

        if (own && change.LocalLsn != version.LocalLsn)
        {
            return change.LocalLsn > version.LocalLsn ? Verdict.Accepted : Verdict.Superseded;
        }

        var same = change.Operation == Operation.Delete
            ? version.Operation == Operation.Delete
            : version.Operation != Operation.Delete && change.Content == version.Content;
        return same ? Verdict.Converged : Verdict.Conflicting;
    }

    /// <summary>The table of protocol 5.5.</summary>
    private static ConflictType TypeOf(Operation incoming, Operation standing) => (incoming, standing) switch
    {
        (Operation.Delete, _) => ConflictType.UpdatedOnServer,
        (_, Operation.Delete) => ConflictType.DeletedOnServer,
        (Operation.Insert, _) => ConflictType.UniqueConstraintViolation,
        _ => ConflictType.ConcurrentUpdate,
    };

    /// <summary>Entries of other registered nodes that tell something new, as an accepted change is stored (protocol 5.3, end).</summary>
    private VectorClock OthersOf(VectorClock clock, NodeId serverNode, NodeId author)
    {
        List<ClockEntry>? others = null;
        foreach (ref readonly var entry in clock.Entries)
        {
            if (entry.Node != serverNode
                && entry.Node != author
                && roster.TryGetNode(entry.Node, out var index)
                && entry.Counter > roster[index].AcceptedCounter)
            {
                (others ??= []).Add(entry);
            }
        }

        return others is null ? VectorClock.Empty : VectorClock.TryCreate([.. others])!;
    }

    /// <summary>A timestamp far ahead is kept as the server's time (protocol 5.5).</summary>
    private static ReadOnlyMemory<PushedChange> ClampTimestamps(ReadOnlyMemory<PushedChange> changes, long latest, long nowMicros)
    {
        PushedChange[]? clamped = null;
        for (var i = 0; i < changes.Length; i++)
        {
            if (changes.Span[i].TimestampMicros > latest)
            {
                clamped ??= changes.ToArray();
                clamped[i] = clamped[i] with { TimestampMicros = nowMicros };
            }
        }

        return clamped ?? changes;
    }

    private static void Withdraw(Span<Judgement> judgements)
    {
        foreach (ref var judgement in judgements)
        {
            if (judgement.Verdict != Verdict.Conflicting)
            {
                judgement = judgement with
                {
                    Verdict = Verdict.Withdrawn,
                    Lsn = 0,
                    Others = VectorClock.Empty,
                    Conflict = ConflictType.None,
                    Policy = default,
                };
            }
        }
    }

    /// <summary>What a change's author knew, as far as the rules ask for it.</summary>
    private readonly ref struct Context(in PushedChange change, NodeId serverNode, NodeId author)
    {
        /// <summary>C[server_node], <c>base_lsn</c> included.</summary>
        public long ServerLsn { get; } = Math.Max(change.Clock[serverNode], change.BaseLsn);

        /// <summary>C[its node].</summary>
        public long Counter { get; } = change.Clock[author];
    }
}
