using FsCheck.Fluent;
using FsCheck.Xunit;
using HeliosSync.Domain;

namespace HeliosSync.Property;

/// <summary>Generated histories against the reference, and what follows from whole histories (testing.md 1).</summary>
[Properties(Arbitrary = [typeof(HistoryArbitraries)], MaxTest = 200)]
public sealed class HistoryLaws
{
    [Property(MaxTest = 1_200)]
    public void A_tenant_answers_as_the_protocols_text_read_naively(History history) => Arena.After(history, compare: true);

    [Property]
    public void Truthful_clients_are_answered_as_the_protocols_text_read_naively(History history) =>
        Arena.After(history, truthful: true, compare: true);

    /// <summary>Without this, the laws over histories could hold because nothing happens in them.</summary>
    [Fact]
    public void Histories_meet_every_verdict_rule_and_refusal()
    {
        var seen = HistoryArbitraries.Histories().Generator.Sample(600, 50).SelectMany(h => Arena.After(h, compare: true).Seen).ToHashSet();
        string[] expected =
        [
            .. Enum.GetNames<Verdict>(), .. Enum.GetNames<ConflictType>(),
            "rule 1", "rule 2", "rule 3 by LSN", "rule 3 by dot", "rule 4", "rule 5 by deletion", "rule 5 by data", "rule 6",
            "judged", "follows", "repeat", "atomic refusal", "others", "restart", "registered", "registered anew", "registered as before",
            "forgotten", "fell silent", "unknown", "contact noted",
            "ClientNotRegistered", "ResyncRequired", "LsnAheadOfServer", "MessageIdReused", "NodeReused", "InvalidMessage",
        ];
        Assert.Empty(expected.Except(seen));
    }

    [Property]
    public void The_events_of_a_run_rebuild_its_state_and_so_does_every_snapshot_with_its_tail(History history)
    {
        var arena = Arena.After(history);
        if (arena.Journal.Count == 0)
        {
            return;
        }

        var expected = Portrait.Of(arena.Tenant.Freeze(), marks: false);
        var walker = new Tenant();
        for (var at = 0; at < arena.Journal.Count; at++)
        {
            walker.Apply(arena.Journal[at].Event, arena.Journal[at].Sequence, 100);
            var restored = new Tenant(walker.Freeze());
            foreach (var (e, sequence) in arena.Journal.Skip(at + 1))
            {
                restored.Apply(e, sequence, 100);
            }

            Assert.Equal(expected, Portrait.Of(restored.Freeze(), marks: false));
        }

        Assert.Equal(expected, Portrait.Of(walker.Freeze(), marks: false));
    }

    [Property]
    public void Accepted_and_conflicts_are_what_was_pushed_each_once(History history)
    {
        foreach (var (push, e) in Arena.After(history).Pushes)
        {
            var judgements = e.Judgements.ToArray();
            var conflicts = judgements.Where(j => j.Verdict == Verdict.Conflicting).Select(j => j.LocalLsn).ToArray();
            var accepted = judgements
                .Where(j => j.Verdict is Verdict.Accepted or Verdict.Repeated or Verdict.Superseded or Verdict.Converged)
                .Select(j => j.LocalLsn).ToArray();
            var pushed = push.Changes.ToArray().Select(c => c.LocalLsn);
            Assert.Equal(push.Atomic && conflicts.Length > 0, e.Refused);
            Assert.Equal((e.Refused ? conflicts : pushed).Order(), accepted.Concat(conflicts).Order());
            Assert.All(judgements, j => Assert.Equal(j.Verdict == Verdict.Conflicting, j.Conflict != ConflictType.None));
        }
    }

    [Property]
    public void Lsns_are_dense_and_each_stands_for_one_change_for_ever(History history)
    {
        var arena = Arena.After(history);
        var lsns = arena.Pushes.SelectMany(p => p.Judged.Judgements.ToArray()).Where(j => j.Verdict == Verdict.Accepted).Select(j => j.Lsn);
        Assert.Equal(Enumerable.Range(1, (int)arena.Tenant.Head).Select(i => (long)i), lsns);
    }

