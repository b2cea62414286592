using HeliosSync.Domain;

namespace HeliosSync.Property;

/// <summary>
/// A tenant and its reference side by side, taken through the same history. Where they are compared, every answer and all that
/// can be seen of the state must be the same, deciding must change nothing, and what was frozen must stay as it was.
/// </summary>
/// <param name="truthful">
/// Whether clients keep protocol 5.3's word: one life, local numbers and own counters that rise, and no entry that nobody has sent.
/// </param>
/// <param name="policies">The tenant's own conflict policies, set before anything else; null: none.</param>
/// <param name="compare">Whether they are compared. Laws that follow from the rules are held without it, so that they stand alone.</param>
internal sealed class Arena(bool truthful = false, bool compare = false, ConflictPolicies? policies = null)
{
    private const long Hour = 3_600L * 1_000_000;
    private const long Day = 24 * Hour;

    private readonly ReferenceTenant _reference = new();
    private readonly Dictionary<string, ulong> _digests = [];
    private readonly List<(TenantSnapshot Kept, string Then)> _frozen = [];
    private long _sequence;

    public Tenant Tenant { get; private set; } = new();

    /// <summary>Every event so far with its sequence number, as a journal has them.</summary>
    public List<(TenantEvent Event, long Sequence)> Journal { get; } = [];

    /// <summary>Every push that was judged, in order.</summary>
    public List<(Push Push, Pushed Judged)> Pushes { get; } = [];

    /// <summary>Those whose message ids are not remembered any more, because their client was forgotten.</summary>
    public HashSet<Push> Lapsed { get; } = new(ReferenceEqualityComparer.Instance);

    /// <summary>What this history came across: verdicts, rules, refusals.</summary>
    public HashSet<string> Seen { get; } = [];

    public ReferenceTenant Reference => _reference;

    public static Arena After(History history, bool truthful = false, bool compare = false, ConflictPolicies? policies = null)
    {
        var arena = new Arena(truthful, compare, policies);
        foreach (var step in history.Steps)
        {
            arena.Take(step);
        }

        Assert.All(arena._frozen, f => Assert.Equal(f.Then, Portrait.Of(f.Kept)));
        return arena;
    }

    public void Take(Step step)
    {
        switch (step)
        {
            case RegisterStep register:
                Register(Read(register));
                break;
            case PushStep push:
                Push(Read(push));
                break;
            case RepeatStep repeat when Pushes.Count > 0:
                var (earlier, judged) = Pushes[repeat.Which % Pushes.Count];
                // A batch that was refused whole wrote nothing: to send it anew, behind later ones, is a new attempt, which numbers anew.
                var id = repeat.OtherId && !(truthful && judged.Refused) ? new Guid((int)_sequence, 1, 0, new byte[8]) : earlier.Message;
                Push(earlier with { Message = id, Clock = Told(repeat.Told) });
                break;
            case PositionStep position:
                SetPosition(position.Client < 3 ? Tiny.Clients[position.Client] : Tiny.Client("z"), Lsn(position.Known));
                break;
            case ForgetStep forget:
                Forget(Tiny.Clients[forget.Client], forget.Silent);
                break;
            case ContactStep contact:
                Tenant.Fleet.Hear(Tiny.Clients[contact.Client], Tiny.Now + (contact.Hours * Hour));
                KeepUp(Tiny.Now + (contact.Hours * Hour), patience: null);
                break;
            case RestartStep when Journal.Count > 0:
                Tenant = new Tenant(Tenant.Freeze());
                _reference.Restart();
                Seen.Add("restart");
                break;
        }

        if (compare)
        {
            Compare();
        }
    }

    public PushDecision Push(Push push)
    {
        push = push with { Digest = DigestOf(push) };
        var before = compare ? Portrait.Of(Tenant) : "";
        var decision = Tenant.Decide(push, Tiny.Now);
        var expected = _reference.Push(push, $"{push.Digest}", _sequence + 1);
        if (compare)
        {
            Assert.Equal(before, Portrait.Of(Tenant));
            Compare(push, decision, expected);
        }

        if (decision.Event is { } e)
        {
            Pushes.Add((push, e));
            Apply(e);
        }

        if (decision.Follows)
        {
            Tenant.SetPosition(push.Client, decision.ServerLsn);
        }

        return decision;
    }

