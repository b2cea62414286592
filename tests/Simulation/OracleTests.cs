using HeliosSync.Domain;

namespace HeliosSync.Simulation;

/// <summary>Each oracle is fed a history that breaks its promise, and must say so; the same history without the break passes.</summary>
public sealed class OracleTests : IDisposable
{
    private static readonly Guid Message = new("22222222-2222-2222-2222-222222222222");

    private readonly OracleRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void A_history_without_a_break_breaks_no_oracle()
    {
        var first = _rig.Edit("c1", 1);
        _rig.Commit(first, Verdict.Accepted, 1, Message);
        _rig.Answer(Endpoint.Push, Ack("""[1],"assigned_lsns":[1]""", 1), Message);
        _rig.Answer(Endpoint.Pull, _rig.Page(first, 1));
        var second = _rig.Edit("c2", 1, Operation.Update, 1, null, first);
        _rig.Commit(second, Verdict.Accepted, 2);
        Assert.Null(_rig.Broken);
    }

    [Fact]
    public void An_acknowledged_push_that_is_not_in_the_journal_is_found()
    {
        _rig.Edit("c1", 1);
        _rig.Answer(Endpoint.Push, Ack("""[1],"assigned_lsns":[1]""", 0), Message);
        Assert.Equal(Oracle.AcknowledgedIsThere, _rig.Broken);
    }

    [Fact]
    public void An_answer_that_says_otherwise_than_the_journal_is_found()
    {
        _rig.Commit(_rig.Edit("c1", 1), Verdict.Accepted, 1, Message);
        _rig.Answer(Endpoint.Push, Ack("""[1],"assigned_lsns":[2]""", 1), Message);
        Assert.Equal(Oracle.AcknowledgedIsThere, _rig.Broken);
    }

    [Fact]
    public void A_change_that_stands_twice_is_found()
    {
        var edit = _rig.Edit("c1", 1);
        _rig.Commit(edit, Verdict.Accepted, 1);
        _rig.Commit(edit, Verdict.Accepted, 2);
        Assert.Equal(Oracle.NothingTwice, _rig.Broken);
    }

    [Fact]
    public void A_push_that_is_judged_twice_is_found()
    {
        var edit = _rig.Edit("c1", 1);
        _rig.Commit(edit, Verdict.Accepted, 1, Message);
        _rig.Commit(edit, Verdict.Repeated, 1, Message);
        Assert.Equal(Oracle.NothingTwice, _rig.Broken);
    }

    [Fact]
    public void A_refused_change_that_appears_is_found()
    {
        var edit = _rig.Edit("c1", 1);
        edit.Refused = true;
        _rig.Commit(edit, Verdict.Accepted, 1);
        Assert.Equal(Oracle.RefusedNeverAppears, _rig.Broken);
    }

    [Fact]
    public void Other_content_at_an_lsn_is_found()
    {
        _rig.Commit(_rig.Edit("c1", 1), Verdict.Accepted, 1);
        _rig.Answer(Endpoint.Pull, _rig.Page(_rig.Edit("c1", 1, Operation.Insert, 3), 1));
        Assert.Equal(Oracle.LsnNeverChanges, _rig.Broken);
    }

    [Fact]
    public void A_gap_between_lsns_is_found()
    {
        _rig.Commit(_rig.Edit("c1", 1), Verdict.Accepted, 2);
        Assert.Equal(Oracle.LsnNeverChanges, _rig.Broken);
    }

    [Fact]
    public void A_cursor_above_what_is_durable_is_found()
    {
        _rig.Answer(Endpoint.Heartbeat, """{"success":true,"head_lsn":3}""");
        Assert.Equal(Oracle.NothingBelowACursor, _rig.Broken);
    }

    [Fact]
    public void A_change_shown_before_it_is_durable_is_found()
    {
        _rig.Answer(Endpoint.Pull, _rig.Page(_rig.Edit("c1", 1), 1));
        Assert.Equal(Oracle.NothingBelowACursor, _rig.Broken);
    }

