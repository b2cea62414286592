using System.Text;
using Akka.Actor;
using HeliosSync.Actors;
using HeliosSync.Codec;
using HeliosSync.Domain;
using HeliosSync.Integration.Actors;

namespace HeliosSync.Integration.Storage;

/// <summary>The journal of our own.</summary>
public sealed class SqliteStorageFaultTests() : StorageFaultTests(JournalPlugin.Sqlite);

/// <summary>The journal by Akka.Persistence.Sql.</summary>
public sealed class AkkaPersistenceSqlStorageFaultTests() : StorageFaultTests(JournalPlugin.AkkaPersistenceSql);

/// <summary>A journal that fails, rejects or hangs: everybody is answered, nothing is lost, nothing is doubled, others go on.</summary>
public abstract class StorageFaultTests(JournalPlugin journal)
{
    private const string A = "tenant:a";

    /// <summary>Short where a call is to hang for longer; a slow machine then only sees more failures, which every test repeats.</summary>
    private static readonly TimeSpan ShortTimeout = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LongTimeout = TimeSpan.FromMinutes(1);

    private readonly StorageFaults _faults = new();

    [Theory(Timeout = 60_000)]
    [InlineData(StorageFault.FailBefore)]
    [InlineData(StorageFault.FailAfter)]
    [InlineData(StorageFault.Reject)]
    [InlineData(StorageFault.HangBefore)]
    [InlineData(StorageFault.HangAfter)]
    public async Task A_write_that_goes_wrong_is_told_to_everyone_and_its_repeat_stores_it_once(StorageFault fault)
    {
        await using var rig = Rig(callTimeout: TimeoutFor(fault));
        await RegisterAsync(rig);
        _faults.Plan = (call, id, _) => call == StorageCall.Write && id == A ? fault : StorageFault.None;
        var pushes = Pushes(rig, 20);
        var replies = Task.WhenAll(pushes.Select(p => rig.PushAsync("a", p)));
        Assert.Null((await rig.UntilStoredAsync("b", rig.Inserts("c", Guid.NewGuid(), (1, "k", "v")))).Refusal);
        foreach (var reply in await replies)
        {
            Assert.Equal(ErrorCode.StorageUnavailable, reply.Refusal?.Code);
            Assert.Contains("repeat it with the same message_id", reply.Refusal!.Message, StringComparison.Ordinal);
        }

        Assert.True(_faults.Met(fault) > 0);
        _faults.Plan = static (_, _, _) => StorageFault.None;
        await HoldsOnceAsync(rig, pushes);
        await rig.RestartAsync();
        await HoldsOnceAsync(rig, pushes);
        _faults.Release();
    }