    /// <summary>An injective stand-in for the digest of a push's changes and <c>atomic</c>.</summary>
    public Hash128 DigestOf(Push push)
    {
        var text = $"{push.Atomic} " + string.Join(' ', push.Changes.ToArray().Select(c =>
            $"{c.LocalLsn} {c.Operation} {c.Row} {c.Content} {c.Clock} {c.BaseLsn} {c.TimestampMicros}"));
        _digests.TryAdd(text, (ulong)_digests.Count + 1);
        return new Hash128(0, _digests[text]);
    }

    private void Register(Register register)
    {
        var before = compare ? Portrait.Of(Tenant) : "";
        var decision = Tenant.Decide(register, Tiny.ServerGuid, Tiny.Now);
        var known = _reference.Clients.ContainsKey(register.Client.Value);
        var (codes, changed) = _reference.Register(register, Tiny.Server.Value);
        if (compare)
        {
            Assert.Equal(before, Portrait.Of(Tenant));
            Compare(codes, decision.Refusal);
            Assert.Equal(changed ? (!known, register.Client, register.Node) : null, SummaryOf(decision.Event));
        }

        if (decision.Refusal is not null)
        {
            return;
        }

        Seen.Add(decision.Event is null ? "registered as before" : known ? "registered anew" : "registered");
        if (decision.Event is { } e)
        {
            Apply(e);
            SetPolicies();
        }

        if (!known || !register.OnlyIfAbsent)
        {
            Tenant.SetPosition(register.Client, register.LastKnownLsn);
        }
    }

    private void SetPolicies()
    {
        if (policies is not null && Tenant.Decide(policies, Tiny.Client("a"), Tiny.ServerGuid, Tiny.Now) is { } e)
        {
            Apply(e);
            _reference.Policy = policies.Of("t");
        }
    }

    /// <summary>A silent one was last heard of long ago, and everybody else just now.</summary>
    private void Forget(ClientId client, bool silent)
    {
        var before = compare ? Portrait.Of(Tenant) : "";
        var decision = Tenant.Fleet.Decide(client, Tiny.Now);
        var known = _reference.Forget(client.Value);
        if (compare)
        {
            Assert.Equal(before, Portrait.Of(Tenant));
            Assert.Equal(known ? null : ErrorCode.NotFound, decision.Refusal?.Code);
            Assert.Equal(known, decision.Event is not null);
        }

        Seen.Add(known ? silent ? "fell silent" : "forgotten" : "unknown");
        Lapsed.UnionWith(Pushes.Select(p => p.Push).Where(p => p.Client == client));
        if (known && silent)
        {
            Tiny.Clients.ToList().ForEach(c => Tenant.Fleet.Hear(c, c == client ? Tiny.Now : Tiny.Now + (100 * Day)));
            KeepUp(Tiny.Now + (100 * Day), patience: 99 * Day);
        }
        else if (decision.Event is { } e)
        {
            Apply(e);
        }
    }

    private void KeepUp(long now, long? patience)
    {
        var step = Tenant.Fleet.DecideUpkeep(null, now, patience);
        Assert.Null(step.Next);
        foreach (var forgotten in step.Forgotten)
        {
            Apply(forgotten);
        }

        if (step.Seen is { } seen)
        {
            Seen.Add("contact noted");
            Apply(seen);
        }
    }

    private static (bool First, ClientId Client, NodeId Node)? SummaryOf(Registered? e) => e is null ? null : (e.First, e.Client, e.Node);

    private void Apply(TenantEvent e)
    {
        Tenant.Apply(e, ++_sequence, 100);
        Journal.Add((e, _sequence));
        if (compare && _sequence % 3 == 0)
        {
            var kept = Tenant.Freeze();
            _frozen.Add((kept, Portrait.Of(kept)));
        }
    }

