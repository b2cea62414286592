using HeliosSync.Crash.History;

namespace HeliosSync.Crash.Checking;

/// <summary>What a history amounts to.</summary>
internal sealed class Figures
{
    /// <summary>Pushes that were acknowledged: answered with 200.</summary>
    public long Acknowledged { get; set; }

    /// <summary>Sendings of a push that had its outcome.</summary>
    public long Repeats { get; set; }

    /// <summary>Acknowledged pushes of which something is missing.</summary>
    public long Lost { get; set; }

    /// <summary>Changes that stand twice.</summary>
    public long Doubled { get; set; }

    /// <summary>Pushes whose outcome a fault left open, and that were found stored.</summary>
    public long FoundStored { get; set; }

    /// <summary>Those that were not.</summary>
    public long FoundAbsent { get; set; }

    /// <summary>Superseded versions that compactions say they took away.</summary>
    public long Compacted { get; set; }

    /// <summary>Conflicts that somebody was told are settled.</summary>
    public long Settled { get; set; }

    /// <summary>Adds another history's.</summary>
    public void Add(Figures other)
    {
        Acknowledged += other.Acknowledged;
        Repeats += other.Repeats;
        Lost += other.Lost;
        Doubled += other.Doubled;
        FoundStored += other.FoundStored;
        FoundAbsent += other.FoundAbsent;
        Compacted += other.Compacted;
        Settled += other.Settled;
    }
}

/// <summary>
/// Reads a history from its beginning and holds it to the oracles: at once what an answer contradicts, and at each audit all that was
/// said before it. It knows nothing of the server and nothing of how the history was made.
/// </summary>
internal sealed class Checker
{
    /// <summary>What a server may answer at any moment: come again.</summary>
    private static readonly string[] ComeAgain = ["OVERLOADED", "STORAGE_UNAVAILABLE"];

    private readonly Dictionary<string, TenantBook> _tenants = [];
    private readonly Dictionary<long, Entry> _calls = [];
    private readonly HashSet<(string, string)> _registered = [];
    private readonly HashSet<(string, string)> _registering = [];
    private int _life;
    private bool _stopped;

    public Findings Findings { get; } = new();

    public Figures Figures { get; } = new();

    public void Add(Entry entry)
    {
        switch (entry)
        {
            case Started started:
                _life = started.Life;
                break;
            case Struck struck:
                _stopped = struck.Fault == Faults.FaultKind.Stop.ToString();
                break;
            case PushSent push:
                _calls.Add(push.Call, push);
                Tenant(push.Tenant).Sent(push, _life);
                break;
            case PullSent pull:
                _calls.Add(pull.Call, pull);
                break;
            case RegisterSent register:
                _calls.Add(register.Call, register);
                _registering.Add((register.Tenant, register.Client));
                break;
            case Compacting compacting:
                Tenant(compacting.Tenant).Compact();
                break;
            case Compacted compacted:
                Figures.Compacted += compacted.ChangesRemoved;
                break;
            case ToldSettled settled:
                Tenant(settled.Tenant).Conflicts.Settle(settled.Id);
                break;
            case ConflictsAudited audited:
                Tenant(audited.Tenant).Conflicts.Audit(audited.Log);
                break;
            case Audited audited:
                // The server lives again: what the stop ended is the life before this one.
                Tenant(audited.Tenant).Audit(audited.Journal, audited.HeadLsn, _stopped ? _life - 1 : 0);
                break;
            case Counted counted:
                Count(counted);
                break;
            case Complained complained:
                Findings.Add(Oracle.Unexpected, complained.What);
                break;
            default:
                Answer(entry);
                break;
        }
    }

    private void Answer(Entry entry)
    {
        switch (entry)
        {
            case PushAnswered answer when _calls.Remove(answer.Call, out var asked):
                Tenant(((PushSent)asked).Tenant).Answered((PushSent)asked, answer);
                break;
            case PullAnswered answer when _calls.Remove(answer.Call, out var asked):
                Tenant(((PullSent)asked).Tenant).Answered((PullSent)asked, answer);
                break;
            case RegisterAnswered answer when _calls.Remove(answer.Call, out var asked):
                var register = (RegisterSent)asked;
                _registered.Add((register.Tenant, register.Client));
                Tenant(register.Tenant).Answered(register, answer);
                break;
            case Refused refused when _calls.Remove(refused.Call, out var asked):
                Refuse(refused, asked);
                break;
            case Unanswered unanswered when _calls.Remove(unanswered.Call, out var asked):
                if (!unanswered.Sent && asked is PushSent push)
                {
                    Tenant(push.Tenant).NotApplied(push);
                }

                break;
        }
    }

    private void Refuse(Refused refused, Entry asked)
    {
        if (asked is PushSent { Settles: { } conflict } settling && refused.Code == "ALREADY_SETTLED")
        {
            Tenant(settling.Tenant).Conflicts.Settle(conflict);
            Tenant(settling.Tenant).NeverApplied(settling);
            return;
        }

        if (!ComeAgain.Contains(refused.Code))
        {
            Findings.Add(Oracle.Unexpected, $"{asked} was answered {refused.Status} {refused.Code}");
        }

        if (asked is PushSent push && refused.Code != "STORAGE_UNAVAILABLE" && refused.Status < 500 | refused.Code == "OVERLOADED")
        {
            Tenant(push.Tenant).NotApplied(push);
        }
    }

    private void Count(Counted counted)
    {
        if (counted.Registered is { } registered && (registered < _registered.Count || registered > _registering.Count))
        {
            Findings.Add(
                registered < _registered.Count ? Oracle.Lost : Oracle.RefusedAppears,
                $"{_registered.Count} of {_registering.Count} registrations were answered, and the server counts {registered}");
        }

        if (counted.Pushes is { } stored)
        {
            var pushes = _tenants.Values.SelectMany(static t => t.Pushes).ToList();
            var answered = pushes.Count(static p => p.Outcome is not null);
            var before = pushes.Count(p => p.IsOpen && !p.IsOpenSince(_life));
            if (stored < answered || stored > answered + before)
            {
                Findings.Add(
                    Oracle.LeftOpenByStop, $"{answered} pushes were answered, {before} open from before, and {stored} are stored");
            }
        }
    }

    private TenantBook Tenant(string name) =>
        _tenants.TryGetValue(name, out var book) ? book : _tenants[name] = new TenantBook(name, Findings, Figures);
}
