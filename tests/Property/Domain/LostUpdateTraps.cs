using HeliosSync.Domain;

namespace HeliosSync.Property;

/// <summary>
/// The ways in which a sync server loses an update without a word (protocol 5.3), each laid out as a scene. In all of them the
/// one that is about to be overwritten was not known to the one who writes, and the server must say so.
/// </summary>
public sealed class LostUpdateTraps
{
    private readonly Stage _stage = new();

    public LostUpdateTraps()
    {
        _stage.Register("a");
        _stage.Register("b");
    }

    [Fact]
    public void Empty_clocks_excuse_nothing()
    {
        _stage.Push("a", Tiny.Change(1, Operation.Insert, 0, 1));
        AssertConflict("b", Tiny.Change(1, Operation.Update, 0, 2), metLsn: 1);
    }

    [Fact]
    public void Empty_clocks_on_both_sides_excuse_nothing_later_either()
    {
        _stage.Push("a", Tiny.Change(1, Operation.Insert, 0, 1));
        _stage.Push("a", Tiny.Change(2, Operation.Update, 0, 2));
        AssertConflict("b", Tiny.Change(1, Operation.Update, 0, 3), metLsn: 2);
        AssertConflict("b", Tiny.Change(2, Operation.Delete, 0, 0), metLsn: 2);
    }

    [Fact]
    public void A_message_clock_that_knows_more_than_the_change_excuses_nothing()
    {
        _stage.Push("a", Tiny.Change(1, Operation.Insert, 0, 1, Tiny.Clock((Tiny.Node("a"), 1))));
        var all = Tiny.Clock((Tiny.Server, 1), (Tiny.Node("a"), 1), (Tiny.Node("b"), 1));
        var judgement = _stage.Push("b", all, Tiny.Change(1, Operation.Update, 0, 2, Tiny.Clock((Tiny.Node("b"), 1))));
        Assert.Equal((Verdict.Conflicting, 1L), (judgement.Verdict, judgement.Lsn));
        Assert.Equal(1UL, _stage.Standing(0).Content);
    }

    /// <summary>b knows a's counter 1 from row 0; that must not pass for knowledge of row 1.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_counter_that_does_not_grow_vouches_for_nothing(long known)
    {
        var a = Tiny.Node("a");
        _stage.Push("a", Tiny.Change(1, Operation.Insert, 0, 1, Tiny.Clock((a, 2))));
        _stage.Push("a", Tiny.Change(2, Operation.Insert, 1, 1, Tiny.Clock((a, known))));
        AssertConflict("b", Tiny.Change(1, Operation.Update, 1, 2, Tiny.Clock((a, 2))), metLsn: 2);
        AssertConflict("b", Tiny.Change(2, Operation.Update, 1, 2, Tiny.Clock((a, 100))), metLsn: 2);
    }

    [Fact]
    public void A_counter_that_does_not_grow_within_a_batch_vouches_for_nothing()
    {
        var clock = Tiny.Clock((Tiny.Node("a"), 1));
        _stage.Push(_stage.Batch(
            "a", VectorClock.Empty, Tiny.Change(1, Operation.Insert, 0, 1, clock), Tiny.Change(2, Operation.Insert, 1, 1, clock)));
        AssertConflict("b", Tiny.Change(1, Operation.Update, 1, 2, clock), metLsn: 2);
    }