    [Fact]
    public void A_position_that_passes_over_a_change_is_found()
    {
        _rig.Commit(_rig.Edit("c1", 1), Verdict.Accepted, 1);
        _rig.Replica("c2").TakePage(OracleRig.Read("""{"changes":[],"server_lsn":1,"head_lsn":1,"has_more":false}"""));
        Assert.Equal(Oracle.PositionPassesNothing, _rig.Broken);
    }

    /// <summary>Of a pull from 0 only what a later change up to its pinned head supersedes may be left out.</summary>
    [Theory]
    [InlineData(2, false)]
    [InlineData(1, true)]
    [InlineData(0, true)]
    public void A_first_sync_may_leave_out_what_is_superseded_up_to_its_pinned_head_and_nothing_else(long pinned, bool isFound)
    {
        var first = _rig.Edit("c1", 1);
        _rig.Commit(first, Verdict.Accepted, 1);
        _rig.Commit(_rig.Edit("c1", 2, Operation.Update, 1, null, first), Verdict.Accepted, 2);
        _rig.Replica("c2").TakePage(OracleRig.Read("""{"changes":[],"server_lsn":1,"head_lsn":2,"has_more":true}"""), pinned);
        Assert.Equal(isFound ? Oracle.PositionPassesNothing : null, _rig.Broken);
    }

    [Fact]
    public void A_client_that_is_served_before_it_registers_with_a_restored_journal_is_found()
    {
        var edit = _rig.Edit("c1", 1);
        _rig.Commit(edit, Verdict.Accepted, 1);
        _rig.Restore();
        _rig.Answer(Endpoint.Heartbeat, """{"success":true,"head_lsn":1}""");
        Assert.Equal(Oracle.AnswerIsAllowed, _rig.Broken);
    }

    /// <summary>The same LSN is another change then, and no promise broken.</summary>
    [Fact]
    public void A_restored_journal_is_held_to_nothing_that_was_lost()
    {
        _rig.Commit(_rig.Edit("c1", 1), Verdict.Accepted, 1);
        _rig.Restore();
        _rig.Commit(_rig.Edit("c1", 2), Verdict.Accepted, 1);
        Assert.Null(_rig.Broken);
    }

    [Fact]
    public void A_client_that_holds_other_rows_is_found()
    {
        _rig.Commit(_rig.Edit("c1", 1), Verdict.Accepted, 1);
        Convergence.Check(_rig.Replica("c2"), _rig.Ledger, _rig.Verdicts);
        Assert.Equal(Oracle.Convergence, _rig.Broken);
    }

    [Fact]
    public void An_update_that_was_replaced_unseen_is_found()
    {
        _rig.Commit(_rig.Edit("c1", 1), Verdict.Accepted, 1);
        _rig.Commit(_rig.Edit("c2", 1, Operation.Update, 1), Verdict.Accepted, 2);
        Assert.Equal(Oracle.NothingLostSilently, _rig.Broken);
    }

    [Fact]
    public void An_update_that_gives_way_to_one_whose_author_never_saw_it_is_found()
    {
        var earlier = _rig.Edit("c1", 1);
        _rig.Commit(_rig.Edit("c1", 2), Verdict.Accepted, 1);
        _rig.Commit(earlier, Verdict.Superseded, 1);
        Assert.Equal(Oracle.NothingLostSilently, _rig.Broken);
    }

    [Fact]
    public void A_change_that_nobody_of_the_tenant_made_is_found()
    {
        using var other = new OracleRig();
        _rig.Commit(other.Edit("c1", 7), Verdict.Accepted, 1);
        Assert.Equal(Oracle.TenantsApart, _rig.Broken);
    }

    [Fact]
    public void The_server_node_of_another_tenant_is_found()
    {
        _rig.Answer(Endpoint.Pull, """{"changes":[],"server_node":"33333333-3333-3333-3333-333333333333"}""");
        Assert.Equal(Oracle.TenantsApart, _rig.Broken);
    }

