using HeliosSync.Actors.Journal;
using HeliosSync.Domain;

namespace HeliosSync.Integration.Actors;

/// <summary>A journal that fails: nothing acknowledged is lost, nothing is stored twice, and everybody gets an answer.</summary>
public sealed class JournalFailureTests
{
    private const string FailInserts = """
        CREATE TRIGGER fail BEFORE INSERT ON journal WHEN NEW.persistence_id = 'tenant:a' BEGIN SELECT RAISE(ABORT, 'no space left'); END
        """;

    /// <summary>Without a bound on the wait for an answer: whoever is forgotten waits for ever, and the test with him.</summary>
    [Fact(Timeout = 60_000)]
    public async Task A_failed_write_answers_everyone_and_a_repeat_stores_each_push_once()
    {
        await using var rig = new ServerRig(static options => options with { AnswerTimeout = Timeout.InfiniteTimeSpan });
        await rig.RegisterAsync("a", "c");
        var pushes = Enumerable.Range(1, 20).Select(i => rig.Inserts("c", Guid.NewGuid(), (i, $"k{i}", $"v{i}"))).ToArray();

        rig.Sql(FailInserts);
        var failed = await Task.WhenAll(pushes.Select(p => rig.PushAsync("a", p)));
        Assert.All(failed, reply => Assert.Equal(ErrorCode.StorageUnavailable, reply.Refusal?.Code));

        rig.Sql("DROP TRIGGER fail");
        foreach (var push in pushes)
        {
            Assert.Null((await rig.UntilStoredAsync("a", push)).Refusal);
        }

        Assert.Equal(Enumerable.Range(1, 20).Select(i => $"k{i}").Order(), (await rig.PullAllAsync("a", "c")).Select(c => c.Key).Order());
    }

    [Fact]
    public async Task A_tenant_whose_write_fails_does_not_stop_another()
    {
        await using var rig = new ServerRig();
        await rig.RegisterAsync("a", "c");
        await rig.RegisterAsync("b", "c");
        rig.Sql(FailInserts);
        Assert.NotNull((await rig.PushAsync("a", rig.Inserts("c", Guid.NewGuid(), (1, "k", "v")))).Refusal);
        Assert.Null((await rig.UntilStoredAsync("b", rig.Inserts("c", Guid.NewGuid(), (1, "k", "v")))).Refusal);
        Assert.Equal(1, rig.Sql("SELECT COUNT(*) FROM journal WHERE persistence_id = 'tenant:b' AND manifest = 'pushed/1'"));
    }

    [Fact]
    public async Task An_unwritable_journal_is_not_ready_and_a_writable_one_is()
    {
        await using var rig = new ServerRig();
        rig.Sql("CREATE TRIGGER fail BEFORE INSERT ON heliossync_meta BEGIN SELECT RAISE(ABORT, 'no space left'); END");
        Assert.False(await rig.Server.IsReadyAsync());
        rig.Sql("DROP TRIGGER fail");
        await rig.RestartAsync();
        Assert.True(await rig.Server.IsReadyAsync());
    }

    [Fact]
    public async Task A_tenants_write_says_that_the_journal_can_be_written_and_nobody_waits_for_a_turn_behind_it()
    {
        await using var rig = new ServerRig();
        await rig.Server.DisposeAsync();
        using var files = JournalFiles.Open(rig.DataDir, unsafeSynchronousOff: false, TimeProvider.System);
        using var threads = new BlockingThreads("test", 1);
        var health = new JournalHealth(files, threads, new ManualTime());
        Task<bool> open;
        using (rig.HoldWrites())
        {
            health.Wrote(durable: true);
            Assert.True(await health.IsWritableAsync());
            health.Wrote(durable: false);
            open = health.IsWritableAsync();
            Assert.False(open.IsCompleted);
        }

        await open;
        Assert.True(await health.ProbeNowAsync());
    }

    [Fact]
    public async Task An_event_that_cannot_be_read_refuses_its_tenant_and_no_other()
    {
        await using var rig = new ServerRig();
        await rig.RegisterAsync("a", "c");
        await rig.RegisterAsync("b", "c");
        Assert.Null((await rig.PushAsync("a", rig.Inserts("c", Guid.NewGuid(), (1, "k", "v")))).Refusal);
        await rig.Server.DisposeAsync();
        rig.Sql("UPDATE journal SET message = x'01FFFF' WHERE persistence_id = 'tenant:a' AND sequence_number = 2");
        await rig.RestartAsync();
        Assert.Equal(ErrorCode.StorageUnavailable, (await rig.RegisterAsync("a", "c")).Refusal?.Code);
        Assert.Null((await rig.RegisterAsync("b", "c")).Refusal);
    }
}
