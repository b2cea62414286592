using Akka.Actor;
using Akka.Persistence;
using HeliosSync.Actors;
using HeliosSync.Actors.Journal;

namespace HeliosSync.Integration.Storage;

/// <summary>The journal of our own: what it has in common with the other one, and what it does beside.</summary>
public sealed class SqliteJournalSpec() : JournalSpec(JournalPlugin.Sqlite, failsAlone: true)
{
    private const string A = "tenant:a";

    [Fact(Timeout = 60_000)]
    public async Task Of_writes_in_one_commit_each_is_judged_by_itself()
    {
        await using var rig = Rig();
        await rig.WriteAsync(A, 1);
        Task<Written[]>[] writes;
        using (rig.HoldWrites())
        {
            writes =
            [
                rig.WriteAsync("tenant:b", 1),
                rig.WriteAsync("tenant:c", 1, 2, 4),
                rig.WriteAsync("tenant:d", 1, 2, 3),
                rig.WriteAsync(A, 2, 3, 1),
                rig.WriteAsync("tenant:e", 2),
                rig.WriteAsync("tenant:f", 1),
            ];
            await rig.TakenAsync();
        }

        var stored = (await Task.WhenAll(writes)).Select(static w => w.Distinct().Single() == Written.Stored);
        Assert.Equal([true, false, true, false, false, true], stored);
        Assert.Empty(await rig.SequencesAsync("tenant:c"));
        Assert.Equal([1], await rig.SequencesAsync(A));
        Assert.Equal([1, 2, 3], await rig.SequencesAsync("tenant:d"));
        Assert.Equal(6, rig.Sql("SELECT COUNT(*) FROM journal"));
    }

    /// <summary>For then the tenant asks for its next write, and another thread may tell the answers to that.</summary>
    [Theory(Timeout = 60_000)]
    [InlineData(1, typeof(WriteMessageSuccess), typeof(WriteMessagesSuccessful))]
    [InlineData(7, typeof(WriteMessageFailure), typeof(WriteMessagesFailed))]
    public async Task That_a_request_is_done_is_told_behind_all_that_is_in_it(long first, Type each, Type whole)
    {
        await using var rig = Rig();
        var answers = await rig.AnswersAsync(
            JournalRig.Deferred(),
            JournalRig.Atomic(A, (first, JournalRig.Event(A, first))),
            JournalRig.Atomic(A, (first + 1, JournalRig.Event(A, first + 1)), (first + 2, JournalRig.Event(A, first + 2))));
        Assert.Equal(
            [typeof(LoopMessageSuccess), each, each, each, whole], answers.Select(static a => a.GetType()));
    }

    [Theory(Timeout = 60_000)]
    [InlineData(10_000, JournalWriter.WritesMax)]
    [InlineData(1_000_000, 2)]
    public async Task What_finds_no_room_fails_at_once_and_the_rest_is_stored(long bytesMax, int writesMax)
    {
        await using var rig = new JournalRig(JournalPlugin.Sqlite, bytesMax: bytesMax, writesMax: writesMax);
        var writes = Enumerable.Range(0, 5).Select(static n => Write($"tenant:{n}", 3_000)).ToArray();
        using (rig.HoldWrites())
        {
            rig.Writer.Add(writes[0]);
            await BusyAsync(rig);
            while (rig.Writer.Waiting > 0)
            {
                await Task.Yield();
            }

            foreach (var write in writes[1..])
            {
                rig.Writer.Add(write);
            }

            Assert.Equal([false, false, false, true, true], writes.Select(static w => w.Task.IsFaulted));
            Assert.All(writes[..3], static w => Assert.False(w.Task.IsCompleted));
        }

        await Task.WhenAll(writes[..3].Select(static w => w.Task));

        // There is room again, and alone one may be larger than the bound.
        var large = Write(A, 50_000);
        rig.Writer.Add(large);
        await large.Task;
        Assert.Equal(4, rig.Sql("SELECT COUNT(*) FROM journal"));
    }

    [Fact(Timeout = 60_000)]
    public async Task What_waits_at_a_stop_is_still_written()
    {
        await using var rig = Rig();
        using (rig.HoldWrites())
        {
            foreach (var n in Enumerable.Range(0, 20))
            {
                _ = rig.WriteAsync($"tenant:{n}", 1);
            }

            await rig.TakenAsync();
        }

        await rig.StopAsync();
        Assert.Equal(20, rig.Sql("SELECT COUNT(*) FROM journal"));
    }

    /// <summary>As with a disk that hangs: what is in its hands ends as it does, what waits behind it is never begun.</summary>
    [Fact(Timeout = 60_000)]
    public async Task A_journal_that_hangs_can_be_stopped()
    {
        await using var rig = Rig();
        var writes = Enumerable.Range(0, 3).Select(static n => Write($"tenant:{n}", 1)).ToArray();
        using (rig.HoldWrites())
        {
            rig.Writer.Add(writes[0]);
            await BusyAsync(rig);
            rig.Writer.Add(writes[1]);
            rig.Writer.Add(writes[2]);
            await rig.StopAsync();
            Assert.All(writes, static w => Assert.False(w.Task.IsCompletedSuccessfully));
        }

        await writes[0].Task;
        await Assert.ThrowsAsync<InvalidOperationException>(() => writes[1].Task);
        await Assert.ThrowsAsync<InvalidOperationException>(() => writes[2].Task);
        var late = Write(A, 1);
        rig.Writer.Add(late);
        await Assert.ThrowsAsync<InvalidOperationException>(() => late.Task);
        Assert.Equal(1, rig.Sql("SELECT COUNT(*) FROM journal"));
    }

    /// <summary>However long a journal is: of what a tenant has not taken yet, a little is in memory.</summary>
    [Fact(Timeout = 60_000)]
    public async Task A_replay_goes_on_when_its_tenant_has_taken_what_it_was_handed()
    {
        await using var rig = Rig();
        for (var n = 1; n <= 10; n++)
        {
            await rig.WriteAsync(JournalRig.Atomic(A, (n, JournalRig.Event(A, n, 300_000))));
        }

        var (handed, taken) = (0, new TaskCompletionSource<Action>(TaskCreationOptions.RunContinuationsAsynchronously));
        var replayed = rig.ReplayAsync(A, e =>
        {
            handed++;
            if (e.Taken is not null && !taken.TrySetResult(e.Taken))
            {
                e.Taken();
            }
        });
        var go = await taken.Task;
        for (var later = 0; later < 5; later++)
        {
            await rig.ReplayAsync(A, to: 1);
        }

        Assert.Equal(4, handed);
        Assert.False(replayed.IsCompleted);
        go();
        Assert.Equal(10, (await replayed).Events.Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task Events_are_not_deleted()
    {
        await using var rig = Rig();
        await rig.WriteAsync(A, 1, 2);
        var failed = await rig.Journal.Ask<DeleteMessagesFailure>(self => new DeleteMessagesTo(A, 1, self), null, CancellationToken.None);
        Assert.IsType<NotSupportedException>(failed.Cause);
        Assert.Equal([1, 2], await rig.SequencesAsync(A));
    }

    private static JournalWrite Write(string id, int bytes) => new(id, 0, [new JournalAppend(1, JournalRig.Event(id, 1, bytes))]);

    private static async Task BusyAsync(JournalRig rig)
    {
        while (rig.Threads.Writes.Busy == 0)
        {
            await Task.Yield();
        }
    }
}
