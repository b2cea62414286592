using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using HeliosSync.Domain;

namespace HeliosSync.Property;

/// <summary>Changes to one row by authors that know nothing of each other, and the orders in which they come.</summary>
public sealed record Strangers(PushedChange[] Changes, int[] OneOrder, int[] OtherOrder)
{
    public override string ToString() =>
        $"{string.Join("; ", Changes.Select((c, i) => $"{(char)('a' + i)}: {c.Operation} {c.Content} at {c.TimestampMicros - Tiny.Now}"))} "
        + $"as {string.Join(',', OneOrder)} and {string.Join(',', OtherOrder)}";
}

/// <summary>What the laws of policies are drawn from.</summary>
public static class PolicyArbitraries
{
    public static Arbitrary<ConflictPolicies> Policies() => (
        from everywhere in Gen.Choose(0, 3)
        from named in Gen.Choose(0, 4)
        select named == 4 ? Of(everywhere) : Of(everywhere, new TablePolicy("t", (ConflictPolicy)named))).ToArbitrary();

    /// <summary>2 to 5 strangers; few times and contents, so that both are often equal; some times up to 5 minutes ahead.</summary>
    public static Arbitrary<Strangers> SomeStrangers() => (
        from count in Gen.Choose(2, 5)
        from changes in Gen.ArrayOf(Changes(), count)
        from one in Gen.Shuffle(Enumerable.Range(0, count).ToArray())
        from other in Gen.Shuffle(Enumerable.Range(0, count).ToArray())
        select new Strangers(changes, one, other)).ToArbitrary();

    private static Gen<PushedChange> Changes() =>
        from operation in Gen.Elements(Tiny.Operations)
        from content in Gen.Choose(0, 2)
        from time in Gen.Elements(-2_000_000_000, -1, 0, 0, 1, 1, Limits.TimestampAheadMicrosMax)
        select Tiny.Change(1, operation, 0, content, timestamp: Tiny.Now + time);

    private static ConflictPolicies Of(int policy, params TablePolicy[] tables) =>
        ConflictPolicies.TryCreate((ConflictPolicy)policy, tables)!;
}

/// <summary>The policies of protocol 5.5.</summary>
[Properties(Arbitrary = [typeof(HistoryArbitraries), typeof(PolicyArbitraries)], MaxTest = 300)]
public sealed class PolicyLaws
{
    private static readonly string[] Authors = ["a", "b", "c", "d", "e"];

    [Property(MaxTest = 1_200)]
    public void A_tenant_with_policies_answers_as_the_protocols_text_read_naively(History history, ConflictPolicies policies) =>
        Arena.After(history, compare: true, policies: policies);

    [Fact]
    public void Histories_meet_every_resolution()
    {
        var seen = new HashSet<string>();
        foreach (var policy in Enum.GetValues<ConflictPolicy>())
        {
            seen.UnionWith(HistoryArbitraries.Histories().Generator.Sample(200, 50)
                .SelectMany(h => Arena.After(h, compare: true, policies: All(policy)).Seen));
        }

        string[] expected =
        [
            .. Enum.GetNames<Resolution>(), "rule 6, and won by ClientWins", "rule 6, and won by LastWriteWins",
            "rule 5 by data, and won by LastWriteWins", "rule 5 by deletion, and won by LastWriteWins", "atomic refusal",
        ];
        Assert.Empty(expected.Except(seen));
    }

    [Property]
    public void Every_pushed_number_stands_once_as_accepted_or_in_a_conflict_that_was_not_won(History history, ConflictPolicies policies)
    {
        foreach (var (push, e) in Arena.After(history, policies: policies).Pushes)
        {
            var judgements = e.Judgements.ToArray();
            var lost = judgements.Where(j => j.Resolution is Resolution.Rejected or Resolution.ServerWon).Select(j => j.LocalLsn).ToArray();
            Assert.Equal(push.Atomic && lost.Length > 0, e.Refused);
            if (!e.Refused)
            {
                var accepted = judgements.Where(j => j.Verdict is >= Verdict.Accepted and <= Verdict.Converged).Select(j => j.LocalLsn);
                Assert.Equal(push.Changes.ToArray().Select(c => c.LocalLsn).Order(), accepted.Concat(lost).Order());
            }
        }
    }

