using HeliosSync.Crash.History;

namespace HeliosSync.Crash.Checking;

/// <summary>One tenant's history, held to its audits.</summary>
internal sealed class TenantBook(string name, Findings findings, Figures figures)
{
    private readonly Dictionary<Guid, PushBook> _pushes = [];
    private readonly Dictionary<(string Client, long Lsn), PushBook> _bySource = [];
    private readonly Dictionary<string, ClientBook> _clients = [];
    private readonly Dictionary<long, StoredChange> _seen = [];
    private readonly HashSet<Guid> _lost = [];
    private readonly HashSet<(string, long)> _doubled = [];

    /// <summary>The highest LSN that anyone was told of.</summary>
    private long _told;

    private bool _compacts;

    public IEnumerable<PushBook> Pushes => _pushes.Values;

    public ConflictBook Conflicts { get; } = new(name, findings, figures);

    /// <summary>From here on superseded versions may be missing.</summary>
    public void Compact() => _compacts = true;

    public void Sent(PushSent push, int life)
    {
        if (!_pushes.TryGetValue(push.Message, out var book))
        {
            _pushes.Add(push.Message, book = new PushBook(push, _told));
            foreach (var change in push.Changes)
            {
                _bySource.Add((push.Client, change.Lsn), book);
            }
        }
        else if (book.Outcome is not null)
        {
            figures.Repeats++;
        }

        book.Send(push.Call, life);
    }

    public void NotApplied(PushSent push) => _pushes[push.Message].Refuse(push.Call);

    /// <summary>It would have been answered as before, had any of its sendings been applied.</summary>
    public void NeverApplied(PushSent push) => _pushes[push.Message].RefuseAll();

    public void Answered(PushSent push, PushAnswered answer)
    {
        var book = _pushes[push.Message];
        figures.Acknowledged += book.Outcome is null && !answer.RefusedWhole ? 1 : 0;
        if (book.Answer(answer) is { } wrong)
        {
            findings.Add(Oracle.AnswerChanged, $"{book} {wrong}");
        }

        var client = Client(push.Client);
        foreach (var lsn in answer.Assigned)
        {
            client.Know(lsn);
        }

        Conflicts.Answered(push, answer);
        Tell(client, answer.ServerLsn, answer.HeadLsn);
    }

    public void Answered(PullSent pull, PullAnswered page)
    {
        var client = Client(pull.Client);
        foreach (var change in page.Changes)
        {
            See(change);
            client.Know(change.Lsn);
        }

        client.Take(pull, page);
        if (pull.Table is null)
        {
            Tell(client, page.ServerLsn, page.HeadLsn);
        }
    }

    public void Answered(RegisterSent register, RegisterAnswered answer) =>
        Tell(Client(register.Client), answer.ServerLsn, answer.HeadLsn);

    /// <summary>Holds everything so far to the whole journal.</summary>
    /// <param name="pulled">As it was pulled.</param>
    /// <param name="head">As the last page has it.</param>
    /// <param name="stopped">The life that a stop in order ended since the last audit; 0 where none did.</param>
    public void Audit(IReadOnlyList<StoredChange> pulled, long head, int stopped)
    {
        for (var i = 0; i < pulled.Count; i++)
        {
            var before = i == 0 ? 0 : pulled[i - 1].Lsn;
            if (pulled[i].Lsn <= before || pulled[i].Lsn > head)
            {
                findings.Add(Oracle.PassedOver, $"{name}: a pull of everything has {pulled[i].Lsn} after {before}; the head is {head}");
            }
        }

        var journal = Fill(pulled, head);
        foreach (var hole in journal.Holes())
        {
            findings.Add(Oracle.PassedOver, $"{name}: a pull of everything has nothing at {hole}; the head is {head}");
        }

        var standing = Standing(journal);
        foreach (var (lsn, seen) in _seen.Where(s => journal.At(s.Key) is null))
        {
            findings.Add(Oracle.Lost, $"{name}: {lsn}, {seen.Author}'s {seen.AuthorLsn}, was pulled once and is gone");
        }

        foreach (var push in _pushes.Values)
        {
            Judge(push, journal, standing.GetValueOrDefault(push.First.Message) ?? [], stopped);
        }

        foreach (var (client, book) in _clients)
        {
            book.Audit(client, journal, findings);
        }

        _told = Math.Max(_told, head);
    }

    /// <summary>Puts in place what is known to have stood there, or says why it is not known.</summary>
    private FullJournal Fill(IReadOnlyList<StoredChange> pulled, long head)
    {
        var journal = new FullJournal(pulled, head, _compacts);
        if (!_compacts)
        {
            return journal;
        }

        foreach (var seen in _seen.Values)
        {
            journal.Know(seen);
        }

        foreach (var push in _pushes.Values)
        {
            foreach (var (change, at) in push.Places())
            {
                // Under a number that is superseded another change stands; under that of a delete, perhaps one that it converged with.
                if (change.Operation != "Delete" && !push.Outcome!.Superseded.Contains(change.Lsn))
                {
                    journal.Know(new StoredChange(
                        at, change.Table, change.Operation, change.Key, change.Data, push.First.Client, change.Lsn));
                }

                journal.Excuse(change.Table, change.Key, at);
            }
        }

        var open = _pushes.Values.Where(static p => p.IsOpen).SelectMany(static p => p.First.Changes).ToList();
        foreach (var hole in journal.Holes().ToList())
        {
            open.ForEach(c => journal.Excuse(c.Table, c.Key, hole));
        }

        return journal;
    }

