using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Simulation;

/// <summary>What became of one pushed change, as the journal has it.</summary>
internal readonly record struct Outcome(
    long LocalLsn, Verdict Verdict, long Lsn, ConflictType Conflict, Resolution Resolution, long MetLsn);

/// <summary>What became of a push.</summary>
/// <param name="Refused">Whether it was atomic and met a conflict.</param>
/// <param name="Node">The node that pushed it.</param>
/// <param name="Changes">One for each change.</param>
/// <param name="ServerLife">The server's life in which it became durable.</param>
internal sealed record PushOutcome(bool Refused, string Node, IReadOnlyList<Outcome> Changes, int ServerLife)
{
    /// <summary>Whether its write was reported as failed.</summary>
    public bool ReportedFailed { get; set; }

    /// <summary>How often it was told.</summary>
    public int Told { get; set; }
}

/// <summary>
/// The truth about a tenant's journal: looks at every event when it becomes durable, holds it against what the clients made and knew
/// (oracles 2, 3, 4, 5, 8, 9), and against the rules of protocol 5.3; answers are later held against it.
/// </summary>
internal sealed class Ledger(Truth truth, EventReader events, Verdicts verdicts, Tally tally)
{
    private readonly List<Edit> _changes = [];
    private readonly Dictionary<Row, Edit> _versions = [];
    private readonly HashSet<Edit> _validDots = [];
    private readonly Dictionary<Edit, long> _times = [];
    private readonly Dictionary<string, long> _judgedLsns = [];
    private readonly Dictionary<string, long> _judgedCounters = [];
    private readonly Dictionary<(string Client, Guid Message), PushOutcome> _outcomes = [];
    private readonly Dictionary<(string Client, Guid Message), List<PushOutcome>> _lapsed = [];
    private readonly HashSet<string> _clients = [];
    private readonly Dictionary<string, int> _forgotten = [];
    private readonly HashSet<string> _mustRegister = [];
    private readonly HashSet<long> _compacted = [];
    private long _handedOut;
    private PushOutcome? _last;

    public Truth Truth => truth;

    /// <summary>The conflict policy of all tables.</summary>
    public ConflictPolicy Policy { get; init; }

    /// <summary>The highest durable LSN.</summary>
    public long Head => _changes.Count;

    public string ServerNode { get; private set; } = "";

    /// <summary>The server's first life after a restore; 0 where there was none.</summary>
    public int RestoredLife { get; private set; }

    public Edit At(long lsn) => _changes[(int)lsn - 1];

