using HeliosSync.Host;

namespace HeliosSync.Integration.Host;

/// <summary>Requests beyond a few are taken only while work finds a thread in good time.</summary>
public sealed class PoolDelayTests
{
    private static readonly int Always = RequestSlots.AlwaysPerCore * Environment.ProcessorCount;

    private readonly ManualTime _time = new();
    private readonly Queue<IThreadPoolWorkItem> _pool = new();
    private readonly PoolDelay _delay;

    public PoolDelayTests() => _delay = new PoolDelay(_time, _pool.Enqueue);

    [Fact]
    public void It_is_what_the_last_item_waited_or_what_the_next_has_waited_so_far_and_one_item_is_under_way()
    {
        Assert.Equal(0, Millis());
        _time.Advance(TimeSpan.FromMilliseconds(7));
        Assert.Equal(7, Millis());
        _time.Advance(TimeSpan.FromMilliseconds(2));
        Assert.Equal(9, Millis());
        Assert.Single(_pool);

        _pool.Dequeue().Execute();
        Assert.Equal(9, Millis());
        Assert.Single(_pool);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        _pool.Dequeue().Execute();
        Assert.Equal(1, Millis());
    }

    [Theory]
    [InlineData(50, 20)]
    [InlineData(51, 0)]
    public void What_was_found_a_while_ago_says_nothing(int millisAgo, int found)
    {
        Assert.Equal(0, Millis());
        _time.Advance(TimeSpan.FromMilliseconds(20));
        _pool.Dequeue().Execute();
        _time.Advance(TimeSpan.FromMilliseconds(millisAgo));
        Assert.Equal(found, Millis());
    }

    [Fact]
    public void A_few_requests_are_taken_however_long_work_waits_and_more_when_it_waits_no_longer()
    {
        var slots = new RequestSlots(10 * Always, 10 * Always, _delay);
        Assert.Equal(0, Millis());
        _time.Advance(TimeSpan.FromMilliseconds(6));
        Assert.All(Enumerable.Range(0, Always), _ => Assert.NotNull(slots.TryTake()));
        Assert.Null(slots.TryTake());
        Assert.Equal(Always, slots.Taken);

        _pool.Dequeue().Execute();
        Assert.Null(slots.TryTake());
        _pool.Dequeue().Execute();
        using var one = slots.TryTake();
        Assert.NotNull(one);
        _time.Advance(TimeSpan.FromMilliseconds(5));
        using var another = slots.TryTake();
        Assert.NotNull(another);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(slots.TryTake());
    }

    private double Millis() => _delay.Now().TotalMilliseconds;
}
