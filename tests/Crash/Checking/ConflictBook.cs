using HeliosSync.Crash.History;

namespace HeliosSync.Crash.Checking;

/// <summary>A tenant's conflicts: what was said of them, held to its conflict log (protocol 10.2).</summary>
internal sealed class ConflictBook(string name, Findings findings, Figures figures)
{
    private readonly HashSet<(string Author, long Lsn, long Met)> _reported = [];
    private readonly HashSet<long> _settled = [];

    /// <summary>Somebody was told that it is settled.</summary>
    public void Settle(long id) => figures.Settled += _settled.Add(id) ? 1 : 0;

    /// <summary>A push was answered, perhaps with conflicts.</summary>
    public void Answered(PushSent push, PushAnswered answer)
    {
        _reported.UnionWith(answer.Conflicts.Select(c => (push.Client, c.Lsn, c.Met)));
        foreach (var id in answer.Settled)
        {
            Settle(id);
        }
    }

    /// <summary>Holds all of it to the whole log.</summary>
    public void Audit(IReadOnlyList<LoggedConflict> log)
    {
        var logged = new HashSet<(string, long, long)>();
        foreach (var conflict in log.Where(c => !logged.Add((c.Author, c.AuthorLsn, c.Met))))
        {
            findings.Add(Oracle.ConflictForgotten, $"{name}: {conflict} is in the log twice");
        }

        foreach (var (author, lsn, met) in _reported.Where(r => !logged.Contains(r)))
        {
            findings.Add(Oracle.ConflictForgotten, $"{name}: the conflict of {author}'s {lsn} with {met} is not in the log");
        }

        var open = log.Where(static c => !c.IsSettled).Select(static c => c.Id).ToHashSet();
        foreach (var id in _settled.Where(open.Contains))
        {
            findings.Add(Oracle.ConflictForgotten, $"{name}: conflict {id} was settled, and is open");
        }
    }
}
