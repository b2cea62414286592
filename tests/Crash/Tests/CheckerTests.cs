using HeliosSync.Crash.Checking;
using HeliosSync.Crash.History;

namespace HeliosSync.Crash.Tests;

/// <summary>The checker sees what it is there for: for each oracle, a forged history that violates it and nothing else.</summary>
public sealed class CheckerTests
{
    private static readonly StoredChange A1 = Forged.Stored(1, "a", 1);
    private static readonly StoredChange A2 = Forged.Stored(2, "a", 2);

    [Fact]
    public void A_right_history_of_every_kind_of_answer_has_no_violation()
    {
        var h = new Forged().Registered("a", 0).Registered("b", 0);
        var first = h.Push("a", Forged.Change("a", 1, "row"), Forged.Change("a", 2));
        h.Accepted(first, 1, position: 2, head: 2);
        h.Accepted(h.Again(first), 1, position: 2, head: 2);
        h.Outcome(h.Push("b", Forged.Change("b", 1, "row"), Forged.Change("b", 2)), [2], [3], [new Conflict(1, 1)], 0, 3);
        h.RefusedWhole(h.Atomic("b", Forged.Change("b", 3, "row"), Forged.Change("b", 4)), new Conflict(3, 1));
        h.Outcome(h.Push("a", Forged.Change("a", 4, "row")), [4], [4], [], head: 4);
        h.Outcome(h.Push("a", Forged.Change("a", 3, "row")), [3], [4], [], superseded: [3]);
        var open = h.Push("b", Forged.Change("b", 5));
        h.Unanswered(open).Restarted(2);
        StoredChange[] journal =
        [
            Forged.Stored(1, "a", 1, "row"), A2, Forged.Stored(3, "b", 2), Forged.Stored(4, "a", 4, "row"), Forged.Stored(5, "b", 5),
        ];
        h.Audited(journal).Page("b", 0, 3, journal[..3]).Page("b", 3, 5, journal[3..]);
        h.Accepted(h.Again(open), 5).Refused(h.Push("b", Forged.Change("b", 6)), 503, "OVERLOADED").Audited(journal);
        h.Then(new Counted(2, null));
        var (findings, figures) = h.Check();
        Assert.Empty(findings.Shown);
        Assert.Equal((5, 1, 1, 0), (figures.Acknowledged, figures.Repeats, figures.FoundStored, figures.FoundAbsent));
    }

    [Fact]
    public void An_acknowledged_change_that_is_missing()
    {
        var h = new Forged();
        h.Accepted(h.Push("a", Forged.Change("a", 1)), 1).Accepted(h.Push("a", Forged.Change("a", 2)), 2).Audited(A1);
        Assert.Equal(1, Sees(h, Oracle.Lost).Lost);
    }

    [Fact]
    public void An_acknowledged_change_in_whose_place_another_stands()
    {
        var h = new Forged();
        h.Accepted(h.Push("a", Forged.Change("a", 1)), 1).Accepted(h.Push("b", Forged.Change("b", 1)), 2);
        h.Audited(Forged.Stored(1, "b", 1));
        Sees(h, Oracle.Lost, Oracle.ContentChanged);
    }

    [Fact]
    public void A_change_that_was_pulled_and_is_gone()
    {
        var h = new Forged();
        h.Unanswered(h.Push("a", Forged.Change("a", 1))).Page("b", 0, 1, A1).Audited();
        Sees(h, Oracle.Lost);
    }

    [Fact]
    public void A_registration_that_was_answered_and_is_not_counted() =>
        Sees(new Forged().Registered("a", 0).Then(new Counted(0, null)), Oracle.Lost);

    [Fact]
    public void A_change_that_stands_twice()
    {
        var h = new Forged();
        h.Accepted(h.Push("a", Forged.Change("a", 1)), 1).Audited(A1, A1 with { Lsn = 2 });
        Assert.Equal(1, Sees(h, Oracle.Doubled).Doubled);
    }

    [Fact]
    public void A_refused_change_that_stands()
    {
        var h = new Forged();
        h.Accepted(h.Push("a", Forged.Change("a", 1)), 1);
        h.Outcome(h.Push("b", Forged.Change("b", 1)), [], [], [new Conflict(1, 1)]).Audited(A1, Forged.Stored(2, "b", 1));
        Sees(h, Oracle.RefusedAppears);
    }

    [Fact]
    public void An_atomic_push_that_was_refused_and_stands_in_part()
    {
        var h = new Forged();
        h.RefusedWhole(h.Atomic("a", Forged.Change("a", 1), Forged.Change("a", 2)), new Conflict(2, 1)).Audited(A1);
        Sees(h, Oracle.RefusedAppears);
    }

