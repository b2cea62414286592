using FsCheck.Xunit;
using HeliosSync.Domain;

namespace HeliosSync.Property;

/// <summary>The laws of vector clocks, checked against a definition by nodes (testing.md 1).</summary>
[Properties(Arbitrary = [typeof(TinyArbitraries)], MaxTest = 2_000)]
public sealed class VectorClockLaws
{
    [Property]
    public bool A_missing_entry_is_0_when_read(RawClock a, NodeId node) => a.Clock[node] == a[node];

    [Property]
    public void A_missing_entry_is_0_in_entries_count_equality_and_hash(RawClock a)
    {
        var without = VectorClock.TryCreate([.. a.Entries.Where(e => e.Counter != 0).Reverse()])!;
        Assert.Equal(without, a.Clock);
        Assert.Equal(without.GetHashCode(), a.Clock.GetHashCode());
        Assert.Equal(without.Count, a.Clock.Count);
        Assert.Equal(ClockOrder.Equal, without.CompareTo(a.Clock));
        Assert.Equal(without.ToString(), a.Clock.ToString());
        foreach (var entry in a.Clock.Entries)
        {
            Assert.NotEqual(0, entry.Counter);
        }
    }

    [Property]
    public bool Entries_stand_in_the_order_of_their_nodes(RawClock a) =>
        a.Clock.Entries.ToArray().SequenceEqual(a.Entries.Where(e => e.Counter > 0).OrderBy(e => e.Node.Value, StringComparer.Ordinal));

    [Property]
    public bool Clocks_are_equal_only_where_every_entry_is(RawClock a, RawClock b) =>
        a.Clock.Equals(b.Clock) == Tiny.Nodes.All(n => a[n] == b[n]) && a.Clock.Equals((object)b.Clock) == a.Clock.Equals(b.Clock);

    /// <summary>Clocks stand in messages of errors; there two that differ are told apart, and in tables nearly always.</summary>
    [Fact]
    public void A_clock_is_told_by_its_entries_as_text_and_by_hash()
    {
        var (a, b) = (Tiny.Clock((Tiny.Nodes[0], 1), (Tiny.Nodes[1], 2)), Tiny.Clock((Tiny.Nodes[0], 1), (Tiny.Nodes[1], 3)));
        Assert.Equal(("{a: 1, a#1: 2}", "{}"), (a.ToString(), VectorClock.Empty.ToString()));
        Assert.NotEqual(a.GetHashCode(), b.GetHashCode());
    }

    [Fact]
    public void No_clock_is_compared_or_merged_with_nothing()
    {
        Assert.Throws<ArgumentNullException>(() => VectorClock.Empty.Merge(null!));
        Assert.Throws<ArgumentNullException>(() => VectorClock.Empty.CompareTo(null!));
    }

    [Property]
    public bool Compare_says_what_the_entries_say(RawClock a, RawClock b)
    {
        var expected = (Tiny.Nodes.All(n => a[n] <= b[n]), Tiny.Nodes.All(n => a[n] >= b[n])) switch
        {
            (true, true) => ClockOrder.Equal,
            (true, false) => ClockOrder.Before,
            (false, true) => ClockOrder.After,
            _ => ClockOrder.Concurrent,
        };
        return a.Clock.CompareTo(b.Clock) == expected;
    }

    [Property]
    public bool Compare_is_reflexive(VectorClock a) => a.CompareTo(a) == ClockOrder.Equal;

    [Property]
    public bool Compare_is_antisymmetric(VectorClock a, VectorClock b) =>
        b.CompareTo(a) == a.CompareTo(b) switch
        {
            ClockOrder.Before => ClockOrder.After,
            ClockOrder.After => ClockOrder.Before,
            var same => same,
        }
        && (a.CompareTo(b) == ClockOrder.Equal) == a.Equals(b);

    [Property]
    public bool Compare_is_transitive(VectorClock a, VectorClock b, VectorClock c) => !(AtMost(a, b) && AtMost(b, c)) || AtMost(a, c);

    [Property]
    public bool Merge_takes_the_greater_of_each_entry(RawClock a, RawClock b, NodeId node) =>
        a.Clock.Merge(b.Clock)[node] == Math.Max(a[node], b[node]);

    [Property]
    public bool Merge_is_commutative(VectorClock a, VectorClock b) => a.Merge(b).Equals(b.Merge(a));

    [Property]
    public bool Merge_is_associative(VectorClock a, VectorClock b, VectorClock c) => a.Merge(b).Merge(c).Equals(a.Merge(b.Merge(c)));

    [Property]
    public bool Merge_is_idempotent(VectorClock a) => a.Merge(a).Equals(a) && a.Merge(VectorClock.Empty).Equals(a);

    [Property]
    public bool Merge_is_the_least_upper_bound(VectorClock a, VectorClock b, VectorClock c)
    {
        var merged = a.Merge(b);
        return AtMost(a, merged) && AtMost(b, merged) && (AtMost(a, c) && AtMost(b, c)) == AtMost(merged, c);
    }

    [Property]
    public bool Advance_raises_one_entry_by_one_and_leaves_the_others(VectorClock a, NodeId node)
    {
        var advanced = a.Advance(node);
        return a.CompareTo(advanced) == ClockOrder.Before && Tiny.Nodes.All(n => advanced[n] == a[n] + (n == node ? 1 : 0));
    }

    [Property]
    public bool Setting_an_entry_sets_no_other(VectorClock a, NodeId node, FsCheck.NonNegativeInt counter)
    {
        var value = counter.Get % 4;
        var set = a.With(node, value);
        var expected = VectorClock.TryCreate([.. a.Entries.ToArray().Where(e => e.Node != node), new ClockEntry(node, value)]);
        return set.Equals(expected) && set.GetHashCode() == expected!.GetHashCode();
    }

    [Fact]
    public void Advance_refuses_to_pass_the_greatest_value()
    {
        var node = Tiny.Nodes[0];
        var last = Tiny.Clock((node, Limits.SafeIntegerMax - 1)).Advance(node);
        Assert.Equal((1L << 53) - 1, last[node]);
        Assert.Throws<OverflowException>(() => last.Advance(node));
        Assert.Equal(1, last.Advance(Tiny.Nodes[1])[Tiny.Nodes[1]]);
    }

    [Theory]
    [InlineData(-1, false)]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData((1L << 53) - 1, true)]
    [InlineData(1L << 53, false)]
    [InlineData(long.MaxValue, false)]
    [InlineData(long.MinValue, false)]
    public void A_value_outside_0_to_2_to_the_53_minus_1_makes_no_clock(long value, bool good)
    {
        Assert.Equal(good, VectorClock.TryCreate([new ClockEntry(Tiny.Nodes[0], value)]) is not null);
        var setting = Record.Exception(() => VectorClock.Empty.With(Tiny.Nodes[0], value));
        Assert.Equal(good, setting is null);
    }

    [Property]
    public bool A_node_that_stands_twice_makes_no_clock(RawClock a, FsCheck.NonNegativeInt which, FsCheck.NonNegativeInt counter)
    {
        if (a.Entries.Length == 0)
        {
            return true;
        }

        var again = new ClockEntry(a.Entries[which.Get % a.Entries.Length].Node, counter.Get % 4);
        return VectorClock.TryCreate([again, .. a.Entries]) is null && VectorClock.TryCreate([.. a.Entries, again]) is null;
    }

    private static bool AtMost(VectorClock a, VectorClock b) => a.CompareTo(b) is ClockOrder.Before or ClockOrder.Equal;
}