    /// <summary>A mark stands at every event that fills what may lie between two: reading from there meets the LSN at once.</summary>
    [Property]
    public void Where_events_are_large_the_index_names_the_very_event_of_every_lsn(History history)
    {
        var tenant = new Tenant();
        foreach (var (e, sequence) in Arena.After(history).Journal)
        {
            tenant.Apply(e, sequence, LsnIndex.MarkBytes);
            for (var lsn = e is Pushed pushed ? pushed.FirstLsn : long.MaxValue; lsn <= tenant.Head; lsn++)
            {
                Assert.Equal(sequence, tenant.SequenceBefore(lsn));
            }
        }
    }

    /// <summary>A repeat under its own id, whatever came after: the same outcome is named, and nothing is written.</summary>
    [Property]
    public void A_repeat_at_any_later_time_within_the_window_changes_nothing(History history)
    {
        var arena = Arena.After(history);
        var sequences = arena.Journal.Where(j => j.Event is Pushed).Select(j => j.Sequence).ToArray();
        foreach (var ((push, _), sequence) in arena.Pushes.Zip(sequences).Where(p => !arena.Lapsed.Contains(p.First.Push)))
        {
            var decision = arena.Tenant.Decide(push, Tiny.Now + 1_000_000);
            Assert.Null(decision.Refusal);
            Assert.Null(decision.Event);
            Assert.Equal(sequence, decision.RepeatOf);
            Assert.False(decision.Follows);
        }
    }

    /// <summary>A repeat under another id is caught change by change, as long as clients keep protocol 5.3's word.</summary>
    [Property(MaxTest = 1000)]
    public void A_late_repeat_under_another_id_writes_nothing(History history)
    {
        var arena = Arena.After(history, truthful: true);
        foreach (var ((push, judged), at) in arena.Pushes.Where(p => !p.Judged.Refused).Select((p, i) => (p, i)).ToArray())
        {
            Comeback(arena, push.Client);
            var decision = arena.Tenant.Decide(push with { Message = new Guid(at, 9, 9, new byte[8]) }, Tiny.Now);
            Assert.Null(decision.Refusal);
            Assert.DoesNotContain(decision.Event!.Judgements.ToArray(), j => j.Verdict == Verdict.Accepted);
            Assert.Equal(arena.Tenant.StandingOf(push.Client).JudgedLsn, decision.Event.JudgedLsn);
            Assert.True(judged.JudgedCounter <= decision.Event.JudgedCounter);
        }
    }

    /// <summary>A client that was forgotten says who it is, and goes on as the node that it was.</summary>
    internal static void Comeback(Arena arena, ClientId client)
    {
        var register = new Register(client, NodeId.Of(client), 0, null, VectorClock.Empty, null, []);
        if (arena.Tenant.Decide(register, Tiny.ServerGuid, Tiny.Now).Event is { First: true } e)
        {
            arena.Tenant.Apply(e, arena.Tenant.Sequence + 1, 100);
        }
    }

    /// <summary>Everything but the row itself is taken out of the table: the change is judged the same.</summary>
    [Property]
    public void Other_rows_never_matter(History history, PushStep step)
    {
        var arena = Arena.After(history);
        arena.Take(step with { Client = step.Client % 3, Names = 0, Told = 0, Message = 12 });
        if (arena.Pushes.Count == 0 || arena.Tenant.CheckClient(arena.Pushes[^1].Push.Client, null) is not null)
        {
            return;
        }

        var (push, _) = arena.Pushes[^1];
        foreach (var change in push.Changes.ToArray())
        {
            var alone = push with { Message = Guid.Empty, Changes = new[] { change } };
            var rows = arena.Tenant.Freeze();
            var others = Enumerable.Range(0, 2_000).Select(i => Lonely(i, Tiny.Row(i)));
            var without = rows with { Rows = [rows.Rows.SelectMany(r => r.ToArray()).Where(r => r.Row == change.Row).ToArray()] };
            var with = rows with { Rows = [.. without.Rows, others.Where(r => r.Row != change.Row).ToArray()] };
            var expected = arena.Tenant.Decide(alone, Tiny.Now).Event!.Judgements.ToArray();
            Assert.Equal(expected, new Tenant(without).Decide(alone, Tiny.Now).Event!.Judgements.ToArray());
            Assert.Equal(expected, new Tenant(with).Decide(alone, Tiny.Now).Event!.Judgements.ToArray());
        }
    }