    [Theory]
    [InlineData("OVERLOADED")]
    [InlineData(null)]
    public void A_push_that_was_refused_for_certain_or_never_sent_and_stands(string? code)
    {
        var h = new Forged();
        var push = h.Push("a", Forged.Change("a", 1));
        _ = code is null ? h.Unanswered(push, sent: false) : h.Refused(push, 503, code);
        Sees(h.Audited(A1), Oracle.RefusedAppears);
    }

    [Fact]
    public void A_change_that_nobody_sent() => Sees(new Forged().Audited(A1), Oracle.RefusedAppears);

    [Fact]
    public void An_LSN_that_stands_for_another_change_than_before()
    {
        var h = new Forged();
        h.Unanswered(h.Push("a", Forged.Change("a", 1))).Unanswered(h.Push("b", Forged.Change("b", 1)));
        h.Page("c", 0, 1, A1).Audited(Forged.Stored(1, "b", 1));
        Sees(h, Oracle.ContentChanged);
    }

    [Fact]
    public void A_change_whose_data_are_not_what_was_sent()
    {
        var h = new Forged();
        h.Accepted(h.Push("a", Forged.Change("a", 1)), 1).Audited(A1 with { Data = "other" });
        Sees(h, Oracle.ContentChanged);
    }

    [Fact]
    public void A_new_change_at_or_below_a_cursor_that_was_handed_out()
    {
        var h = new Forged();
        h.Registered("b", 0, head: 1).Accepted(h.Push("a", Forged.Change("a", 1)), 1).Audited(A1);
        Sees(h, Oracle.AppearsBelowCursor);
    }

    [Fact]
    public void A_page_that_passes_over_a_change()
    {
        var h = new Forged();
        h.Accepted(h.Push("a", Forged.Change("a", 1), Forged.Change("a", 2)), 1, head: 2);
        Sees(h.Page("b", 0, 2, A2).Audited(A1, A2), Oracle.PassedOver);
    }

    [Fact]
    public void A_filtered_page_that_passes_over_a_change_of_its_table()
    {
        var h = new Forged();
        h.Accepted(h.Push("a", Forged.Change("a", 1), Forged.Change("a", 2)), 1, head: 2);
        Sees(h.Page(new PullSent(0, "", "b", 0, "tasks", true), 2, A1).Audited(A1, A2), Oracle.PassedOver);
    }

    [Fact]
    public void An_acknowledgement_whose_position_passes_over_anothers_change()
    {
        var h = new Forged();
        h.Accepted(h.Push("a", Forged.Change("a", 1)), 1).Accepted(h.Push("b", Forged.Change("b", 1)), 2, position: 2);
        Sees(h.Audited(A1, Forged.Stored(2, "b", 1)), Oracle.PassedOver);
    }

    [Fact]
    public void A_journal_with_a_hole()
    {
        var h = new Forged();
        h.Accepted(h.Push("a", Forged.Change("a", 1)), 1).Unanswered(h.Push("a", Forged.Change("a", 2)));
        Sees(h.Audited(A1, A2 with { Lsn = 3 }), Oracle.PassedOver);
    }

    [Fact]
    public void A_repeat_with_another_outcome()
    {
        var h = new Forged();
        var push = h.Push("a", Forged.Change("a", 1));
        h.Accepted(push, 1).Outcome(h.Again(push), [], [], [new Conflict(1, 1)]).Audited(A1);
        Sees(h, Oracle.AnswerChanged);
    }

    [Fact]
    public void An_answer_that_leaves_a_change_out()
    {
        var h = new Forged();
        h.Outcome(h.Push("a", Forged.Change("a", 1), Forged.Change("a", 2)), [1], [1], []).Audited(A1);
        Sees(h, Oracle.AnswerChanged);
    }

    [Fact]
    public void A_push_of_which_a_part_stands_first_and_the_rest_later()
    {
        var h = new Forged();
        var push = h.Push("a", Forged.Change("a", 1), Forged.Change("a", 2));
        h.Unanswered(push).Restarted(2).Audited(A1).Accepted(h.Again(push), 1).Audited(A1, A2);
        Sees(h, Oracle.Torn);
    }