    private void SetPosition(ClientId client, long lsn)
    {
        Tenant.SetPosition(client, lsn);
        _reference.SetPosition(client.Value, lsn);
    }

    private void Compare(List<ErrorCode> codes, Refusal? refusal)
    {
        Assert.Equal(codes.Count > 0, refusal is not null);
        if (refusal is not null)
        {
            Assert.Contains(refusal.Code, codes);
            Seen.Add($"{refusal.Code}");
        }
    }

    private void Compare(Push push, PushDecision decision, ReferenceAnswer expected)
    {
        Compare(expected.Codes, decision.Refusal);
        Assert.Equal(
            (expected.RepeatOf, expected.ServerLsn, expected.Follows), (decision.RepeatOf, decision.ServerLsn, decision.Follows));
        Assert.Equal(expected.Outcomes.Count > 0, decision.Event is not null);
        Seen.Add(expected.RepeatOf > 0 ? "repeat" : expected.Follows ? "follows" : expected.Refused ? "atomic refusal" : "judged");
        if (decision.Event is { } e)
        {
            Compare(push, e, expected);
        }
    }

    private void Compare(Push push, Pushed e, ReferenceAnswer expected)
    {
        Assert.Equal((push.Message, push.Digest, push.Client), (e.Message, e.Digest, e.Client));
        Assert.Equal(expected.Refused, e.Refused);
        Assert.Equal(push.Changes.ToArray().Select(c => c.LocalLsn), e.Judgements.ToArray().Select(j => j.LocalLsn));
        for (var i = 0; i < expected.Outcomes.Count; i++)
        {
            var (outcome, judgement) = (expected.Outcomes[i], e.Judgements.Span[i]);
            Assert.Equal(
                (outcome.Verdict, outcome.Lsn, outcome.Counter, outcome.DotValid, outcome.Conflict),
                (judgement.Verdict, judgement.Lsn, judgement.Counter, judgement.DotValid, judgement.Conflict));
            Assert.Equal((outcome.Resolution, outcome.WonOver), (judgement.Resolution, e.WonOver?[i] ?? 0));
            Assert.Equal(outcome.Conflict == ConflictType.None ? default : _reference.Policy, judgement.Policy);
            Seen.Add($"{outcome.Resolution}");
            Assert.Equal(
                outcome.Others.Select(o => (o.Key, o.Value)), judgement.Others.Entries.ToArray().Select(o => (o.Node.Value, o.Counter)));
            Seen.UnionWith([$"{outcome.Verdict}", $"rule {outcome.Rule}", $"{outcome.Conflict}"]);
            Seen.Add(outcome.Others.Count > 0 ? "others" : "no others");

            var (sent, kept) = (push.Changes.Span[i], e.Changes.Span[i]);
            var ahead = sent.TimestampMicros > Tiny.Now + (5 * 60 * 1_000_000);
            Assert.Equal(ahead ? Tiny.Now : sent.TimestampMicros, kept.TimestampMicros);
            Assert.Equal(sent, kept with { TimestampMicros = sent.TimestampMicros });
        }
    }

    private void Compare()
    {
        Assert.Equal(_reference.Head, Tenant.Head);
        Assert.Equal(_reference.Rows.Count, Tenant.RowCount);
        Assert.Equal(_reference.Clients.Count, Tenant.ClientCount);
        for (var row = 0; row < 5; row++)
        {
            var known = _reference.Rows.TryGetValue(Tiny.Row(row), out var expected);
            Assert.Equal(known, Tenant.TryGetRow(Tiny.Row(row), out var version));
            if (known)
            {
                Assert.Equal(
                    (expected!.Lsn, expected.Operation, expected.Content, expected.LocalLsn, expected.Counter, expected.DotValid,
                        expected.Timestamp),
                    (version.Lsn, version.Operation, version.Content, version.LocalLsn, version.Counter, version.DotValid,
                        version.TimestampMicros));
            }
        }

        foreach (var (id, client) in _reference.Clients)
        {
            var expected = (client.Node, client.Position, _reference.HighestLsn(client.Node), _reference.HighestCounter(client.Node));
            var standing = Tenant.StandingOf(Tiny.Client(id));
            Assert.Equal(expected, (standing.Node.Value, standing.Position, standing.JudgedLsn, standing.JudgedCounter));
        }
    }

