using System.Diagnostics;
using HeliosSync.Actors;
using HeliosSync.Integration.Actors;
using Microsoft.Extensions.Logging.Abstractions;

namespace HeliosSync.Integration.Storage;

/// <summary>A damaged data folder is reported at the start or where it is read, and never served.</summary>
public sealed class DamageTests
{
    private const string OfA = "WHERE persistence_id = 'tenant:a' AND sequence_number";

    /// <summary>
    /// What somebody, or a broken disk, can do to the rows of a running server; and whether the next start finds it too. If not, the
    /// tenant's own reading does.
    /// </summary>
    public static TheoryData<string, bool> DamagedRows => new()
    {
        { $"UPDATE journal SET message = substr(message, 1, 60) || x'55' || substr(message, 62) {OfA} = 9", false },
        { $"UPDATE journal SET message = substr(message, 1, length(message) - 1) {OfA} = 9", false },
        { $"UPDATE journal SET message = x'' {OfA} = 9", false },
        { $"UPDATE journal SET message = 'text' {OfA} = 9", false },
        { $"UPDATE journal SET manifest = 'qushed/1' {OfA} = 9", false },
        { $"UPDATE journal SET manifest = NULL {OfA} = 9", false },
        { $"UPDATE journal SET deleted = 1 {OfA} = 9", false },
        { $"UPDATE journal SET sequence_number = 900 {OfA} = 9", false },
        { $"UPDATE journal SET persistence_id = 'tenant:z' {OfA} = 9", false },
        { $"UPDATE journal SET message = (SELECT message FROM journal {OfA} = 8) {OfA} = 9", false },
        {
            "UPDATE journal SET message = (SELECT message FROM journal WHERE persistence_id = 'tenant:b' AND sequence_number = 9) "
            + $"{OfA} = 9",
            false
        },
        {
            $"UPDATE journal SET sequence_number = -1 {OfA} = 9; UPDATE journal SET sequence_number = 9 {OfA} = 10;"
            + $"UPDATE journal SET sequence_number = 10 {OfA} = -1",
            false
        },
        { $"DELETE FROM journal {OfA} = 9", true },
        { $"DELETE FROM journal {OfA} = 14", true },
        { "DELETE FROM journal WHERE ordering = (SELECT MAX(ordering) FROM journal)", true },
        { "DELETE FROM journal WHERE ordering = (SELECT MIN(ordering) FROM journal)", true },
        { "DELETE FROM journal", true },
    };

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(DamagedRows))]
    public async Task Damaged_rows_are_reported_where_they_are_read_or_at_the_start(string sql, bool atStart)
    {
        await using var rig = Rig();
        var truth = await StoredTruth.FillAsync(rig, 12);
        Assert.True(await rig.Server.ProbeAsync());
        rig.Sql(sql);
        Assert.True(await truth.ServesAsync(rig.Server, "a") == atStart || atStart);
        if (!atStart)
        {
            await LineAsync(rig, "The journal cannot be read tenant=a why=\"The journal of tenant a is damaged: event ");
        }

        await rig.Server.DisposeAsync();
        if (atStart)
        {
            Assert.Contains("journal in", Refused(rig).Message, StringComparison.Ordinal);
            return;
        }

        await rig.RestartAsync();
        Assert.False(await truth.ServesAsync(rig.Server, "a"));
        Assert.True(await truth.ServesAsync(rig.Server, "b"));
        var line = await LineAsync(rig, "The tenant is unavailable until");
        Assert.Matches("The journal of tenant a is damaged: event [0-9]+ |tenant:a cannot be read behind event [0-9]+: ", line);
        Assert.Equal(1, line.Count(static c => c == '\n'));
    }

    [Theory]
    [InlineData("UPDATE heliossync_meta SET value = x'00' WHERE name = 'schema_version'", "version is not readable")]
    [InlineData("UPDATE heliossync_meta SET value = zeroblob(16) WHERE name = 'hash_key'", "keys do not match")]
    [InlineData("UPDATE heliossync_meta SET value = zeroblob(32) WHERE name = 'token_key'", "keys do not match")]
    [InlineData("UPDATE heliossync_meta SET value = zeroblob(15) WHERE name = 'hash_key'", "keys are not readable")]
    [InlineData("DELETE FROM heliossync_meta WHERE name = 'hash_key'", "keys are not readable")]
    [InlineData("ALTER TABLE journal RENAME TO jpurnal", "there is no table journal")]
    [InlineData("DROP INDEX journal_uq", "there is no index journal_uq")]
    [InlineData("DROP TABLE heliossync_meta", "there is no table heliossync_meta")]
    public async Task A_database_that_is_not_as_it_was_made_is_refused_at_the_start(string sql, string why)
    {
        await using var rig = Rig();
        await StoredTruth.FillAsync(rig, 1);
        await rig.Server.DisposeAsync();
        rig.Sql(sql);
        Assert.Contains(why, Refused(rig).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("heliossync.db", true)]
    [InlineData("heliossync.db,heliossync.lock", true)]
    [InlineData("heliossync.db,snapshots.db", true)]
    [InlineData("snapshots.db", false)]
    [InlineData("heliossync.db,heliossync.lock,snapshots.db", false)]
    public async Task A_journal_that_is_gone_is_missed(string deleted, bool missed)
    {
        await using var rig = Rig();
        await StoredTruth.FillAsync(rig, 1);
        await rig.Server.DisposeAsync();
        foreach (var file in deleted.Split(','))
        {
            File.Delete(Path.Combine(rig.DataDir, file));
        }

        if (missed)
        {
            Assert.Contains("has no journal", Refused(rig).Message, StringComparison.Ordinal);
            await File.WriteAllBytesAsync(Path.Combine(rig.DataDir, "heliossync.db"), []);
            Assert.Contains("has no journal", Refused(rig).Message, StringComparison.Ordinal);
            return;
        }

        await rig.RestartAsync();
        Assert.Null((await rig.RegisterAsync("a", "c")).Refusal);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_older_journal_is_refused_until_somebody_says_that_it_is_meant_and_then_no_newer_snapshot_is_believed()
    {
        await using var rig = new ServerRig(static o => o with { SnapshotEvents = 6, TailBytesPerTenant = 0 });
        var older = await StoredTruth.FillAsync(rig, 4);
        await rig.Server.DisposeAsync();
        var copy = await File.ReadAllBytesAsync(Path.Combine(rig.DataDir, "heliossync.db"));
        await rig.RestartAsync();
        foreach (var i in Enumerable.Range(100, 20))
        {
            Assert.Null((await rig.PushAsync("a", rig.Inserts("c", Guid.NewGuid(), (i, $"k{i}", "v")))).Refusal);
        }

        await rig.SnapshotIsKeptAsync();
        await rig.Server.DisposeAsync();
        await File.WriteAllBytesAsync(Path.Combine(rig.DataDir, "heliossync.db"), copy);
        Assert.Contains("its end is lost, or an older copy", Refused(rig).Message, StringComparison.Ordinal);

        File.Delete(Path.Combine(rig.DataDir, "heliossync.lock"));
        await rig.RestartAsync();
        await LineAsync(rig, "was dropped: the journal does not have that event");
        await older.HoldsAsync(rig.Server, rig);
        Assert.Equal(0, older.Unavailable);
    }

    /// <summary>An older journal that went on: it has the snapshot's event number again, with something else in it.</summary>
    [Fact(Timeout = 60_000)]
    public async Task A_snapshot_of_another_history_is_dropped()
    {
        await using var rig = new ServerRig(static o => o with { SnapshotEvents = 6, TailBytesPerTenant = 0 });
        var truth = await StoredTruth.FillAsync(rig, 12);
        await rig.SnapshotIsKeptAsync();
        await rig.Server.DisposeAsync();
        foreach (var sql in new[]
        {
            "UPDATE snapshot SET sequence_number = sequence_number + 1",
            "UPDATE snapshot SET persistence_id = 'tenant:x' WHERE persistence_id = 'tenant:a'",
            "UPDATE snapshot SET snapshot = substr(snapshot, 1, 12) || x'00' || substr(snapshot, 14)",
        })
        {
            rig.Sql(sql, "snapshots.db");
            await rig.RestartAsync();
            Assert.Contains(rig.Log.Lines, static l => l.Contains("was dropped", StringComparison.Ordinal));
            await rig.Server.DisposeAsync();
        }

        await rig.RestartAsync();
        await truth.HoldsAsync(rig.Server, rig);
        Assert.Equal(0, truth.Unavailable);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_snapshot_file_that_is_no_database_is_put_aside()
    {
        await using var rig = Rig();
        var truth = await StoredTruth.FillAsync(rig, 3);
        await rig.Server.DisposeAsync();
        await File.WriteAllTextAsync(Path.Combine(rig.DataDir, "snapshots.db"), new string('x', 8_192));
        await rig.RestartAsync();
        Assert.Contains(rig.Log.Lines, static l => l.Contains("was put aside as snapshots.db.damaged", StringComparison.Ordinal));
        await truth.HoldsAsync(rig.Server, rig);
        Assert.Equal(0, truth.Unavailable);
    }

    /// <summary>As a kill leaves them: the log is not yet in the database. SQLite itself would silently leave out its end.</summary>
    [Fact(Timeout = 60_000)]
    public async Task A_write_ahead_log_that_lost_its_end_or_is_damaged_within_is_reported()
    {
        await using var rig = Rig();
        var truth = await StoredTruth.FillAsync(rig, 6);
        Assert.True(await rig.Server.ProbeAsync());
        await rig.Server.DisposeAsync();
        await rig.RestartAsync();
        foreach (var i in Enumerable.Range(100, 10))
        {
            Assert.Null((await rig.PushAsync("a", rig.Inserts("c", Guid.NewGuid(), (i, $"k{i}", "v")))).Refusal);
        }

        Assert.True(await rig.Server.ProbeAsync());
        var copy = Directory.CreateTempSubdirectory("heliossync-").FullName;
        using (var cp = Process.Start("cp", ["-a", rig.DataDir + "/.", copy]))
        {
            await cp.WaitForExitAsync();
        }

        await rig.Server.DisposeAsync();
        var path = Path.Combine(copy, "heliossync.db-wal");
        var log = await File.ReadAllBytesAsync(path);
        Assert.True(log.Length > 10 * 4_096);
        foreach (var at in new[] { 9, 17, 40, 100, log.Length / 2, log.Length / 3 })
        {
            var flipped = log.ToArray();
            flipped[at] ^= 4;
            await File.WriteAllBytesAsync(path, flipped);
            Assert.Contains("heliossync.db-wal is damaged", Refused(copy).Message, StringComparison.Ordinal);
        }

        foreach (var length in new[] { 32, 1_000, log.Length / 2 })
        {
            await File.WriteAllBytesAsync(path, log[..length]);
            Assert.Contains("its end is lost", Refused(copy).Message, StringComparison.Ordinal);
        }

        Directory.Delete(copy, recursive: true);
        Assert.Equal(0, truth.Unavailable);
    }

    /// <summary>Akka logs behind the answers.</summary>
    private static async Task<string> LineAsync(ServerRig rig, string part)
    {
        while (true)
        {
            if (rig.Log.Lines.FirstOrDefault(l => l.Contains(part, StringComparison.Ordinal)) is { } line)
            {
                return line;
            }

            await Task.Delay(10);
        }
    }

    private static ServerRig Rig() => new(static o => o with { TailBytesPerTenant = 0, FailedPauseMax = TimeSpan.FromMilliseconds(110) });

    private static StartupException Refused(ServerRig rig) => Refused(rig.DataDir);

    private static StartupException Refused(string dataDir)
    {
        var e = Assert.Throws<StartupException>(() =>
        {
            SyncServer.Start(new SyncServerOptions { DataDir = dataDir }, TimeProvider.System, NullLoggerFactory.Instance);
        });
        Assert.DoesNotContain('\n', e.Message);
        return e;
    }
}
