using HeliosSync.Domain;

namespace HeliosSync.Property;

/// <summary>Which position an answer carries and which one the tenant keeps, case by case (protocol 1 and 5.4).</summary>
public sealed class PositionTests
{
    private readonly Stage _stage = new();

    public PositionTests()
    {
        _stage.Register("a");
        _stage.Register("b");
    }

    private long PositionOfA => _stage.Tenant.StandingOf(Tiny.Client("a")).Position;

    [Fact]
    public void A_push_that_follows_the_position_directly_raises_it()
    {
        AssertPush(told: 0, answer: 2, position: 2, New(1), New(2));
        AssertPush(told: 0, answer: 3, position: 3, New(3));
    }

    [Fact]
    public void A_push_after_somebody_elses_leaves_the_position()
    {
        _stage.Push("b", Foreign(1));
        AssertPush(told: 0, answer: 0, position: 0, New(1));
        AssertPush(told: 0, answer: 0, position: 0, New(2));
    }

    [Fact]
    public void A_push_that_writes_nothing_leaves_the_position()
    {
        _stage.Push("b", Tiny.Change(1, Operation.Insert, 0, 1));
        _stage.Tenant.SetPosition(Tiny.Client("a"), 1);
        AssertPush(told: 0, answer: 1, position: 1, Tiny.Change(1, Operation.Insert, 0, 1));
        AssertPush(told: 0, answer: 1, position: 1, Tiny.Change(2, Operation.Insert, 0, 2));
    }

    [Fact]
    public void A_push_of_which_a_part_is_written_raises_the_position_over_that_part()
    {
        _stage.Push("b", Tiny.Change(1, Operation.Insert, 0, 1));
        _stage.Tenant.SetPosition(Tiny.Client("a"), 1);
        AssertPush(told: 0, answer: 3, position: 3, New(1), Tiny.Change(2, Operation.Insert, 0, 2), New(3));
    }

    [Fact]
    public void A_refused_atomic_push_leaves_the_position()
    {
        _stage.Push("b", Tiny.Change(1, Operation.Insert, 0, 1));
        _stage.Tenant.SetPosition(Tiny.Client("a"), 1);
        var batch = _stage.Batch("a", VectorClock.Empty, New(1), Tiny.Change(2, Operation.Insert, 0, 2)) with { Atomic = true };
        var decision = _stage.Push(batch);
        Assert.Equal((true, 1L, false, 1L), (decision.Event!.Refused, decision.ServerLsn, decision.Follows, PositionOfA));
    }

    [Fact]
    public void The_message_clock_says_the_position_where_it_has_an_entry_of_the_server()
    {
        _stage.Push("b", Foreign(1));
        AssertPush(told: 1, answer: 2, position: 2, New(1));
        _stage.Push("b", Foreign(2));
        AssertPush(told: 1, answer: 1, position: 2, New(2));
        AssertPush(told: 2, answer: 2, position: 2, New(3));
    }

    /// <summary>A client that says it is behind gets an answer for where it says it is.</summary>
    [Fact]
    public void The_message_clock_beats_a_kept_position_that_is_higher()
    {
        AssertPush(told: 0, answer: 2, position: 2, New(1), New(2));
        AssertPush(told: 1, answer: 1, position: 2, New(3));
    }

    [Fact]
    public void A_message_clock_above_the_head_is_capped_at_it()
    {
        _stage.Push("b", Foreign(1));
        AssertPush(told: 900, answer: 2, position: 2, New(1));
        _stage.Push("b", Foreign(2));
        AssertPush(told: 900, answer: 4, position: 4, New(2));
    }

    [Fact]
    public void Another_nodes_entry_in_the_message_clock_is_no_position()
    {
        _stage.Push("b", Foreign(1));
        var decision = _stage.Push(_stage.Batch("a", Tiny.Clock((Tiny.Node("a"), 1), (Tiny.Node("b"), 1)), New(1)));
        Assert.Equal((0L, false), (decision.ServerLsn, decision.Follows));
    }

    [Fact]
    public void A_repeat_is_answered_with_the_position_as_of_now()
    {
        var batch = _stage.Batch("a", VectorClock.Empty, New(1));
        Assert.Equal(1, _stage.Push(batch).ServerLsn);
        _stage.Push("b", Foreign(1));
        Assert.Equal(1, _stage.Push(batch).ServerLsn);
        _stage.Tenant.SetPosition(Tiny.Client("a"), 2);
        Assert.Equal(2, _stage.Push(batch).ServerLsn);
    }

    [Fact]
    public void A_register_says_the_position_and_so_may_lower_it()
    {
        AssertPush(told: 0, answer: 2, position: 2, New(1), New(2));
        Assert.Null(_stage.Register("a", known: 1));
        Assert.Equal(1, PositionOfA);
        Assert.Equal(ErrorCode.LsnAheadOfServer, _stage.Register("a", known: 3)?.Code);
        Assert.Equal(1, PositionOfA);
    }

    [Fact]
    public void A_heartbeat_says_the_position_capped_at_the_head_and_may_lower_it()
    {
        AssertPush(told: 0, answer: 2, position: 2, New(1), New(2));
        _stage.Tenant.SetPosition(Tiny.Client("a"), 900);
        Assert.Equal(2, PositionOfA);
        _stage.Tenant.SetPosition(Tiny.Client("a"), 0);
        Assert.Equal(0, PositionOfA);
    }

    [Fact]
    public void A_position_is_0_after_a_restart()
    {
        AssertPush(told: 0, answer: 1, position: 1, New(1));
        _stage.Restart();
        Assert.Equal(0, PositionOfA);
        AssertPush(told: 0, answer: 0, position: 0, New(2));
    }

    /// <summary>A change to a row of its own, that nobody else writes.</summary>
    private static PushedChange New(int lsn) => Tiny.Change(lsn, Operation.Insert, 100 + lsn, lsn);

    private static PushedChange Foreign(int lsn) => Tiny.Change(lsn, Operation.Insert, 50 + lsn, lsn);

    private void AssertPush(long told, long answer, long position, params PushedChange[] changes)
    {
        var decision = _stage.Push(_stage.Batch("a", VectorClock.Empty.With(Tiny.Server, told), changes));
        Assert.Equal((answer, position), (decision.ServerLsn, PositionOfA));
    }
}
