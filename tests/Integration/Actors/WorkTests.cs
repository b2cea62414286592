using HeliosSync.Actors;

namespace HeliosSync.Integration.Actors;

/// <summary>While requests are turned away, what takes computing gives way to what answers at once.</summary>
public sealed class WorkTests : IDisposable
{
    private const string GivesWay = "heliossync-work";

    private readonly ManualTime _time = new();
    private readonly Work _work;

    public WorkTests() => _work = new Work(_time);

    public void Dispose() => _work.Dispose();

    [Fact]
    public async Task It_is_on_the_pool_until_a_request_is_turned_away_then_for_a_while_on_threads_that_give_way()
    {
        Assert.NotEqual(GivesWay, await ItemAsync());
        Assert.NotEqual(GivesWay, await AwaitedAsync());
        _work.NoteOverload();
        Assert.Equal(GivesWay, await ItemAsync());
        Assert.Equal(GivesWay, await AwaitedAsync());
        _time.Advance(Work.Afterwards - TimeSpan.FromMilliseconds(1));
        Assert.Equal(GivesWay, await ItemAsync());
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.NotEqual(GivesWay, await ItemAsync());
        Assert.NotEqual(GivesWay, await AwaitedAsync());
    }

    [Fact]
    public async Task What_comes_after_the_end_is_still_done()
    {
        _work.NoteOverload();
        _work.Dispose();
        Assert.NotEqual(GivesWay, await ItemAsync());
        Assert.NotEqual(GivesWay, await AwaitedAsync());
    }

    [Fact]
    public async Task Actors_run_there()
    {
        await using var rig = new Storage.JournalRig(JournalPlugin.Sqlite);
        Assert.NotEqual(GivesWay, await rig.ActorThreadAsync());
        rig.Work.NoteOverload();
        Assert.Equal(GivesWay, await rig.ActorThreadAsync());
    }

    private Task<string?> ItemAsync()
    {
        var item = new Item();
        _work.Post(item);
        return item.Done.Task;
    }

    private async Task<string?> AwaitedAsync()
    {
        await _work.GiveWayAsync();
        return Thread.CurrentThread.Name;
    }

    private sealed class Item : IThreadPoolWorkItem
    {
        public TaskCompletionSource<string?> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Execute() => Done.SetResult(Thread.CurrentThread.Name);
    }
}
