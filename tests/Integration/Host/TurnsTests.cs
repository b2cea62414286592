using HeliosSync.Host;

namespace HeliosSync.Integration.Hosting;

/// <summary>Requests beyond a few go on only while work finds a thread in good time; the others wait, and nobody forgets them.</summary>
public sealed class TurnsTests
{
    private static readonly int Always = Turns.AlwaysPerCore * Environment.ProcessorCount;
    private static readonly int Step = Turns.StepPerCore * Environment.ProcessorCount;

    private readonly ManualTime _time = new();
    private readonly Queue<IThreadPoolWorkItem> _pool = new();
    private readonly Turns _turns;

    public TurnsTests() => _turns = new Turns(_time, _pool.Enqueue);

    [Fact]
    public void A_few_go_on_at_once_and_the_pool_is_not_asked()
    {
        Assert.All(Take(Always), static turn => Assert.True(turn.IsCompletedSuccessfully));
        Assert.Empty(_pool);
    }

    [Fact]
    public async Task More_go_on_whenever_the_pool_is_found_in_time_and_one_item_asks_while_anybody_waits()
    {
        Take(Always);
        var waiting = Take(Step + 1);
        Assert.DoesNotContain(waiting, static turn => turn.IsCompleted);
        Assert.Single(_pool);

        _time.Advance(TimeSpan.FromMilliseconds(5));
        _pool.Dequeue().Execute();
        await Task.WhenAll(waiting[..Step]);
        Assert.False(waiting[Step].IsCompleted);
        Assert.Single(_pool);

        _pool.Dequeue().Execute();
        await waiting[Step];
        Assert.Empty(_pool);
    }

    [Fact]
    public async Task Where_the_pool_is_late_one_goes_on_for_each_that_is_done_in_the_order_they_came()
    {
        var going = Take(Always);
        var waiting = Take(2);
        _time.Advance(TimeSpan.FromMilliseconds(5.1));
        _pool.Dequeue().Execute();
        Assert.DoesNotContain(waiting, static turn => turn.IsCompleted);
        Assert.Single(_pool);

        (await going[0]).Dispose();
        (await going[0]).Dispose();
        await waiting[0];
        Assert.False(waiting[1].IsCompleted);
        (await waiting[0]).Dispose();
        await waiting[1];
    }

    [Fact]
    public async Task Those_beyond_the_few_are_not_replaced_when_the_pool_has_become_late()
    {
        var going = Take(Always);
        var more = Take(Step);
        _pool.Dequeue().Execute();
        await Task.WhenAll(more);
        var waiting = Take(1)[0];

        foreach (var turn in more)
        {
            (await turn).Dispose();
            Assert.False(waiting.IsCompleted);
        }

        (await going[0]).Dispose();
        await waiting;
    }

    private Task<Turns.Turn>[] Take(int count) => [.. Enumerable.Range(0, count).Select(_ => _turns.TakeAsync().AsTask())];
}