    /// <summary>Two tenants whose steps take turns in one process end as each does alone: they share no state and no numbers.</summary>
    [Property]
    public void Other_tenants_never_matter(History one, History other)
    {
        var (left, right) = (new Arena(), new Arena());
        for (var i = 0; i < Math.Max(one.Steps.Count, other.Steps.Count); i++)
        {
            one.Steps.Skip(i).Take(1).ToList().ForEach(left.Take);
            other.Steps.Skip(i).Take(1).ToList().ForEach(right.Take);
        }

        foreach (var (alone, beside) in new[] { (Arena.After(one), left), (Arena.After(other), right) })
        {
            Assert.Equal(Portrait.Of(alone.Tenant), Portrait.Of(beside.Tenant));
            Assert.Equal(
                alone.Pushes.SelectMany(p => p.Judged.Judgements.ToArray()), beside.Pushes.SelectMany(p => p.Judged.Judgements.ToArray()));
        }
    }

    /// <summary>
    /// A push is cut at any places into pushes of their own. Two things are left out, because the protocol ties them to the push:
    /// a message clock, whose entry is P for every piece alike (5.4), and contexts above the head at the push's start (409, 5.3).
    /// </summary>
    [Property(MaxTest = 500)]
    public void The_judgement_does_not_depend_on_how_changes_are_cut_into_batches(History history, PushStep step, int cuts)
    {
        var (whole, pieces) = (Arena.After(history), Arena.After(history));
        whole.Take(step with { Client = step.Client % 3, Names = 0, Told = 0, Message = 12, Atomic = false });
        if (whole.Pushes.Count == pieces.Pushes.Count)
        {
            return;
        }

        var (push, judged) = whole.Pushes[^1];
        var judgements = new List<Judgement>();
        var kept = new List<PushedChange>();
        foreach (var piece in Cut(push.Changes, cuts))
        {
            var message = new Guid(kept.Count, 8, 8, new byte[8]);
            var decision = pieces.Push(push with { Message = message, Changes = piece });
            judgements.AddRange(decision.Event!.Judgements.ToArray());
            kept.AddRange(decision.Event.Changes.ToArray());
        }

        Assert.Equal(judged.Judgements.ToArray(), judgements);
        Assert.Equal(judged.Changes.ToArray(), kept);
        Assert.Equal(whole.Tenant.StandingOf(push.Client), pieces.Tenant.StandingOf(push.Client));
        Assert.Equal(
            whole.Tenant.Freeze().Rows.SelectMany(r => r.ToArray()), pieces.Tenant.Freeze().Rows.SelectMany(r => r.ToArray()));
    }

    private static IEnumerable<ReadOnlyMemory<PushedChange>> Cut(ReadOnlyMemory<PushedChange> changes, int cuts)
    {
        var from = 0;
        for (var at = 1; at <= changes.Length; at++)
        {
            if (at == changes.Length || ((cuts >> at) & 1) == 1)
            {
                yield return changes[from..at];
                from = at;
            }
        }
    }

    private static RowVersion Lonely(int i, Hash128 row) =>
        new(row, 1 + (i % 3), i % 4, i % 5, (ulong)i % 3, 0, Tiny.Operations[i % 3], i % 2 == 0);
}
