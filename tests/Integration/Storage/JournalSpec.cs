using HeliosSync.Actors;

namespace HeliosSync.Integration.Storage;

/// <summary>
/// What the server asks of a journal's plugin, and both plugins do. Where they differ by design, <paramref name="failsAlone"/> says how.
/// </summary>
/// <param name="plugin">The plugin.</param>
/// <param name="failsAlone">
/// Whether a refused write leaves alone what is written in the same moment. Akka.Persistence.Sql fails its whole batch.
/// </param>
public abstract class JournalSpec(JournalPlugin plugin, bool failsAlone)
{
    private const string A = "tenant:a";

    /// <summary>SQL that makes a commit impossible where a certain tenant writes, and SQL that mends it.</summary>
    public static TheoryData<string, string> FailingCommits => new()
    {
        {
            "CREATE TRIGGER fail BEFORE INSERT ON journal WHEN NEW.persistence_id = 'tenant:a' BEGIN SELECT RAISE(ROLLBACK, 'full'); END",
            "DROP TRIGGER fail"
        },
        {
            """
            CREATE TABLE parent (id INTEGER PRIMARY KEY);
            CREATE TABLE child (id REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED);
            CREATE TRIGGER fail BEFORE INSERT ON journal WHEN NEW.persistence_id = 'tenant:a' BEGIN INSERT INTO child VALUES (1); END
            """,
            "DROP TRIGGER fail; DROP TABLE child; DROP TABLE parent"
        },
    };

