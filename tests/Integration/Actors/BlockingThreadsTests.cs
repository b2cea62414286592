using HeliosSync.Actors;
using HeliosSync.Actors.Journal;

namespace HeliosSync.Integration.Actors;

/// <summary>Work that blocks has threads of its own, and everything else has the pool to itself.</summary>
public sealed class BlockingThreadsTests : IDisposable
{
    private readonly BlockingThreads _threads = new("test", 2);

    public void Dispose() => _threads.Dispose();

    [Fact]
    public async Task What_is_run_there_is_off_the_pool_and_what_follows_is_back_on_it()
    {
        var off = false;
        await _threads.RunAsync(() => off = !Thread.CurrentThread.IsThreadPoolThread);
        Assert.True(off);
        Assert.NotEqual("test", Thread.CurrentThread.Name);
        var failed = _threads.RunAsync(static () => throw new InvalidDataException("no"));
        await Assert.ThrowsAsync<InvalidDataException>(() => failed);
    }

    [Fact]
    public async Task A_hop_stays_there_until_something_is_awaited()
    {
        Assert.Equal("test", await HopAsync());

        async Task<string?> HopAsync()
        {
            await _threads.HopAsync();
            await Task.CompletedTask;
            return Thread.CurrentThread.Name;
        }
    }

    [Fact]
    public async Task Work_waits_for_a_free_thread_and_is_done_also_after_the_end()
    {
        using var release = new ManualResetEventSlim();
        Task[] blocked = [.. Enumerable.Range(0, 2).Select(_ => _threads.RunAsync(() => release.Wait()))];
        while (_threads.Busy < 2)
        {
            await Task.Yield();
        }

        var waiting = _threads.RunAsync(static () => { });
        Assert.False(waiting.IsCompleted);
        release.Set();
        await Task.WhenAll([.. blocked, waiting]);
        _threads.Dispose();
        await _threads.RunAsync(static () => { });
    }

    /// <summary>While another holds the file, whoever writes waits, and blocks no thread of the pool.</summary>
    [Theory]
    [InlineData(JournalPlugin.Sqlite)]
    [InlineData(JournalPlugin.AkkaPersistenceSql)]
    public async Task Whoever_waits_for_the_database_file_waits_on_such_a_thread(JournalPlugin journal)
    {
        await using var rig = new ServerRig(o => o with { Journal = journal });
        await rig.RegisterAsync("a", "c");
        var push = rig.Inserts("c", Guid.NewGuid(), (1, "k", "v"));
        using (rig.HoldWrites())
        {
            var pushed = rig.PushAsync("a", push);
            while (rig.Server.Threads.Journal.Busy + rig.Server.Threads.Writes.Busy == 0)
            {
                await Task.Yield();
            }

            Assert.False(pushed.IsCompleted);
            Assert.Empty(await rig.PullAllAsync("a", "c"));
        }

        Assert.Null((await rig.PushAsync("a", push)).Refusal);
        Assert.Equal(0, rig.Server.Threads.Reads.Busy);
    }
}