    [Fact]
    public void A_conflict_with_a_version_that_the_context_has_is_found()
    {
        var first = _rig.Edit("c1", 1);
        _rig.Commit(first, Verdict.Accepted, 1);
        var second = _rig.Edit("c2", 1, Operation.Update, 1, Clock.Empty.With(_rig.Ledger.ServerNode, 1), first);
        _rig.Commit(second, Verdict.Conflicting, 1, default, ConflictType.ConcurrentUpdate);
        Assert.Equal(Oracle.VerdictIsFounded, _rig.Broken);
    }

    [Fact]
    public void A_conflict_between_two_changes_of_one_node_is_found()
    {
        var first = _rig.Edit("c1", 1);
        _rig.Commit(first, Verdict.Accepted, 1);
        _rig.Commit(_rig.Edit("c1", 2, Operation.Update, 1, null, first), Verdict.Conflicting, 1, default, ConflictType.ConcurrentUpdate);
        Assert.Equal(Oracle.VerdictIsFounded, _rig.Broken);
    }

    [Fact]
    public void Convergence_of_different_contents_is_found()
    {
        _rig.Commit(_rig.Edit("c1", 1), Verdict.Accepted, 1);
        _rig.Commit(_rig.Edit("c2", 1, Operation.Update, 1), Verdict.Converged, 1);
        Assert.Equal(Oracle.VerdictIsFounded, _rig.Broken);
    }

    [Fact]
    public void A_request_that_is_answered_twice_is_found()
    {
        var ask = new Ask(new StopIt());
        ask.Answer(_rig.World, "once");
        Assert.Null(_rig.Broken);
        ask.Answer(_rig.World, "twice");
        Assert.Equal(Oracle.EveryoneIsAnswered, _rig.Broken);
    }

    [Fact]
    public void A_pushed_change_that_stands_nowhere_in_its_answer_is_found()
    {
        var replica = _rig.Replica();
        replica.State.Batch = new Batch(Message, [], [_rig.Edit("c1", 1)], Atomic: false);
        replica.TakeOutcome(OracleRig.Read(Ack("""[],"assigned_lsns":[]""", 0)));
        Assert.Equal(Oracle.AnswerIsAllowed, _rig.Broken);
    }

    [Fact]
    public void An_exception_is_a_violation()
    {
        Assert.True(_rig.World.Caught(new InvalidOperationException("a bug")));
        Assert.Equal(Oracle.NoException, _rig.Broken);
    }

    [Fact]
    public void A_run_that_does_not_end_is_found()
    {
        using var workshop = new Workshop();
        Assert.Equal(Oracle.RunEnds, Run.Of(1, workshop, stepsMax: 100).Violation?.Oracle);
    }

    [Fact]
    public void A_seed_that_goes_two_ways_is_found()
    {
        var times = 0ul;
        var campaign = new Campaign(7, 7, 1, true, (seed, _) => new RunResult(seed, times++, null, [], new Tally()));
        campaign.Run(null, TimeSpan.FromHours(1), static _ => { });
        Assert.Equal((7ul, Oracle.SameTrace), (campaign.Failure!.Seed, campaign.Failure.Violation!.Oracle));
    }

    [Fact]
    public void What_was_never_seen_is_named()
    {
        var tally = new Tally();
        tally.Saw(Sight.Converged);
        Assert.DoesNotContain(Sight.Converged, tally.Unseen());
        Assert.Contains(Sight.Superseded, tally.Unseen());
    }

    private sealed record StopIt : HeliosSync.Actors.Tenants.ITenantMessage
    {
        public TenantId Tenant => default;
    }

    private static string Ack(string accepted, long headLsn) =>
        $$"""{"type":"push_ack","accepted_lsns":{{accepted}},"conflicts":[],"server_lsn":0,"vector_clock":{},"head_lsn":{{headLsn}} }""";
}
