using HeliosSync.Crash.History;

namespace HeliosSync.Crash.Checking;

/// <summary>All that is known of one push.</summary>
/// <param name="first">As it was first sent.</param>
/// <param name="floor">The highest LSN that anyone had been told of before.</param>
internal sealed class PushBook(PushSent first, long floor)
{
    private readonly Dictionary<long, int> _open = [];
    private int _openAtAudit;

    public PushSent First => first;

    public long Floor => floor;

    /// <summary>What it was answered; null as long as it was not.</summary>
    public PushAnswered? Outcome { get; private set; }

    /// <summary>Where its changes were found standing by the latest audit that found any.</summary>
    public IReadOnlyDictionary<long, long>? Standing { get; private set; }

    /// <summary>Whether a sending of it may have been applied without anyone knowing.</summary>
    public bool IsOpen => Outcome is null && _open.Count > 0;

    /// <summary>Whether every sending whose outcome is open was in this life of the server.</summary>
    public bool IsOpenSince(int life) => IsOpen && _open.Values.All(l => l == life);

    public SentChange? Find(long lsn) => first.Changes.FirstOrDefault(c => c.Lsn == lsn);

    /// <summary>The changes that it was told are in the journal, and where.</summary>
    public IEnumerable<(SentChange Change, long At)> Places() =>
        Outcome is null ? [] : Outcome.Accepted.Zip(Outcome.Assigned, (lsn, at) => (Find(lsn)!, at));

    /// <summary>It goes out (again).</summary>
    public void Send(long call, int life) => _open[call] = life;

    /// <summary>That sending was not applied, for certain.</summary>
    public void Refuse(long call) => _open.Remove(call);

    /// <summary>An outcome; gives what is wrong with it.</summary>
    public string? Answer(PushAnswered answer)
    {
        if (Outcome is null)
        {
            Outcome = answer;
            return WholeOrNull(answer);
        }

        return Text(Outcome) == Text(answer) ? null : $"was answered {Text(Outcome)}, and then {Text(answer)}";
    }

    /// <summary>None of its sendings was applied, for certain.</summary>
    public void RefuseAll() => _open.Clear();

    /// <summary>Takes what an audit found; whether it is the first one since a sending was left open.</summary>
    public bool Judge(IReadOnlyDictionary<long, long> standing)
    {
        var first = IsOpen && Standing is null && _open.Count > _openAtAudit;
        _openAtAudit = _open.Count;
        Standing = standing.Count > 0 ? standing : Standing;
        return first;
    }

    public override string ToString() => $"{first.Tenant}/{first.Client}'s push {first.Message}";

    private string? WholeOrNull(PushAnswered answer)
    {
        if (answer.RefusedWhole)
        {
            return first.Atomic ? null : "was refused as a whole, and is not atomic";
        }

        // Every pushed number stands exactly once (protocol 4.3).
        var named = answer.Accepted.Concat(answer.Conflicts.Where(static c => !c.Won).Select(static c => c.Lsn)).Order();
        return named.SequenceEqual(first.Changes.Select(static c => c.Lsn).Order()) && answer.Accepted.Count == answer.Assigned.Count
            ? null
            : $"is not answered change by change: {Text(answer)}";
    }

    private static string Text(PushAnswered a) =>
        (a.RefusedWhole ? "as a whole " : "")
        + string.Join(' ', a.Accepted.Zip(a.Assigned, static (l, at) => $"{l}@{at}"))
        + " superseded " + string.Join(' ', a.Superseded)
        + " conflicts " + string.Join(' ', a.Conflicts.Select(static c => $"{c.Lsn}~{c.Met}{(c.Won ? "!" : "")}"))
        + " settled " + string.Join(' ', a.Settled);
}