    [Fact]
    public void A_push_that_a_stop_in_order_stored_and_left_unanswered()
    {
        var h = new Forged();
        h.Unanswered(h.Push("a", Forged.Change("a", 1))).Stopped().Restarted(2).Audited(A1);
        Sees(h, Oracle.LeftOpenByStop);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void A_file_that_holds_other_pushes_than_were_answered(long stored)
    {
        var h = new Forged();
        h.Accepted(h.Push("a", Forged.Change("a", 1)), 1).Stopped().Then(new Counted(null, stored));
        Sees(h, Oracle.LeftOpenByStop);
    }

    [Theory]
    [InlineData(500, "INTERNAL_ERROR")]
    [InlineData(409, "LSN_AHEAD_OF_SERVER")]
    [InlineData(400, "CLIENT_NOT_REGISTERED")]
    public void An_error_that_a_crash_does_not_excuse(int status, string code)
    {
        var h = new Forged();
        Sees(h.Refused(h.Push("a", Forged.Change("a", 1)), status, code), Oracle.Unexpected);
    }

    /// <summary>a1 and a2 are of one row; a1 is gone.</summary>
    private static Forged Superseded(long head, params StoredChange[] journal)
    {
        var h = new Forged().Compacting();
        h.Accepted(h.Push("a", Forged.Change("a", 1, "row")), 1).Accepted(h.Push("a", Forged.Change("a", 2, "row")), 2);
        return h.AuditedUpTo(head, journal).Page("b", 0, 2, journal).AuditedUpTo(head, journal);
    }

    [Fact]
    public void A_superseded_version_may_be_compacted() =>
        Assert.Empty(Superseded(2, Forged.Stored(2, "a", 2, "row")).Check().Findings.Shown);

    [Fact]
    public void A_superseded_version_may_be_compacted_before_anyone_knew_of_it()
    {
        var h = new Forged().Compacting();
        h.Unanswered(h.Push("a", Forged.Change("a", 1, "row"))).Unanswered(h.Push("a", Forged.Change("a", 2, "row")));
        Assert.Empty(h.AuditedUpTo(2, Forged.Stored(2, "a", 2, "row")).Check().Findings.Shown);
    }

    [Fact]
    public void A_rows_last_version_that_a_compaction_took()
    {
        var figures = Sees(Superseded(2, Forged.Stored(1, "a", 1, "row")), Oracle.Lost, Oracle.PassedOver);
        Assert.Equal(1, figures.Lost);
    }

    [Fact]
    public void A_version_that_is_gone_without_any_compaction()
    {
        var h = new Forged();
        h.Accepted(h.Push("a", Forged.Change("a", 1, "row")), 1).Accepted(h.Push("a", Forged.Change("a", 2, "row")), 2);
        Sees(h.AuditedUpTo(2, Forged.Stored(2, "a", 2, "row")), Oracle.Lost, Oracle.PassedOver);
    }

    [Fact]
    public void A_conflict_that_is_in_the_log_once_and_settled_is_right()
    {
        var h = Conflict();
        h.Outcome(h.Push("c", Forged.Change("c", 1, "row")), [1], [2], [new Conflict(1, 1, Won: true)]);
        h.ToldSettled(8).Logged(new LoggedConflict(7, "b", 1, 1, false), new LoggedConflict(8, "c", 1, 1, true));
        Assert.Empty(h.Audited(Forged.Stored(1, "a", 1, "row"), Forged.Stored(2, "c", 1, "row")).Check().Findings.Shown);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void A_conflict_that_is_not_in_the_log_or_twice(int times)
    {
        var log = Enumerable.Range(0, times).Select(static n => new LoggedConflict(n, "b", 1, 1, false));
        Sees(Conflict().Logged([.. log]), Oracle.ConflictForgotten);
    }

    [Fact]
    public void A_conflict_that_was_settled_and_is_open() =>
        Sees(Conflict().ToldSettled(7).Logged(new LoggedConflict(7, "b", 1, 1, false)), Oracle.ConflictForgotten);

    [Fact]
    public void A_settling_push_that_came_too_late_and_stands()
    {
        var h = new Forged();
        var first = h.Push("a", Forged.Change("a", 1));
        var late = h.Again(first with { Message = Guid.NewGuid(), Settles = 7, Changes = [Forged.Change("a", 2)] });
        h.Refused(late, 409, "ALREADY_SETTLED");
        Sees(h.Audited(Forged.Stored(1, "a", 2)), Oracle.RefusedAppears);
    }

    /// <summary>b's change met a's, and was reported.</summary>
    private static Forged Conflict()
    {
        var h = new Forged();
        h.Accepted(h.Push("a", Forged.Change("a", 1, "row")), 1);
        return h.Outcome(h.Push("b", Forged.Change("b", 1, "row")), [], [], [new Conflict(1, 1)]);
    }

    private static Figures Sees(Forged history, params Oracle[] oracles)
    {
        var (findings, figures) = history.Check();
        Assert.Equal(oracles.Order(), findings.Shown.Select(static v => v.Oracle).Distinct().Order());
        return figures;
    }
}