    /// <summary>The journal does in the end what it was asked long ago: before the tenant asks it again, or after.</summary>
    [Theory(Timeout = 60_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_write_that_comes_after_the_tenant_has_given_it_up_neither_doubles_nor_hides_anything(bool beforeTheRepeat)
    {
        await using var rig = Rig();
        await RegisterAsync(rig);
        var writes = 0;
        _faults.Plan = (call, id, _) => call == StorageCall.Write && id == A && Interlocked.Increment(ref writes) == 1
            ? StorageFault.HangBefore
            : StorageFault.None;
        var first = rig.Inserts("c", Guid.NewGuid(), (1, "k1", "v1"));
        Assert.NotNull((await rig.PushAsync("a", first)).Refusal);
        Assert.Equal(1, _faults.Met(StorageFault.HangBefore));
        await UntilRegisteredAsync(rig, "a");
        Push[] pushes = [first, rig.Inserts("c", Guid.NewGuid(), (2, "k2", "v2"))];
        if (beforeTheRepeat)
        {
            _faults.Release();
            await UntilAsync(() => rig.Sql("SELECT COUNT(*) FROM journal WHERE persistence_id = 'tenant:a'") == 2);
            Assert.Empty(await rig.PullAllAsync("a", "c"));
        }
        else
        {
            await rig.UntilStoredAsync("a", pushes[1]);
            _faults.Release();
        }

        await HoldsOnceAsync(rig, pushes);
        await rig.RestartAsync();
        await HoldsOnceAsync(rig, pushes);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_caller_does_not_wait_for_ever_and_a_late_answer_finds_the_batch_as_it_was()
    {
        await using var rig = Rig(static o => o with { AnswerTimeout = TimeSpan.FromSeconds(1) }, LongTimeout);
        await RegisterAsync(rig);
        _faults.Plan = static (call, id, _) => call == StorageCall.Write && id == A ? StorageFault.HangBefore : StorageFault.None;
        using var late = new Buffers();
        var push = rig.Inserts("c", Guid.NewGuid(), (1, "k1", "v1"));
        var reply = await rig.Server.PushAsync(ServerRig.Tenant("a"), new PushBatch(push, late));
        Assert.Equal(ErrorCode.StorageUnavailable, reply.Refusal?.Code);
        _faults.Plan = static (_, _, _) => StorageFault.None;
        _faults.Release();
        await HoldsOnceAsync(rig, [push]);
        Assert.False(late.GivenBack);

        await UntilAsync(async () =>
        {
            using var answered = new Buffers();
            var again = await rig.Server.PushAsync(ServerRig.Tenant("a"), new PushBatch(push, answered));
            Assert.Equal(again.Refusal is null, answered.GivenBack);
            return again.Refusal is null;
        });
    }

    [Theory(Timeout = 60_000)]
    [InlineData(StorageCall.Highest, StorageFault.FailBefore)]
    [InlineData(StorageCall.Highest, StorageFault.HangBefore)]
    [InlineData(StorageCall.Replay, StorageFault.FailBefore)]
    [InlineData(StorageCall.Replay, StorageFault.FailAfter)]
    [InlineData(StorageCall.Replay, StorageFault.HangBefore)]
    public async Task A_tenant_whose_journal_cannot_be_read_is_unavailable_until_it_can(StorageCall wrong, StorageFault fault)
    {
        await using var rig = Rig(callTimeout: TimeoutFor(fault));
        await RegisterAsync(rig);
        var pushes = Pushes(rig, 3);
        await HoldsOnceAsync(rig, pushes);
        _faults.Plan = (call, id, _) => call == wrong && id == A ? fault : StorageFault.None;
        await rig.RestartAsync();
        var refused = await rig.RegisterAsync("a", "c");
        Assert.Equal(ErrorCode.StorageUnavailable, refused.Refusal?.Code);
        await UntilRegisteredAsync(rig, "b");
        _faults.Plan = static (_, _, _) => StorageFault.None;
        _faults.Release();
        await UntilRegisteredAsync(rig, "a");
        await HoldsOnceAsync(rig, pushes);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(StorageCall.Load, StorageFault.FailBefore)]
    [InlineData(StorageCall.Load, StorageFault.HangBefore)]
    [InlineData(StorageCall.Save, StorageFault.FailBefore)]
    [InlineData(StorageCall.Save, StorageFault.FailAfter)]
    [InlineData(StorageCall.Save, StorageFault.HangBefore)]
    [InlineData(StorageCall.Delete, StorageFault.FailBefore)]
    [InlineData(StorageCall.Delete, StorageFault.HangAfter)]
    public async Task A_snapshot_store_that_goes_wrong_costs_time_and_nothing_else(StorageCall wrong, StorageFault fault)
    {
        await using var rig = Rig(static options => options with { SnapshotEvents = 6 }, TimeoutFor(fault));
        await RegisterAsync(rig);
        _faults.Plan = (call, _, _) => call == wrong ? fault : StorageFault.None;
        var pushes = Pushes(rig, 20);
        await HoldsOnceAsync(rig, pushes);
        if (wrong == StorageCall.Load)
        {
            await rig.SnapshotIsKeptAsync();
        }
        else
        {
            // Snapshots are kept behind the answers, and older ones deleted behind that.
            await UntilAsync(() => _faults.Met(fault) > 0);
        }

        await rig.RestartAsync();
        await HoldsOnceAsync(rig, pushes);
        Assert.True(_faults.Met(fault) > 0);
        _faults.Release();
    }

    [Theory(Timeout = 60_000)]
    [InlineData(StorageFault.FailBefore)]
    [InlineData(StorageFault.FailAfter)]
    public async Task A_first_registration_whose_write_goes_wrong_is_counted_once(StorageFault fault)
    {
        await using var rig = Rig(callTimeout: TimeoutFor(fault));
        await UntilRegisteredAsync(rig, "b");
        _faults.Plan = (call, id, _) => call == StorageCall.Write && id == A ? fault : StorageFault.None;
        Assert.Equal(ErrorCode.StorageUnavailable, (await rig.RegisterAsync("a", "c")).Refusal?.Code);
        _faults.Plan = static (_, _, _) => StorageFault.None;
        await UntilRegisteredAsync(rig, "a");
        Assert.Equal(2, rig.Server.RegisteredClients);
        await rig.RestartAsync();
        Assert.Equal(2, rig.Server.RegisteredClients);
    }

    /// <summary>A snapshot is optional only where its store gives up before the tenant does.</summary>
    [Fact]
    public async Task The_snapshot_store_gives_up_before_a_recovery_does()
    {
        await using var rig = new ServerRig();
        var config = ((ActorRefWithCell)rig.Server.Tenants).Underlying.System.Settings.Config;
        var load = config.GetTimeSpan("akka.persistence.snapshot-store-plugin-fallback.circuit-breaker.call-timeout");
        Assert.InRange(load, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(25));
        Assert.True(load < config.GetTimeSpan("akka.persistence.journal-plugin-fallback.recovery-event-timeout"));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_server_whose_journal_hangs_can_be_stopped_and_loses_nothing()
    {
        await using var rig = Rig(static o => o with { StopTimeout = TimeSpan.FromSeconds(1) }, LongTimeout);
        await RegisterAsync(rig);
        var pushes = Pushes(rig, 3);
        await HoldsOnceAsync(rig, pushes);
        _faults.Plan = static (call, _, _) => call == StorageCall.Write ? StorageFault.HangBefore : StorageFault.None;
        var hung = rig.Inserts("c", Guid.NewGuid(), (9, "k9", "v9"));
        var reply = rig.PushAsync("a", hung);
        await UntilAsync(() => _faults.Met(StorageFault.HangBefore) > 0);
        await rig.Server.DisposeAsync();
        Assert.Equal(ErrorCode.StorageUnavailable, (await reply).Refusal?.Code);
        _faults.Plan = static (_, _, _) => StorageFault.None;
        await rig.RestartAsync();
        await HoldsOnceAsync(rig, [.. pushes, hung]);
    }

    /// <summary>Who is forgotten waits for ever, and the test with him, unless it says otherwise.</summary>
    private ServerRig Rig(Func<SyncServerOptions, SyncServerOptions>? configure = null, TimeSpan? callTimeout = null) => new(
        o => (configure ?? (static x => x))(
            o with { Journal = journal, AnswerTimeout = Timeout.InfiniteTimeSpan, FailedPauseMax = TimeSpan.FromMilliseconds(200) }),
        _faults.Plugins(callTimeout ?? ShortTimeout));

    private static async Task RegisterAsync(ServerRig rig)
    {
        await UntilRegisteredAsync(rig, "a");
        await UntilRegisteredAsync(rig, "b");
    }

    private static TimeSpan TimeoutFor(StorageFault fault) =>
        fault is StorageFault.HangBefore or StorageFault.HangAfter ? ShortTimeout : LongTimeout;

    private static Push[] Pushes(ServerRig rig, int count) =>
        [.. Enumerable.Range(1, count).Select(i => rig.Inserts("c", Guid.NewGuid(), (i, $"k{i}", $"v{i}")))];

    /// <summary>Every push gets stored, a repeat has the same outcome, and the journal has each change once.</summary>
    private static async Task HoldsOnceAsync(ServerRig rig, Push[] pushes)
    {
        foreach (var push in pushes)
        {
            var (refusal, stored) = await rig.UntilStoredAsync("a", push);
            Assert.Null(refusal);
            Assert.Equal(stored!.Event.ToArray(), (await rig.UntilStoredAsync("a", push)).Value!.Event.ToArray());
        }

        var expected = pushes.SelectMany(static p => p.Changes.ToArray()).Select(static c => Encoding.UTF8.GetString(c.Key.Span));
        var pulled = await rig.PullAllAsync("a", "c");
        Assert.Equal(expected.Order(), pulled.Select(static c => c.Key).Order());
        Assert.Equal(Enumerable.Range(1, pulled.Count).Select(static n => (long)n), pulled.Select(static c => c.Lsn));
    }

    private static Task UntilRegisteredAsync(ServerRig rig, string tenant) =>
        UntilAsync(async () => (await rig.RegisterAsync(tenant, "c")).Refusal is null);

    private static Task UntilAsync(Func<bool> happened) => UntilAsync(() => Task.FromResult(happened()));

    private static async Task UntilAsync(Func<Task<bool>> happened)
    {
        while (!await happened())
        {
            await Task.Delay(10);
        }
    }

    /// <summary>Stands for a batch's rented buffers.</summary>
    private sealed class Buffers : IDisposable
    {
        public bool GivenBack { get; private set; }

        public void Dispose() => GivenBack = true;
    }
}