    [Fact(Timeout = 60_000)]
    public async Task What_was_written_is_read_back_in_order()
    {
        await using var rig = Rig();
        Assert.Equal([Written.Stored], await rig.WriteAsync(A, 1));
        Assert.Equal([Written.Stored, Written.Stored], await rig.WriteAsync(A, 2, 3));
        Assert.Equal([Written.Stored], await rig.WriteAsync("tenant:b", 1));
        Assert.Equal([1, 2, 3], await rig.SequencesAsync(A));
        Assert.Equal([1], await rig.SequencesAsync("tenant:b"));
        Assert.Equal(3, (await rig.ReplayAsync(A)).Highest);
        Assert.Equal(0, (await rig.ReplayAsync("tenant:c")).Highest);
        Assert.Empty(await rig.SequencesAsync("tenant:c"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Events_of_one_write_are_stored_all_or_none()
    {
        await using var rig = Rig();
        Assert.All(await rig.WriteAsync(Several(1, 2, 3)), static w => Assert.Equal(Written.Stored, w));
        Assert.All(await rig.WriteAsync(Several(4, 5, 5)), static w => Assert.Equal(Written.Failed, w));
        Assert.All(await rig.WriteAsync(A, 4, 5, 7), static w => Assert.Equal(Written.Failed, w));
        Assert.Equal([1, 2, 3], await rig.SequencesAsync(A));
        Assert.All(await rig.WriteAsync(Several(4, 5)), static w => Assert.Equal(Written.Stored, w));
        Assert.Equal([1, 2, 3, 4, 5], await rig.SequencesAsync(A));
    }

    /// <summary>What an actor defers passes through the journal, alone or among events; lost there, it would stop all tenants.</summary>
    [Fact(Timeout = 30_000)]
    public async Task What_is_only_deferred_is_told_at_once()
    {
        await using var rig = Rig();
        Assert.Equal([Written.Deferred], await rig.WriteAsync([JournalRig.Deferred()]));
        Assert.Equal(
            [Written.Deferred, Written.Stored, Written.Deferred],
            await rig.WriteAsync([JournalRig.Deferred(), Several(1), JournalRig.Deferred()]));
        Assert.Equal([1], await rig.SequencesAsync(A));
    }

    [Theory(Timeout = 60_000)]
    [InlineData(1, long.MaxValue, long.MaxValue, "1 2 3 4 5 6 7 8 9 10")]
    [InlineData(4, 7, long.MaxValue, "4 5 6 7")]
    [InlineData(4, 7, 2, "4 5")]
    [InlineData(9, long.MaxValue, 100, "9 10")]
    [InlineData(10, 10, long.MaxValue, "10")]
    [InlineData(1, 1, long.MaxValue, "1")]
    [InlineData(11, long.MaxValue, long.MaxValue, "")]
    [InlineData(5, 3, long.MaxValue, "")]
    [InlineData(1, 0, long.MaxValue, "")]
    [InlineData(1, long.MaxValue, 0, "")]
    public async Task A_replay_keeps_to_its_range(long from, long to, long max, string expected)
    {
        await using var rig = Rig();
        await rig.WriteAsync(Several([.. Enumerable.Range(1, 10).Select(static n => (long)n)]));
        await rig.WriteAsync("tenant:b", 1);
        var replayed = await rig.ReplayAsync(A, from, to, max);
        Assert.Null(replayed.Failure);
        Assert.Equal(expected, string.Join(' ', replayed.Events.Select(static e => e.Sequence)));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_long_replay_misses_and_doubles_nothing()
    {
        await using var rig = Rig();
        var small = Enumerable.Range(1, 2_500).Select(static n => (long)n).ToArray();
        Assert.All(await rig.WriteAsync(Several(small)), static w => Assert.Equal(Written.Stored, w));
        for (var n = 2_501; n <= 2_510; n++)
        {
            Assert.Equal([Written.Stored], await rig.WriteAsync(JournalRig.Atomic(A, (n, JournalRig.Event(A, n, 300_000)))));
        }

        Assert.Equal(Enumerable.Range(1, 2_510).Select(static n => (long)n), await rig.SequencesAsync(A));
        Assert.Equal(2_000, (await rig.ReplayAsync(A, 11, 2_509, 2_000)).Events.Count);
    }

    /// <summary>An actor that starts anew while a write of its former life is under way would else use that number again.</summary>
    [Fact(Timeout = 60_000)]
    public async Task The_highest_number_waits_for_what_is_being_written()
    {
        await using var rig = Rig();
        await rig.WriteAsync(A, 1);
        Task<Replayed> replayed;
        Task<Written[]> first, second;
        using (rig.HoldWrites())
        {
            first = rig.WriteAsync("tenant:b", 1);
            second = rig.WriteAsync(A, 2, 3);
            await rig.TakenAsync();
            replayed = rig.ReplayAsync(A);
            for (var later = 0; later < 5; later++)
            {
                Assert.Equal(0, (await rig.ReplayAsync("tenant:c")).Highest);
            }

            Assert.False(replayed.IsCompleted);
        }

        Assert.Equal([Written.Stored], await first);
        Assert.Equal([Written.Stored, Written.Stored], await second);
        Assert.Equal(3, (await replayed).Highest);
        Assert.Equal([1, 2, 3], (await replayed).Events.Select(static e => e.Sequence));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_deleted_event_is_not_read_and_its_number_not_used_again()
    {
        await using var rig = Rig();
        await rig.WriteAsync(A, 1, 2, 3);
        rig.Sql("UPDATE journal SET deleted = 1 WHERE sequence_number = 3");
        Assert.Equal([1, 2], await rig.SequencesAsync(A));
        Assert.Equal(3, (await rig.ReplayAsync(A)).Highest);
    }

    /// <summary>The fence: two writers of a tenant, of which one does not know that it is none any more.</summary>
    [Fact(Timeout = 60_000)]
    public async Task A_number_that_is_taken_is_refused_to_its_tenant()
    {
        await using var rig = Rig();
        await rig.WriteAsync(A, 1, 2);
        Task<Written[]>[] others;
        Task<Written[]> fenced;
        using (rig.HoldWrites())
        {
            others = [.. Enumerable.Range(0, 25).Select(n => rig.WriteAsync($"tenant:{n}", 1))];
            fenced = rig.WriteAsync(A, 2);
            others = [.. others, .. Enumerable.Range(25, 25).Select(n => rig.WriteAsync($"tenant:{n}", 1))];
            await rig.TakenAsync();
        }

        Assert.Equal([Written.Failed], await fenced);
        var failed = (await Task.WhenAll(others)).Count(static w => w[0] == Written.Failed);
        Assert.True(failsAlone ? failed == 0 : failed > 0, $"{failed} others failed.");
        Assert.Equal(52 - failed, rig.Sql("SELECT COUNT(*) FROM journal"));
        Assert.Equal([1, 2], await rig.SequencesAsync(A));
        Assert.Equal([Written.Stored], await rig.WriteAsync(A, 3));
    }

    [Fact(Timeout = 60_000)]
    public async Task Nothing_is_stored_behind_a_gap()
    {
        await using var rig = Rig();
        Assert.Equal([Written.Failed], await rig.WriteAsync(A, 2));
        Assert.Equal([Written.Stored], await rig.WriteAsync(A, 1));
        Assert.Equal([Written.Failed], await rig.WriteAsync(A, 3));
        Assert.Equal([1], await rig.SequencesAsync(A));
    }

    [Fact(Timeout = 60_000)]
    public async Task An_event_of_another_kind_is_rejected_and_nothing_is_stored_behind_it()
    {
        await using var rig = Rig();
        Assert.Equal([Written.Rejected], await rig.WriteAsync(JournalRig.Atomic(A, (1, "text"))));
        var behind = await rig.WriteAsync(JournalRig.Atomic(A, (1, "text")), JournalRig.Atomic(A, (2, JournalRig.Event(A, 2))));
        Assert.DoesNotContain(Written.Stored, behind);
        Assert.Empty(await rig.SequencesAsync(A));
        Assert.Equal([Written.Stored], await rig.WriteAsync(A, 1));
    }

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(FailingCommits))]
    public async Task What_a_failed_commit_takes_with_it_is_told_to_have_failed(string broken, string mended)
    {
        await using var rig = Rig();
        rig.Sql(broken);
        Task<Written[]>[] writes;
        using (rig.HoldWrites())
        {
            // The failing tenant stands in the midst.
            writes = [.. Enumerable.Range(0, 40).Select(n => rig.WriteAsync(n == 20 ? A : $"tenant:{n}", 1))];
            await rig.TakenAsync();
        }

        var written = await Task.WhenAll(writes);
        Assert.Equal([Written.Failed], written[20]);
        Assert.InRange(written.Count(static w => w[0] == Written.Failed), 2, 40);
        Assert.Equal(written.Count(static w => w[0] == Written.Stored), rig.Sql("SELECT COUNT(*) FROM journal"));
        rig.Sql(mended);
        for (var n = 0; n < written.Length; n++)
        {
            var stored = written[n][0] == Written.Stored;
            Assert.Equal([Written.Stored], await rig.WriteAsync(n == 20 ? A : $"tenant:{n}", stored ? 2 : 1));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Each_goes_on_with_what_the_other_wrote()
    {
        var other = plugin == JournalPlugin.Sqlite ? JournalPlugin.AkkaPersistenceSql : JournalPlugin.Sqlite;
        await using var first = Rig();
        Assert.All(await first.WriteAsync(A, 1, 2), static w => Assert.Equal(Written.Stored, w));
        await first.StopAsync();
        await using (var second = new JournalRig(other, first.DataDir))
        {
            Assert.Equal([1, 2], await second.SequencesAsync(A));
            Assert.All(await second.WriteAsync(A, 3, 4), static w => Assert.Equal(Written.Stored, w));
            Assert.Equal([Written.Failed], await second.WriteAsync(A, 2));
        }

        await using var third = new JournalRig(plugin, first.DataDir);
        Assert.Equal([1, 2, 3, 4], await third.SequencesAsync(A));
        Assert.Equal([Written.Stored], await third.WriteAsync(A, 5));

        // Every column is of one form, whoever wrote it; only the writers' names differ, and each writer has one.
        const string Form = "deleted, typeof(deleted), tags, typeof(tags), identifier, typeof(identifier), manifest, "
            + "typeof(manifest), typeof(message), typeof(created), length(created), typeof(writer_uuid), length(writer_uuid)";
        Assert.Equal(1, third.Sql($"SELECT COUNT(*) FROM (SELECT DISTINCT {Form} FROM journal)"));
        Assert.Equal(5, third.Sql("SELECT MAX(ordering) FROM journal"));
        Assert.Equal(3, third.Sql("SELECT COUNT(DISTINCT writer_uuid) FROM journal"));
        var now = DateTime.UtcNow.Ticks;
        Assert.Equal(5, third.Sql($"SELECT COUNT(*) FROM journal WHERE created BETWEEN {now - TimeSpan.TicksPerHour} AND {now}"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Events_of_many_tenants_share_a_commit()
    {
        await using var rig = Rig();
        await rig.WriteAsync(A, 1);
        var before = rig.Commits();
        Assert.Equal(1, before);
        Task<Written[]>[] writes;
        using (rig.HoldWrites())
        {
            writes = [.. Enumerable.Range(0, 64).Select(n => rig.WriteAsync($"tenant:{n}", 1))];
            await rig.TakenAsync();
        }

        Assert.All(await Task.WhenAll(writes), static w => Assert.Equal([Written.Stored], w));
        // The first was begun by itself.
        Assert.InRange(rig.Commits() - before, 1, failsAlone ? 2 : 16);
    }

    private protected JournalRig Rig() => new(plugin);

    private protected static Akka.Persistence.AtomicWrite Several(params long[] sequences) =>
        JournalRig.Atomic(A, [.. sequences.Select(static s => (s, (object)JournalRig.Event(A, s)))]);
}

/// <summary>Akka.Persistence.Sql.</summary>
public sealed class AkkaPersistenceSqlSpec() : JournalSpec(JournalPlugin.AkkaPersistenceSql, failsAlone: false);