    /// <summary>For each push, where its changes stand; and on the way all that can be said of a change alone.</summary>
    private Dictionary<Guid, Dictionary<long, long>> Standing(FullJournal journal)
    {
        var standing = new Dictionary<Guid, Dictionary<long, long>>();
        foreach (var change in journal.Changes)
        {
            See(change);
            var what = $"{name}: {change.Lsn}, {change.Author}'s {change.AuthorLsn},";
            if (!_bySource.TryGetValue((change.Author, change.AuthorLsn), out var push))
            {
                findings.Add(Oracle.RefusedAppears, $"{what} was never sent");
                continue;
            }

            var sent = push.Find(change.AuthorLsn)!;
            if (sent != new SentChange(change.AuthorLsn, change.Table, change.Operation, change.Key, change.Data))
            {
                findings.Add(Oracle.ContentChanged, $"{what} is not what was sent");
            }

            if (change.Lsn <= push.Floor)
            {
                findings.Add(Oracle.AppearsBelowCursor, $"{what} was first sent when {push.Floor} had been handed out");
            }

            var own = standing.TryGetValue(push.First.Message, out var places) ? places : standing[push.First.Message] = [];
            if (!own.TryAdd(change.AuthorLsn, change.Lsn) && _doubled.Add((change.Author, change.AuthorLsn)))
            {
                figures.Doubled++;
                findings.Add(Oracle.Doubled, $"{what} stands at {own[change.AuthorLsn]} too");
            }
        }

        return standing;
    }

    private void Judge(PushBook push, FullJournal journal, Dictionary<long, long> standing, int stopped)
    {
        if (push.Standing is { } before && (before.Any(s => standing.GetValueOrDefault(s.Key) != s.Value)
            || standing.Any(s => !before.ContainsKey(s.Key) && !MayLack(push, s.Key, s.Value, journal))))
        {
            findings.Add(Oracle.Torn, $"{push} stood with {before.Count} changes and stands with {standing.Count}, or elsewhere");
        }

        if (push.Outcome is { } outcome)
        {
            Hold(push, outcome, journal, standing);
        }
        else if (standing.Count > 0 && !push.IsOpen)
        {
            findings.Add(Oracle.RefusedAppears, $"{push} was refused each time, and stands");
        }
        else if (standing.Count > 0 && push.IsOpenSince(stopped))
        {
            findings.Add(Oracle.LeftOpenByStop, $"{push} stands, and a stop in order left it unanswered");
        }

        if (push.Judge(standing))
        {
            (figures.FoundStored, figures.FoundAbsent) = standing.Count > 0
                ? (figures.FoundStored + 1, figures.FoundAbsent)
                : (figures.FoundStored, figures.FoundAbsent + 1);
        }
    }

    /// <summary>What was acknowledged stands where it was said to, and what was refused stands nowhere.</summary>
    private void Hold(PushBook push, PushAnswered outcome, FullJournal journal, Dictionary<long, long> standing)
    {
        var accepted = outcome.Accepted.Zip(outcome.Assigned).ToDictionary(static p => p.Item1, static p => p.Item2);
        foreach (var (lsn, at) in accepted)
        {
            if (journal.At(at) is { } there ? !Covers(there, push, lsn, outcome) : !MayLack(push, lsn, at, journal))
            {
                figures.Lost += _lost.Add(push.First.Message) ? 1 : 0;
                findings.Add(Oracle.Lost, $"{push}: change {lsn} was acknowledged as {at}, and is not there");
            }
        }

        foreach (var (lsn, at) in standing.Where(s => accepted.GetValueOrDefault(s.Key) != s.Value))
        {
            var (oracle, said) = accepted.TryGetValue(lsn, out var told)
                ? (Oracle.ContentChanged, $"said to stand at {told}")
                : (Oracle.RefusedAppears, "refused");
            findings.Add(oracle, $"{push}: change {lsn} stands at {at}, and was {said}");
        }
    }

    private static bool MayLack(PushBook push, long lsn, long at, FullJournal journal) =>
        push.Find(lsn) is { } sent && journal.MayLack(sent.Table, sent.Key, at);

    /// <summary>Itself; or, superseded, a later one by the same node; or, converged, one of the same content (protocol 5.3).</summary>
    private static bool Covers(StoredChange there, PushBook push, long lsn, PushAnswered outcome)
    {
        var sent = push.Find(lsn)!;
        if (there.Table != sent.Table || there.Key != sent.Key)
        {
            return false;
        }

        if (there.Author == push.First.Client)
        {
            return there.AuthorLsn == lsn || (there.AuthorLsn > lsn && outcome.Superseded.Contains(lsn));
        }

        return there.Operation == "Delete" == (sent.Operation == "Delete") && there.Data == sent.Data;
    }

    private void See(StoredChange change)
    {
        if (_seen.TryAdd(change.Lsn, change) || _seen[change.Lsn] == change)
        {
            return;
        }

        var before = _seen[change.Lsn];
        _seen[change.Lsn] = change;
        findings.Add(
            Oracle.ContentChanged,
            $"{name}: {change.Lsn} was {before.Author}'s {before.AuthorLsn}, and is {change.Author}'s {change.AuthorLsn} or altered");
    }

    private void Tell(ClientBook client, long serverLsn, long headLsn)
    {
        client.Store(serverLsn);
        _told = Math.Max(_told, Math.Max(serverLsn, headLsn));
    }

    private ClientBook Client(string client) => _clients.TryGetValue(client, out var book) ? book : _clients[client] = new ClientBook();
}