    /// <summary>The winner is the greatest pair of time and author, whoever comes first.</summary>
    [Property(MaxTest = 3_000)]
    public void The_last_write_wins_in_every_order_of_arrival(Strangers strangers)
    {
        var last = Enumerable.Range(0, strangers.Changes.Length).MaxBy(i => (strangers.Changes[i].TimestampMicros, i));
        var expected = (strangers.Changes[last].Content, strangers.Changes[last].Operation == Operation.Delete);
        Assert.Equal(expected, Winner(strangers, strangers.OneOrder));
        Assert.Equal(expected, Winner(strangers, strangers.OtherOrder));
    }

    /// <summary>Where a change that knows another has a later time than that, order is nothing here either.</summary>
    [Property(MaxTest = 1_000)]
    public void With_chains_of_knowledge_whose_times_rise_the_winner_is_the_last_of_all(Strangers strangers)
    {
        var stages = new[] { strangers.OneOrder, strangers.OtherOrder }.Select(order =>
        {
            var stage = Lww();
            var clock = VectorClock.Empty;
            foreach (var i in order)
            {
                var own = strangers.Changes[i] with
                {
                    Clock = clock.With(Tiny.Node(Authors[i]), 1),
                    TimestampMicros = strangers.Changes[i].TimestampMicros - 20,
                };
                stage.Push(Authors[i], own);

                // The author goes on from its own change alone, later than all.
                var next = own with { LocalLsn = 2, TimestampMicros = own.TimestampMicros + 10, Content = 7, Data = new byte[] { 7 } };
                stage.Push(Authors[i], next with { Operation = Operation.Update, Clock = clock.With(Tiny.Node(Authors[i]), 2) });
            }

            return stage.Standing(0);
        }).ToArray();
        Assert.Equal((stages[0].TimestampMicros, stages[0].Author), (stages[1].TimestampMicros, stages[1].Author));
    }

    [Property]
    public void A_time_far_ahead_does_not_win_by_itself(bool first)
    {
        var stage = Lww();
        var honest = Tiny.Change(1, Operation.Insert, 0, 1, timestamp: Tiny.Now + 1);
        var far = Tiny.Change(1, Operation.Insert, 0, 2, timestamp: Tiny.Now + (10L * 365 * 24 * 3_600 * 1_000_000));
        stage.Push(first ? "b" : "a", first ? far : honest);
        stage.Push(first ? "a" : "b", first ? honest : far);
        Assert.Equal(1UL, stage.Standing(0).Content);
    }

    /// <summary>An old repeat must not win again, under any policy.</summary>
    [Property(MaxTest = 500)]
    public void A_late_repeat_under_another_id_writes_nothing_under_any_policy(History history, ConflictPolicies policies)
    {
        var arena = Arena.After(history, truthful: true, policies: policies);
        foreach (var ((push, _), at) in arena.Pushes.Where(p => !p.Judged.Refused).Select((p, i) => (p, i)).ToArray())
        {
            HistoryLaws.Comeback(arena, push.Client);
            var decision = arena.Tenant.Decide(push with { Message = new Guid(at, 9, 9, new byte[8]) }, Tiny.Now);
            Assert.DoesNotContain(decision.Event!.Judgements.ToArray(), j => j.Verdict == Verdict.Accepted);
            Assert.DoesNotContain(decision.Event.Judgements.ToArray(), j => j.Resolution is Resolution.ClientWon or Resolution.ServerWon);
        }
    }

    [Property]
    public void What_was_decided_is_rebuilt_exactly_whatever_the_policies_have_become(History history, ConflictPolicies policies)
    {
        var arena = Arena.After(history, policies: policies);
        if (arena.Journal.Count == 0)
        {
            return;
        }

        var walker = new Tenant();
        foreach (var (e, sequence) in arena.Journal)
        {
            walker = new Tenant(Applied(walker, e, sequence).Freeze());
        }

        Assert.Equal(Portrait.Of(arena.Tenant.Freeze(), marks: false), Portrait.Of(walker.Freeze(), marks: false));
    }