    /// <summary>Whether a later change of its row stands up to that head: a first sync pinned there need not give it.</summary>
    public bool IsSuperseded(long lsn, long pinned)
    {
        for (var later = lsn + 1; later <= Math.Min(pinned, Head); later++)
        {
            if (At(later).Row == At(lsn).Row)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>How many changes a first sync must give that begins now.</summary>
    public long StandingCount => _versions.Count;

    /// <summary>Changes that compaction took away.</summary>
    public int CompactedCount => _compacted.Count;

    /// <summary>Whether compaction took that change away.</summary>
    public bool IsCompacted(long lsn) => _compacted.Contains(lsn);

    /// <summary>Compaction takes a change away, which may be only where a later one of its row stands at or below the horizon.</summary>
    public void Compact(long lsn, long horizon)
    {
        var row = At(lsn).Row;
        var stands = _changes.FindLastIndex((int)horizon - 1, edit => edit.Row == row) + 1;
        if (lsn >= horizon || stands <= lsn || IsCompacted(stands) || !_compacted.Add(lsn))
        {
            verdicts.Violate(Oracle.AcknowledgedIsThere, $"compaction to {horizon} takes {lsn} of {row}, whose last is {stands}");
        }
    }

    public Edit? Version(Row row) => _versions.GetValueOrDefault(row);

    /// <summary>Whether a client must not be served: it has not registered since the journal was restored.</summary>
    public bool MustRegister(string client) => _mustRegister.Contains(client) || (RestoredLife > 0 && !WasRegistered(client));

    /// <summary>The journal is lost, and these events are left of it: they are judged anew, as if no other had ever been.</summary>
    public void Restore(IReadOnlyList<(string Manifest, byte[] Bytes, uint Place)> events, int serverLife)
    {
        truth.Forget();
        _changes.Clear();
        _versions.Clear();
        _validDots.Clear();
        _times.Clear();
        _judgedLsns.Clear();
        _judgedCounters.Clear();
        _outcomes.Clear();
        _lapsed.Clear();
        _clients.Clear();
        _forgotten.Clear();
        _mustRegister.Clear();
        (_handedOut, ServerNode, RestoredLife) = (0, "", serverLife);
        foreach (var (manifest, bytes, place) in events)
        {
            Commit(manifest, bytes, place);
        }
    }

    /// <summary>Whether a client is registered, or was: what it asked before it was forgotten may still be answered.</summary>
    public bool WasRegistered(string client) => _clients.Contains(client) || _forgotten.ContainsKey(client);

    public int TimesForgotten(string client) => _forgotten.GetValueOrDefault(client);

    /// <summary>The outcome of a push; behind it those of its earlier judgements, which were forgotten with the client.</summary>
    public IEnumerable<PushOutcome> OutcomesOf(string client, Guid message)
    {
        var lapsed = _lapsed.GetValueOrDefault((client, message)) ?? [];
        return _outcomes.TryGetValue((client, message), out var outcome) ? lapsed.Prepend(outcome) : lapsed;
    }

    /// <summary>Somebody was told that nothing at or below this LSN is still to come.</summary>
    public void HandOut(long cursor, string by)
    {
        if (cursor > Head)
        {
            verdicts.Violate(Oracle.NothingBelowACursor, $"{by} hands out {cursor}, but durable is only {Head}");
        }

        _handedOut = Math.Max(_handedOut, cursor);
    }

    /// <summary>The write of the event that became durable last is being reported as failed.</summary>
    public void LastIsReportedFailed()
    {
        if (_last is not null)
        {
            _last.ReportedFailed = true;
        }
    }

    /// <summary>An event became durable, at that place of its journal.</summary>
    public void Commit(string manifest, byte[] bytes, uint place = 0, int serverLife = 0)
    {
        tally.EventsCommitted++;
        _last = null;
        switch (events.Read(manifest, bytes, place))
        {
            case Registered e:
                Commit(e);
                break;
            case Pushed e:
                Commit(e, serverLife);
                break;
            case Forgotten e:
                Commit(e);
                break;
            case Seen e:
                Commit(e);
                break;
            case Restored e:
                ServerNode = e.ServerNode.ToString("D");
                _mustRegister.UnionWith(_clients);
                break;
            default:
                verdicts.Violate(Oracle.AnswerIsAllowed, $"an event {manifest}");
                break;
        }
    }

    private void Commit(Registered e)
    {
        var node = e.ServerNode.ToString("D");
        if (ServerNode.Length > 0 && ServerNode != node)
        {
            verdicts.Violate(Oracle.TenantsApart, $"the tenant's node was {ServerNode}, {e.Client} registers with {node}");
        }

        ServerNode = node;
        _mustRegister.Remove(e.Client.Value);
        if (e.First && !_clients.Add(e.Client.Value))
        {
            verdicts.Violate(Oracle.NothingTwice, $"{e.Client} registers for the first time again");
        }
    }

    private void Commit(Forgotten e)
    {
        var client = e.Client.Value;
        if (!_clients.Remove(client))
        {
            verdicts.Violate(Oracle.NothingTwice, $"{client} is forgotten, and is not registered");
        }

        _forgotten[client] = TimesForgotten(client) + 1;
        tally.Saw(e.Reason == ForgetReason.Asked ? Sight.Forgotten : Sight.FellSilent);
        foreach (var key in _outcomes.Keys.Where(key => key.Client == client).ToList())
        {
            _outcomes.Remove(key, out var outcome);
            _lapsed.TryAdd(key, []);
            _lapsed[key].Add(outcome!);
        }
    }

    private void Commit(Seen e)
    {
        tally.Saw(Sight.ContactNoted);
        foreach (var contact in e.Contacts.Where(c => !_clients.Contains(c.Client.Value)))
        {
            verdicts.Violate(Oracle.NothingTwice, $"{contact.Client} is seen, and is not registered");
        }
    }

    private void Commit(Pushed e, int serverLife)
    {
        var outcomes = new List<Outcome>();
        for (var i = 0; i < e.Judgements.Length; i++)
        {
            var judgement = e.Judgements.Span[i];
            var met = judgement.Conflict == ConflictType.None ? 0 : e.WonOver?[i] is > 0 and var won ? won : judgement.Lsn;
            outcomes.Add(new Outcome(
                judgement.LocalLsn, judgement.Verdict, judgement.Lsn, judgement.Conflict, judgement.Resolution, met));
            if (truth.Find(e.Author.Value, judgement.LocalLsn) is { } edit)
            {
                Judge(edit, in judgement, in e.Changes.Span[i], met);
            }
            else
            {
                verdicts.Violate(Oracle.TenantsApart, $"nobody here made the change {e.Author}/{judgement.LocalLsn}");
            }
        }

        tally.Hit(e.Settled is not null, Sight.ConflictSettled);
        tally.Hit(e.Refused, Sight.AtomicRefused);
        if (!_clients.Contains(e.Client.Value))
        {
            verdicts.Violate(Oracle.NothingTwice, $"{e.Message} of {e.Client} is judged, and the client is not registered");
        }

        tally.Hit(_lapsed.ContainsKey((e.Client.Value, e.Message)), Sight.RepeatJudgedAnew);
        _last = new PushOutcome(e.Refused, e.Author.Value, outcomes, serverLife);
        if (!_outcomes.TryAdd((e.Client.Value, e.Message), _last))
        {
            verdicts.Violate(Oracle.NothingTwice, $"the push {e.Message} of {e.Client} was judged twice");
        }
    }

    private void Judge(Edit edit, in Judgement judgement, in PushedChange stored, long met)
    {
        var isNew = edit.LocalLsn > _judgedLsns.GetValueOrDefault(edit.Node);
        _judgedLsns[edit.Node] = Math.Max(edit.LocalLsn, _judgedLsns.GetValueOrDefault(edit.Node));
        var version = Version(edit.Row);
        var counter = edit.Clock[edit.Node];
        var dotValid = counter > _judgedCounters.GetValueOrDefault(edit.Node);
        _judgedCounters[edit.Node] = Math.Max(counter, _judgedCounters.GetValueOrDefault(edit.Node));
        switch (judgement.Verdict)
        {
            case Verdict.Accepted:
                if (judgement.Conflict != ConflictType.None)
                {
                    Win(edit, version, in judgement, met, isNew && Wins(edit, in stored, version));
                }

                var isWon = judgement.Conflict != ConflictType.None || (Policy == ConflictPolicy.LastWriteWins
                    && isNew && version is not null && IsSame(edit, version) && Wins(edit, in stored, version));
                Accept(edit, version, judgement.Lsn, in stored, isWon);
                _ = dotValid && _validDots.Add(edit);
                break;
            case Verdict.Repeated:
                Founded(version == edit && judgement.Lsn == edit.Lsn, edit, version, "a repeat");
                tally.Saw(Sight.RepeatedUnderAnotherMessage);
                break;
            case Verdict.Superseded:
                Supersede(edit, version, judgement.Lsn);
                break;
            case Verdict.Converged:
                Founded(version is not null && version.Lsn == judgement.Lsn && IsSame(edit, version), edit, version, "converged");
                tally.Saw(Sight.Converged);
                break;
            case Verdict.Conflicting:
                Conflict(edit, version, in judgement, met);
                var lost = Policy != ConflictPolicy.Reject && isNew;
                Founded(
                    judgement.Resolution == (lost ? Resolution.ServerWon : Resolution.Rejected)
                        && !(lost && Wins(edit, in stored, version)),
                    edit,
                    version,
                    $"{judgement.Resolution} under {Policy}");
                tally.Hit(lost, Sight.LostByPolicy);
                break;
            default:
                Founded(judgement.Verdict == Verdict.Withdrawn && judgement.Lsn == 0, edit, version, "withdrawn");
                break;
        }
    }

    /// <summary>What the policy says, old repeats aside (protocol 5.5).</summary>
    private bool Wins(Edit edit, in PushedChange stored, Edit? version) => version is not null && Policy switch
    {
        ConflictPolicy.ClientWins => true,
        ConflictPolicy.LastWriteWins => stored.TimestampMicros > _times[version]
            || (stored.TimestampMicros == _times[version] && string.CompareOrdinal(edit.Node, version.Node) > 0),
        _ => false,
    };

    private void Win(Edit edit, Edit? version, in Judgement judgement, long met, bool wins)
    {
        var wasRefused = edit.Refused;
        Conflict(edit, version, in judgement, met);
        edit.Refused = wasRefused;
        Founded(wins && judgement.Policy == Policy, edit, version, $"a win by {judgement.Policy}");
        tally.Saw(Sight.WonByPolicy);
    }

    private void Accept(Edit edit, Edit? version, long lsn, in PushedChange stored, bool isWon)
    {
        if (lsn != Head + 1)
        {
            verdicts.Violate(Oracle.LsnNeverChanges, $"{edit} takes LSN {lsn} behind {Head}");
            return;
        }

        if (lsn <= _handedOut)
        {
            verdicts.Violate(Oracle.NothingBelowACursor, $"{edit} appears at {lsn}, and {_handedOut} was handed out");
        }

        if (edit.Refused)
        {
            verdicts.Violate(Oracle.RefusedNeverAppears, $"{edit} was refused, and appears at {lsn}");
        }

        if (edit.Lsn > 0)
        {
            verdicts.Violate(Oracle.NothingTwice, $"{edit} stands at {edit.Lsn} and again at {lsn}");
        }

        var isOwn = version is not null && version.Node == edit.Node && version.LocalLsn < edit.LocalLsn;
        if (!isWon && version is not null && !isOwn && !edit.Knows.Has(version.Id))
        {
            verdicts.Violate(Oracle.NothingLostSilently, $"{edit} replaces {version} at {version.Lsn}, which its author never saw");
        }

        var isAsMade = stored.Table == edit.Row.Table && stored.Key.Span.SequenceEqual([edit.Row.Key])
            && stored.Operation == edit.Operation && stored.Compressed == edit.Compressed && stored.Data.Span.SequenceEqual(edit.Sent)
            && stored.Checksum == edit.Checksum && stored.TimestampMicros <= edit.TimestampMicros;
        if (!isAsMade)
        {
            verdicts.Violate(Oracle.AcknowledgedIsThere, $"{edit} is stored as {stored}");
        }

        See(edit, version, in stored, isWon);
        edit.Lsn = lsn;
        _times[edit] = stored.TimestampMicros;
        _changes.Add(edit);
        _versions[edit.Row] = edit;
        tally.ChangesCommitted++;
    }

    private void See(Edit edit, Edit? version, in PushedChange stored, bool isWon)
    {
        tally.Hit(stored.TimestampMicros < edit.TimestampMicros, Sight.TimestampClamped);
        tally.Hit(edit.Compressed, Sight.CompressedChange);
        var isForeign = !isWon && version is not null && version.Node != edit.Node;
        tally.Hit(isForeign && edit.KnownLsn(ServerNode) < version!.Lsn, Sight.AcceptedByDot);
    }

    private void Supersede(Edit edit, Edit? version, long lsn)
    {
        tally.Saw(Sight.Superseded);
        var isLater = version is not null && version.Lsn == lsn && version.Node == edit.Node && version.LocalLsn > edit.LocalLsn;
        Founded(isLater, edit, version, "superseded");
        if (isLater && !version!.Knows.Has(edit.Id))
        {
            verdicts.Violate(Oracle.NothingLostSilently, $"{edit} gives way to {version}, whose author never saw it");
        }
    }

    private void Conflict(Edit edit, Edit? version, in Judgement judgement, long met)
    {
        var isConcurrent = version is not null && version.Lsn == met
            && edit.KnownLsn(ServerNode) < version.Lsn
            && !(_validDots.Contains(version) && edit.Clock[version.Node] >= version.Clock[version.Node])
            && !(version.Node == edit.Node && version.LocalLsn != edit.LocalLsn)
            && !IsSame(edit, version)
            && judgement.Conflict == TypeOf(edit.Operation, version.Operation);
        Founded(isConcurrent, edit, version, $"a conflict {judgement.Conflict}");
        edit.Refused |= edit.Lsn == 0;
        tally.Saw(judgement.Conflict switch
        {
            ConflictType.UniqueConstraintViolation => Sight.ConflictUniqueConstraintViolation,
            ConflictType.ConcurrentUpdate => Sight.ConflictConcurrentUpdate,
            ConflictType.DeletedOnServer => Sight.ConflictDeletedOnServer,
            _ => Sight.ConflictUpdatedOnServer,
        });
    }

    private void Founded(bool isSo, Edit edit, Edit? version, string verdict)
    {
        if (!isSo)
        {
            verdicts.Violate(
                Oracle.VerdictIsFounded, $"{edit} is no such thing as {verdict}: the row's version is {version} at {version?.Lsn}");
        }
    }

    private static bool IsSame(Edit edit, Edit version) => edit.Operation == Operation.Delete
        ? version.Operation == Operation.Delete
        : version.Operation != Operation.Delete && edit.Data.AsSpan().SequenceEqual(version.Data);

    /// <summary>The table of protocol 5.5.</summary>
    private static ConflictType TypeOf(Operation incoming, Operation standing) => (incoming, standing) switch
    {
        (Operation.Delete, _) => ConflictType.UpdatedOnServer,
        (_, Operation.Delete) => ConflictType.DeletedOnServer,
        (Operation.Insert, _) => ConflictType.UniqueConstraintViolation,
        _ => ConflictType.ConcurrentUpdate,
    };
}
