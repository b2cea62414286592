using FsCheck.Xunit;
using HeliosSync.Domain;

namespace HeliosSync.Property;

/// <summary>The conflict log of protocol 4.7: nothing that lost is missing, and what settles an entry is what rules 3 and 4 say.</summary>
[Properties(Arbitrary = [typeof(HistoryArbitraries), typeof(PolicyArbitraries)], MaxTest = 300)]
public sealed class ConflictLogLaws
{
    private const long Day = 24L * 3_600 * 1_000_000;

    [Property]
    public void Every_conflict_of_a_history_is_in_the_log_once_with_both_versions(History history, ConflictPolicies policies)
    {
        var arena = Arena.After(history, policies: policies);
        var expected = new HashSet<string>();
        foreach (var (push, e) in arena.Pushes)
        {
            for (var i = 0; i < e.Judgements.Length; i++)
            {
                var (judgement, change) = (e.Judgements.Span[i], push.Changes.Span[i]);
                if (judgement.Conflict != ConflictType.None)
                {
                    var met = judgement.Verdict == Verdict.Accepted ? e.WonOver![i] : judgement.Lsn;
                    expected.Add($"{e.Author} {change.LocalLsn} {change.Row} {change.Operation} {change.Content} {met}");
                }
            }
        }

        var nodes = arena.Journal.Count == 0 ? [] : arena.Tenant.Freeze().Nodes;
        var logged = arena.Tenant.Conflicts.Freeze().Select(c => (Node: nodes[c.Incoming.Author].Node, c.Incoming, c.Met))
            .Select(c => $"{c.Node} {c.Incoming.LocalLsn} {c.Incoming.Row} {c.Incoming.Operation} {c.Incoming.Content} {c.Met.Lsn}");
        Assert.Equal(expected.Order(StringComparer.Ordinal), logged.Order(StringComparer.Ordinal));
    }

    [Property]
    public void Ids_rise_and_what_is_settled_was_open_and_is_settled_once(History history, ConflictPolicies policies)
    {
        var arena = Arena.After(history, policies: policies);
        var log = arena.Tenant.Conflicts.Freeze();
        Assert.Equal(log.Select(c => c.Id).Distinct().Order(), log.Select(c => c.Id));
        var settled = arena.Pushes.SelectMany(p => p.Judged.Settled ?? []).ToArray();
        Assert.Equal(settled.Select(s => s.Id).Distinct().Count(), settled.Length);
        Assert.Equal(
            settled.Select(s => (s.Id, s.State, s.Lsn)).Order(),
            log.Where(c => c.State is ConflictState.Merged or ConflictState.KeptServer).Select(c => (c.Id, c.State, c.SettledLsn)).Order());
    }

    [Fact]
    public void Histories_settle_conflicts()
    {
        var settled = FsCheck.Fluent.Gen.Sample(HistoryArbitraries.Histories().Generator, 400, 50)
            .SelectMany(h => Arena.After(h).Pushes).Count(p => p.Judged.Settled is not null);
        Assert.InRange(settled, 5, int.MaxValue);
    }

    /// <summary>By any of the ways of rules 3 and 4; a change that knows only one of the versions settles nothing.</summary>
    [Theory]
    [InlineData("b", 2, 1, 0, true)]
    [InlineData("b", 2, 0, 0, false)]
    [InlineData("c", 1, 1, 5, true)]
    [InlineData("c", 1, 1, 4, false)]
    [InlineData("c", 1, 1, 0, false)]
    [InlineData("a", 2, 0, 5, true)]
    [InlineData("a", 2, 0, 0, false)]
    public void A_change_settles_what_it_knows_both_versions_of(string author, long lsn, long baseLsn, long knowsB, bool settles)
    {
        var stage = new Stage();
        Array.ForEach(["a", "b", "c"], client => stage.Register(client));
        stage.Push("a", Tiny.Change(1, Operation.Insert, 0, 1));
        stage.Push("b", Tiny.Change(1, Operation.Insert, 0, 2, Tiny.Clock((Tiny.Node("b"), 5))));
        var open = Assert.Single(stage.Tenant.Conflicts.Freeze());
        var clock = author == "b" ? VectorClock.Empty : VectorClock.Empty.With(Tiny.Node("b"), knowsB);
        stage.Push(author, Tiny.Change(lsn, Operation.Update, 0, 3, clock, baseLsn));
        Assert.Equal(settles ? ConflictState.Merged : ConflictState.Open, stage.Tenant.Conflicts.Find(open.Id)!.State);
        stage.Restart();
        Assert.Equal(settles ? ConflictState.Merged : ConflictState.Open, stage.Tenant.Conflicts.Find(open.Id)!.State);
    }

    /// <summary>What stands meanwhile may be known without what the conflict met: then nobody has seen that both are merged.</summary>
    [Fact]
    public void A_change_that_knows_what_stands_but_not_what_the_conflict_met_settles_nothing()
    {
        var stage = new Stage();
        Array.ForEach(["a", "b", "c", "d"], client => stage.Register(client));
        stage.Push("a", Tiny.Change(1, Operation.Insert, 0, 1));
        stage.Push("b", Tiny.Change(1, Operation.Insert, 0, 2, Tiny.Clock((Tiny.Node("b"), 5))));
        stage.Push("c", Tiny.Change(1, Operation.Update, 0, 3, Tiny.Clock((Tiny.Node("c"), 1)), baseLsn: 1));
        stage.Push("d", Tiny.Change(1, Operation.Update, 0, 4, Tiny.Clock((Tiny.Node("b"), 5), (Tiny.Node("c"), 1))));
        Assert.Equal(3, stage.Tenant.Head);
        Assert.Equal(ConflictState.Open, Assert.Single(stage.Tenant.Conflicts.Freeze()).State);
    }

    [Fact]
    public void A_change_of_the_same_batch_settles_too()
    {
        var stage = new Stage();
        stage.Register("a");
        stage.Register("b");
        stage.Push("a", Tiny.Change(1, Operation.Insert, 0, 1));
        stage.Push(stage.Batch(
            "b", VectorClock.Empty, Tiny.Change(1, Operation.Insert, 0, 2), Tiny.Change(2, Operation.Update, 0, 3, baseLsn: 1)));
        var entry = Assert.Single(stage.Tenant.Conflicts.Freeze());
        Assert.Equal((ConflictState.Merged, 2), (entry.State, entry.SettledLsn));
    }

    [Fact]
    public void The_oldest_go_where_there_are_too_many_and_those_of_90_days_ago()
    {
        var log = new ConflictLog();
        for (var i = 1; i <= Limits.ConflictsMax + 1; i++)
        {
            log.Add(Entry(i, Tiny.Now));
        }

        Assert.Equal(Limits.ConflictsMax, log.Count);
        Assert.Null(log.Find(1));
        Assert.NotNull(log.Find(2));
        log.Add(Entry(Limits.ConflictsMax + 2, Tiny.Now + (90 * Day)));
        Assert.Equal(Limits.ConflictsMax, log.Count);
        log.Add(Entry(Limits.ConflictsMax + 3, Tiny.Now + (90 * Day) + 1));
        Assert.Equal(2, log.Count);
        Assert.Equal([Limits.ConflictsMax + 2L, Limits.ConflictsMax + 3L], log.Above(0, 0, null).Select(c => c.Id));
    }

    private static ConflictEntry Entry(long id, long at)
    {
        var row = new RowVersion(Tiny.Row((int)id % 7), 0, 1, id, 7, 0, Operation.Update, true, at);
        return new ConflictEntry(id, at, ConflictType.ConcurrentUpdate, default, row, row with { Lsn = 1 });
    }
}