    /// <summary>a's refused change had counter 5 and reached b from a directly; a then uses 5 again elsewhere.</summary>
    [Fact]
    public void A_counter_already_used_in_a_refused_change_vouches_for_nothing()
    {
        var five = Tiny.Clock((Tiny.Node("a"), 5));
        _stage.Push("b", Tiny.Change(1, Operation.Insert, 0, 1));
        AssertConflict("a", Tiny.Change(1, Operation.Insert, 0, 2, five), metLsn: 1);
        Assert.Equal(Verdict.Accepted, _stage.Push("a", Tiny.Change(2, Operation.Insert, 1, 1, five)).Verdict);
        AssertConflict("b", Tiny.Change(2, Operation.Update, 1, 2, five), metLsn: 2);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_counter_already_used_in_a_refused_atomic_batch_vouches_for_nothing(int inConflict)
    {
        var five = Tiny.Clock((Tiny.Node("a"), 5));
        _stage.Push("b", Tiny.Change(1, Operation.Insert, 0, 1));
        var batch = _stage.Batch(
            "a",
            VectorClock.Empty,
            Tiny.Change(1, Operation.Insert, 0, 2, inConflict == 1 ? five : null),
            Tiny.Change(2, Operation.Insert, 2, 2, inConflict == 1 ? null : five));
        Assert.True(_stage.Push(batch with { Atomic = true }).Event!.Refused);
        Assert.Equal(Verdict.Accepted, _stage.Push("a", Tiny.Change(3, Operation.Insert, 1, 1, five)).Verdict);
        AssertConflict("b", Tiny.Change(2, Operation.Update, 1, 2, five), metLsn: 2);
    }

    [Fact]
    public void A_used_counter_is_still_used_after_a_restart()
    {
        var five = Tiny.Clock((Tiny.Node("a"), 5));
        _stage.Push("b", Tiny.Change(1, Operation.Insert, 0, 1));
        AssertConflict("a", Tiny.Change(1, Operation.Insert, 0, 2, five), metLsn: 1);
        _stage.Restart();
        _stage.Push("a", Tiny.Change(2, Operation.Insert, 1, 1, five));
        AssertConflict("b", Tiny.Change(2, Operation.Update, 1, 2, five), metLsn: 2);
    }

    /// <summary>Entry by entry the clock dominates the version's clock but for the one entry that counts.</summary>
    [Fact]
    public void Clocks_that_dominate_by_foreign_entries_only_excuse_nothing()
    {
        _stage.Register("c");
        var (a, b, c) = (Tiny.Node("a"), Tiny.Node("b"), Tiny.Node("c"));
        _stage.Push("a", Tiny.Change(1, Operation.Insert, 1, 1));
        _stage.Push("a", Tiny.Change(2, Operation.Insert, 0, 1, Tiny.Clock((a, 3), (c, 2))));
        var foreign = Tiny.Clock((a, 2), (b, 900), (c, 900), (Tiny.Node("z"), 900), (Tiny.Server, 1));
        AssertConflict("b", Tiny.Change(1, Operation.Update, 0, 2, foreign), metLsn: 2);
    }

    /// <summary>A reinstalled client numbers from 1 again; neither a low nor a high number makes the old rows its own.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(50)]
    public void A_reinstalled_client_with_a_new_node_is_a_stranger_to_its_old_rows(long lsn)
    {
        _stage.Push("a", Tiny.Change(2, Operation.Insert, 0, 1, Tiny.Clock((Tiny.Node("a"), 4))));
        Assert.Null(_stage.Register("a", "a#2", lastLocal: 0));
        AssertConflict("a", Tiny.Change(lsn, Operation.Update, 0, 2, Tiny.Clock((Tiny.Node("a#2"), 9))), metLsn: 1);
    }

    /// <summary>The same after it has pulled: with the version's clock it may overwrite.</summary>
    [Fact]
    public void A_reinstalled_client_that_has_pulled_its_old_rows_knows_them()
    {
        _stage.Push("a", Tiny.Change(2, Operation.Insert, 0, 1, Tiny.Clock((Tiny.Node("a"), 4))));
        _stage.Register("a", "a#2", lastLocal: 0);
        Assert.Equal(Verdict.Accepted, _stage.Push("a", Tiny.Change(1, Operation.Update, 0, 2, _stage.Entries[0].Clock)).Verdict);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(6)]
    public void A_client_whose_numbers_went_back_and_says_so_needs_a_new_node(long lastLocal)
    {
        _stage.Push("a", Tiny.Change(7, Operation.Insert, 0, 1));
        var before = Portrait.Of(_stage.Tenant);
        Assert.Equal(ErrorCode.NodeReused, _stage.Register("a", lastLocal: lastLocal)?.Code);
        Assert.Equal(before, Portrait.Of(_stage.Tenant));
        Assert.Null(_stage.Register("a", lastLocal: 7));
        Assert.Null(_stage.Register("a", "a#2", lastLocal: 0));
    }

    /// <summary>A number that was only refused has been used as well.</summary>
    [Fact]
    public void A_client_whose_refused_numbers_are_forgotten_needs_a_new_node()
    {
        _stage.Push("b", Tiny.Change(1, Operation.Insert, 0, 1));
        AssertConflict("a", Tiny.Change(9, Operation.Update, 0, 2), metLsn: 1);
        _stage.Restart();
        Assert.Equal(ErrorCode.NodeReused, _stage.Register("a", lastLocal: 8)?.Code);
        Assert.Null(_stage.Register("a", lastLocal: 9));
    }

    [Fact]
    public void A_client_whose_numbers_went_back_and_does_not_say_so_is_superseded_and_told()
    {
        _stage.Push("a", Tiny.Change(7, Operation.Insert, 0, 1, Tiny.Clock((Tiny.Node("a"), 7))));
        Assert.Null(_stage.Register("a"));
        var judgement = _stage.Push("a", Tiny.Change(2, Operation.Update, 0, 2, Tiny.Clock((Tiny.Node("a"), 2))));
        Assert.Equal((Verdict.Superseded, 2L, 1L), (judgement.Verdict, judgement.LocalLsn, judgement.Lsn));
        Assert.Equal((1UL, 1L), (_stage.Standing(0).Content, _stage.Tenant.Head));
    }

    /// <summary>The same where another has written since: then it is a conflict.</summary>
    [Fact]
    public void A_client_whose_numbers_went_back_does_not_overwrite_anothers_change()
    {
        _stage.Push("a", Tiny.Change(7, Operation.Insert, 0, 1, Tiny.Clock((Tiny.Node("a"), 7))));
        _stage.Push("b", Tiny.Change(1, Operation.Update, 0, 2, _stage.Entries[0].Clock.With(Tiny.Node("b"), 1)));
        AssertConflict("a", Tiny.Change(2, Operation.Update, 0, 3, Tiny.Clock((Tiny.Node("a"), 8))), metLsn: 2);
    }

    /// <summary>
    /// b meets a's row 0 in a conflict, whose report shows LSN 2. What b may use for other rows is the clock of the answer; it
    /// must not cover row 1, which b was never given.
    /// </summary>
    [Fact]
    public void A_clock_learned_from_a_conflict_report_of_another_row_excuses_nothing()
    {
        _stage.Push("a", Tiny.Change(1, Operation.Insert, 1, 1, Tiny.Clock((Tiny.Node("a"), 1))));
        _stage.Push("a", Tiny.Change(2, Operation.Insert, 0, 1, Tiny.Clock((Tiny.Node("a"), 2))));
        var answer = _stage.Push(_stage.Batch("b", VectorClock.Empty, Tiny.Change(1, Operation.Insert, 0, 2)));
        Assert.Equal((Verdict.Conflicting, 2L), (answer.Event!.Judgements.Span[0].Verdict, answer.Event.Judgements.Span[0].Lsn));
        Assert.Equal(0, answer.ServerLsn);

        var answered = Tiny.Clock((Tiny.Server, answer.ServerLsn), (Tiny.Node("b"), 1));
        AssertConflict("b", Tiny.Change(2, Operation.Update, 1, 2, answered), metLsn: 1);
        Assert.Equal(Verdict.Accepted, _stage.Push("b", Tiny.Change(3, Operation.Update, 0, 3, baseLsn: 2)).Verdict);
    }

    /// <summary>b settles the conflict with <c>base_lsn</c>, and its push writes: still nothing of row 1 is claimed.</summary>
    [Fact]
    public void Settling_a_conflict_gives_no_position_over_other_rows()
    {
        _stage.Push("a", Tiny.Change(1, Operation.Insert, 1, 1));
        _stage.Push("a", Tiny.Change(2, Operation.Insert, 0, 1));
        var answer = _stage.Push(_stage.Batch("b", VectorClock.Empty, Tiny.Change(1, Operation.Update, 0, 2, baseLsn: 2)));
        Assert.Equal((3L, 0L, false), (_stage.Tenant.Head, answer.ServerLsn, answer.Follows));
        AssertConflict("b", Tiny.Change(2, Operation.Update, 1, 2, Tiny.Clock((Tiny.Server, answer.ServerLsn))), metLsn: 1);
    }

    /// <summary>
    /// b pulls row 0 alone. The page's position is for the filter; the answer's clock has no server entry and b's position stays,
    /// so neither b's next change nor the answer to its push claims row 1.
    /// </summary>
    [Fact]
    public void A_clock_learned_through_a_filtered_pull_excuses_nothing()
    {
        _stage.Push("a", Tiny.Change(1, Operation.Insert, 1, 1, Tiny.Clock((Tiny.Node("a"), 1))));
        _stage.Push("a", Tiny.Change(2, Operation.Insert, 0, 1, Tiny.Clock((Tiny.Node("a"), 2))));
        var page = new PageCut(0, _stage.Tenant.Head, 10);
        var given = _stage.Entries.Where(e => page.Offer(e.Lsn, 1, wanted: e.Row == 0)).Single();
        Assert.Equal(2, page.ServerLsn);

        Assert.Equal(Verdict.Accepted, _stage.Push("b", Tiny.Change(1, Operation.Update, 0, 2, given.Clock)).Verdict);
        AssertConflict("b", Tiny.Change(2, Operation.Update, 1, 2, Tiny.Clock((Tiny.Node("b"), 1))), metLsn: 1);
        Assert.Equal(0, _stage.Push(_stage.Batch("b", VectorClock.Empty, Tiny.Change(3, Operation.Insert, 2, 2))).ServerLsn);
    }

    /// <summary>b has a's change from a directly and builds on it; the server gets b's first. a's is reported, and b's stands.</summary>
    [Fact]
    public void Gossip_that_the_server_hears_of_late_is_reported_not_lost()
    {
        var (a, b) = (Tiny.Node("a"), Tiny.Node("b"));
        Assert.Equal(Verdict.Accepted, _stage.Push("b", Tiny.Change(1, Operation.Update, 0, 2, Tiny.Clock((a, 1), (b, 1)))).Verdict);
        AssertConflict("a", Tiny.Change(1, Operation.Insert, 0, 1, Tiny.Clock((a, 1))), metLsn: 1);
    }

    [Fact]
    public void Gossip_that_the_server_has_heard_before_counts_as_knowledge()
    {
        var (a, b) = (Tiny.Node("a"), Tiny.Node("b"));
        _stage.Push("a", Tiny.Change(1, Operation.Insert, 0, 1, Tiny.Clock((a, 1))));
        Assert.Equal(Verdict.Accepted, _stage.Push("b", Tiny.Change(1, Operation.Update, 0, 2, Tiny.Clock((a, 1), (b, 1)))).Verdict);
    }

    /// <summary>What b heard was a's first edit; a has edited again since.</summary>
    [Fact]
    public void Gossip_of_an_earlier_version_is_no_knowledge_of_the_one_that_stands()
    {
        var (a, b) = (Tiny.Node("a"), Tiny.Node("b"));
        _stage.Push("a", Tiny.Change(1, Operation.Insert, 0, 1, Tiny.Clock((a, 1))));
        _stage.Push("a", Tiny.Change(2, Operation.Update, 0, 3, Tiny.Clock((a, 2))));
        AssertConflict("b", Tiny.Change(1, Operation.Update, 0, 2, Tiny.Clock((a, 1), (b, 1))), metLsn: 2);
    }

    /// <summary>c learns of a's counter 4 from b's row, stored with it: that says nothing of row 1, which came after.</summary>
    [Fact]
    public void A_foreign_entry_stored_with_a_change_is_no_dot_of_what_its_node_pushes_later()
    {
        _stage.Register("c");
        var (a, b) = (Tiny.Node("a"), Tiny.Node("b"));
        _stage.Push("b", Tiny.Change(1, Operation.Insert, 0, 1, Tiny.Clock((a, 4), (b, 1))));
        Assert.Equal(Tiny.Clock((Tiny.Server, 1), (a, 4), (b, 1)), _stage.Entries[0].Clock);
        _stage.Push("a", Tiny.Change(5, Operation.Insert, 1, 1, Tiny.Clock((a, 5))));
        AssertConflict("c", Tiny.Change(1, Operation.Update, 1, 2, _stage.Entries[0].Clock), metLsn: 2);
    }

    private void AssertConflict(string client, PushedChange change, long metLsn)
    {
        var (head, standing) = (_stage.Tenant.Head, _stage.Standing(change.Key.Span[0]));
        var judgement = _stage.Push(client, change);
        Assert.Equal((Verdict.Conflicting, metLsn), (judgement.Verdict, judgement.Lsn));
        Assert.Equal((head, standing), (_stage.Tenant.Head, _stage.Standing(change.Key.Span[0])));
    }
}