    [Fact]
    public void Where_the_time_of_a_version_was_not_kept_last_write_wins_decides_nothing()
    {
        var stage = Lww();
        stage.Push("a", Tiny.Change(1, Operation.Insert, 0, 1));
        var frozen = stage.Tenant.Freeze();
        RowVersion[] timeless = [.. frozen.Rows[0].ToArray().Select(static r => r with { TimestampMicros = RowVersion.NoTime })];
        var old = new Tenant(frozen with { Rows = [timeless] });
        var judged = old.Decide(stage.Batch("b", VectorClock.Empty, Tiny.Change(1, Operation.Insert, 0, 2)), Tiny.Now).Event!;
        var judgement = judged.Judgements.Span[0];
        Assert.Equal((Resolution.Rejected, ConflictPolicy.LastWriteWins), (judgement.Resolution, judgement.Policy));
        var same = old.Decide(stage.Batch("b", VectorClock.Empty, Tiny.Change(1, Operation.Insert, 0, 1)), Tiny.Now).Event!;
        Assert.Equal(Verdict.Converged, same.Judgements.Span[0].Verdict);
    }

    [Fact]
    public void A_tables_policy_goes_before_the_tenants_and_the_tenants_before_the_configurations()
    {
        var policies = ConflictPolicies.TryCreate(
            ConflictPolicy.ServerWins,
            [new("t", ConflictPolicy.ClientWins), new("s", ConflictPolicy.Reject), new("a", ConflictPolicy.LastWriteWins)])!;
        Assert.Equal(
            [ConflictPolicy.ClientWins, ConflictPolicy.Reject, ConflictPolicy.LastWriteWins, ConflictPolicy.ServerWins],
            new[] { "t", "s", "a", "T" }.Select(policies.Of));
        var stage = new Stage();
        stage.Register("a");
        stage.Register("b");
        stage.Push("a", Tiny.Change(1, Operation.Insert, 0, 1));
        var push = stage.Batch("b", VectorClock.Empty, Tiny.Change(1, Operation.Insert, 0, 2));
        Assert.Equal(Resolution.ServerWon, Judged(stage, push, All(ConflictPolicy.ServerWins)).Resolution);
        stage.SetPolicies(policies);
        Assert.Equal(Resolution.ClientWon, Judged(stage, push, All(ConflictPolicy.ServerWins)).Resolution);
        stage.Restart();
        Assert.Equal(Resolution.ClientWon, Judged(stage, push, All(ConflictPolicy.ServerWins)).Resolution);
        stage.SetPolicies(null);
        Assert.Equal(Resolution.Rejected, Judged(stage, push, null).Resolution);
    }

    [Fact]
    public void Policies_that_cannot_be_are_not_made()
    {
        Assert.Null(ConflictPolicies.TryCreate((ConflictPolicy)4, []));
        Assert.Null(ConflictPolicies.TryCreate(default, [new("t", (ConflictPolicy)4)]));
        Assert.Null(ConflictPolicies.TryCreate(default, [new("t", default), new("t", default)]));
        Assert.Null(ConflictPolicies.TryCreate(default, [new("t t", default)]));
        Assert.NotNull(ConflictPolicies.TryCreate(default, Tables(Limits.PolicyTablesMax)));
        Assert.Null(ConflictPolicies.TryCreate(default, Tables(Limits.PolicyTablesMax + 1)));

        static IEnumerable<TablePolicy> Tables(int count) => Enumerable.Range(0, count).Select(i => new TablePolicy($"t{i}", default));
    }

    private static Judgement Judged(Stage stage, Push push, ConflictPolicies? configured) =>
        stage.Tenant.Decide(push, Tiny.Now, configured).Event!.Judgements.Span[0];

    private static ConflictPolicies All(ConflictPolicy policy) => ConflictPolicies.TryCreate(policy, [])!;

    private static (ulong Content, bool Deleted) Winner(Strangers strangers, int[] order)
    {
        var stage = Lww();
        foreach (var i in order)
        {
            stage.Push(Authors[i], strangers.Changes[i]);
        }

        var standing = stage.Standing(0);
        return (standing.Content, standing.Operation == Operation.Delete);
    }

    private static Stage Lww()
    {
        var stage = new Stage();
        Array.ForEach(Authors, author => stage.Register(author));
        stage.SetPolicies(All(ConflictPolicy.LastWriteWins));
        return stage;
    }

    private static Tenant Applied(Tenant tenant, TenantEvent e, long sequence)
    {
        tenant.Apply(e, sequence, 100);
        return tenant;
    }
}