    private Register Read(RegisterStep step)
    {
        var client = Tiny.Clients[step.Client];
        var node = step.Life switch
        {
            _ when truthful => NodeId.Of(client),
            0 => NodeId.Of(client),
            3 => NodeId.Of(Tiny.Clients[(step.Client + 1) % 3]),
            _ => Tiny.Node($"{client.Value}#{step.Life}"),
        };
        var highest = _reference.HighestLsn(node.Value);
        long? lastLocal = step.LastLocal switch
        {
            -2 => null,
            -1 when !truthful => Math.Max(0, highest - 1),
            _ => highest + Math.Max(0, step.LastLocal),
        };
        return new Register(
            client,
            node,
            Lsn(step.Known),
            lastLocal,
            Told(step.Told),
            Named(step.Names),
            [new MetadataEntry("m", $"{step.Metadata}")],
            step.IfAbsent);
    }

    private Push Read(PushStep step)
    {
        var client = step.Client < 3 ? Tiny.Clients[step.Client] : Tiny.Client("z");
        var node = _reference.Clients.GetValueOrDefault(client.Value)?.Node ?? client.Value;
        var (lsn, counter) = (_reference.HighestLsn(node), _reference.HighestCounter(node));
        var changes = new List<PushedChange>();
        foreach (var seed in step.Changes)
        {
            // Some numbers go on from the last, some are small ones that may have been there before; in a batch each stands once.
            var rises = truthful || seed.Lsn < 4;
            lsn += rises ? 1 : 0;
            counter += truthful || seed.Own > 3 ? 1 : 0;
            var own = truthful || seed.Own > 3 ? counter : seed.Own;
            var number = rises ? lsn : seed.Lsn - 3;
            if (changes.TrueForAll(c => c.LocalLsn != number))
            {
                var clock = ClockOf(seed, node, own);
                changes.Add(Tiny.Change(number, seed.Operation, seed.Row, seed.Content, clock, Lsn(seed.Base), TimeOf(seed)));
            }
        }

        // Mostly an id of its own; sometimes one that was used.
        var message = step.Message == 0 ? new Guid(0, 0, 1, new byte[8]) : new Guid((int)_sequence, (short)step.Message, 0, new byte[8]);
        return new Push(message, client, Told(step.Told), Named(step.Names), step.Atomic, changes.ToArray(), default);
    }

    private VectorClock ClockOf(ChangeSeed seed, string node, long own)
    {
        var clock = VectorClock.Empty.With(Tiny.Server, Lsn(seed.Server)).With(Tiny.Node(node), own);
        foreach (var (other, value) in Tiny.Nodes.Zip(seed.Others).Where(o => o.First.Value != node))
        {
            var sent = _reference.HighestCounter(other.Value);
            clock = clock.With(other, value == 4 ? sent : truthful ? Math.Min(value, sent) : value);
        }

        return clock;
    }

    private static long TimeOf(ChangeSeed seed) => Tiny.Now + seed.Time switch
    {
        0 => 0,
        1 => Limits.TimestampAheadMicrosMax,
        2 => Limits.TimestampAheadMicrosMax + 1,
        3 => Limits.TimestampAheadMicrosMax * 1_000,
        _ => -Tiny.Now,
    };

    private VectorClock Told(int seed) => Lsn(seed) is var lsn and > 0 ? Tiny.Clock((Tiny.Server, lsn)) : VectorClock.Empty;

    private static NodeId? Named(int seed) => seed switch
    {
        0 => null,
        1 => Tiny.Server,
        _ => NodeId.OfServer(Guid.Empty),
    };

    private long Lsn(int seed) => seed switch
    {
        0 => 0,
        < 4 => Math.Min(seed, _reference.Head),
        8 => _reference.Head + (truthful ? 0 : 1),
        _ => Math.Max(0, _reference.Head - (seed - 4)),
    };
}
