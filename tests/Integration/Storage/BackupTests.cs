using System.Text.Json.Nodes;
using HeliosSync.Actors;
using HeliosSync.Integration.Actors;
using HeliosSync.Integration.Protocol.Rig;
using Microsoft.Data.Sqlite;

namespace HeliosSync.Integration.Storage;

/// <summary><c>heliossync backup</c> and <c>restore</c>: what they do to files, and what they refuse.</summary>
public sealed class BackupTests : IDisposable
{
    private readonly string _to = Path.Combine(Directory.CreateTempSubdirectory("heliossync-backup-").FullName, "made");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_to)!, recursive: true);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_backup_has_everything_whether_the_server_runs_or_not(bool runs)
    {
        await using var rig = await FilledAsync(stops: !runs);
        var (code, lines) = await CommandRun.OfAsync(rig.DataDir, "backup", "--to", _to);
        Assert.True(code == 0, string.Join('\n', lines));
        Assert.Matches($"^{_to}/heliossync.db: 3 tenants, 42 events, [0-9]+ bytes as of .*Z: no damage$", Assert.Single(lines));
        Assert.Equal(["heliossync.db"], Directory.GetFiles(_to).Select(Path.GetFileName));
        Assert.Equal(0, (await CommandRun.OfAsync(_to, "check")).Code);
    }

    [Fact]
    public async Task A_program_is_told_in_one_line_of_json()
    {
        await using var rig = await FilledAsync(stops: true);
        var (code, lines) = await CommandRun.OfAsync(rig.DataDir, "backup", "--to", _to, "--json");
        Assert.Equal(0, code);
        var made = JsonNode.Parse(Assert.Single(lines))!.AsObject();
        Assert.Equal(["at", "backup", "bytes", "events", "findings", "tenants"], made.Names());
        Assert.Equal(new FileInfo(made.Text("backup")).Length, made.Long("bytes"));
        Assert.Equal((3, 42), (made.Long("tenants"), made.Long("events")));
        (code, lines) = await CommandRun.OfAsync(rig.DataDir, "restore", "--from", _to, "--replace", "--json");
        Assert.Equal(0, code);
        var restored = JsonNode.Parse(Assert.Single(lines))!.AsObject();
        Assert.Equal(["backup_at", "events", "findings", "from", "replaced", "restored", "tenants"], restored.Names());
        Assert.Equal((3, 45), (restored.Long("tenants"), restored.Long("events")));
        Assert.Equal(made.Text("at"), restored.Text("backup_at"));
        Assert.True(File.Exists(Path.Combine(restored.Text("replaced"), "heliossync.db")));
    }

    /// <summary>Pushes go on all the while. Whatever was acknowledged before the backup began is in it, and it is whole.</summary>
    [Fact]
    public async Task A_backup_under_load_is_of_one_moment()
    {
        await using var rig = new ServerRig();
        for (var client = 0; client < 4; client++)
        {
            await rig.RegisterAsync("t", $"c{client}");
        }

        using var enough = new CancellationTokenSource();
        var acknowledged = 0;
        var writers = Enumerable.Range(0, 4).Select(async client =>
        {
            for (var lsn = 1; !enough.IsCancellationRequested; lsn++)
            {
                Assert.Null((await PushAsync(rig, "t", $"c{client}", lsn)).Refusal);
                Interlocked.Increment(ref acknowledged);
            }
        }).ToArray();
        for (var round = 0; round < 4; round++)
        {
            var before = Volatile.Read(ref acknowledged);
            var to = $"{_to}-{round}";
            var (code, lines) = await Task.Run(() => CommandRun.OfAsync(rig.DataDir, "backup", "--to", to, "--json"));
            Assert.True(code == 0, string.Join('\n', lines));
            Assert.InRange(JsonNode.Parse(lines[0])!.AsObject().Long("events"), before + 4, long.MaxValue);
        }

        await enough.CancelAsync();
        await Task.WhenAll(writers);
    }

    [Fact]
    public async Task A_backup_overwrites_nothing_and_needs_a_journal()
    {
        await using var rig = await FilledAsync(stops: true);
        Directory.CreateDirectory(_to);
        var mine = Path.Combine(_to, "mine");
        await File.WriteAllTextAsync(mine, "x");
        await MisusedAsync(rig.DataDir, "is there and not empty", "backup", "--to", _to);
        await MisusedAsync(rig.DataDir, "is there and not empty", "backup", "--to", mine);
        await MisusedAsync(rig.DataDir, "is there and not empty", "backup", "--to", rig.DataDir);
        await MisusedAsync(Path.Combine(_to, "nothing"), "There is no journal to copy", "backup", "--to", $"{_to}-2");
        Assert.Equal(["mine"], Directory.GetFileSystemEntries(_to).Select(Path.GetFileName));
        Assert.False(Directory.Exists($"{_to}-2"));
    }

    [Fact]
    public async Task A_damaged_copy_is_not_called_a_backup_and_is_not_restored()
    {
        await using var rig = await FilledAsync(stops: true);
        rig.Sql("UPDATE journal SET message = x'0102030405' WHERE ordering = 20");
        var (code, lines) = await CommandRun.OfAsync(rig.DataDir, "backup", "--to", _to);
        Assert.Equal(1, code);
        Assert.Contains("damaged: event 7 cannot be used", lines[0], StringComparison.Ordinal);
        Assert.EndsWith("1 finding", lines[^1], StringComparison.Ordinal);
        Assert.Equal(["heliossync.db.damaged"], Directory.GetFiles(_to).Select(Path.GetFileName));
        await MisusedAsync(rig.DataDir, "There is no backup", "restore", "--from", _to, "--replace");
        File.Move(Path.Combine(_to, "heliossync.db.damaged"), Path.Combine(_to, "heliossync.db"));
        (code, lines) = await CommandRun.OfAsync(rig.DataDir, "restore", "--from", _to, "--replace");
        Assert.Equal(1, code);
        Assert.EndsWith("nothing was restored", lines[^1], StringComparison.Ordinal);
        Assert.Equal(42, rig.Sql("SELECT COUNT(*) FROM journal"));
        Assert.Empty(Directory.GetDirectories(rig.DataDir));
    }

    /// <summary>Its end would be missing without a word.</summary>
    [Fact]
    public async Task A_journal_that_lost_its_end_is_no_source()
    {
        await using var rig = await FilledAsync(stops: true);
        rig.Sql("DELETE FROM journal WHERE ordering = 42");
        var (code, lines) = await CommandRun.OfAsync(rig.DataDir, "backup", "--to", _to);
        Assert.Equal(1, code);
        Assert.Contains("its end is lost", lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_restore_needs_a_stopped_server_and_a_word_to_replace_a_journal()
    {
        await using var rig = await FilledAsync(stops: false);
        Assert.Equal(0, (await CommandRun.OfAsync(rig.DataDir, "backup", "--to", _to)).Code);
        await MisusedAsync(rig.DataDir, "in use by another server", "restore", "--from", _to, "--replace");
        await rig.Server.DisposeAsync();
        await MisusedAsync(rig.DataDir, "has a journal already; --replace", "restore", "--from", _to);
        var (code, lines) = await CommandRun.OfAsync(rig.DataDir, "restore", "--from", _to, "--replace");
        Assert.True(code == 0, string.Join('\n', lines));
        var aside = Assert.Single(Directory.GetDirectories(rig.DataDir, "replaced-*"));
        Assert.Contains(aside, Assert.Single(lines), StringComparison.Ordinal);
        Assert.Equal(42, Count(Path.Combine(aside, "heliossync.db"), "SELECT COUNT(*) FROM journal"));
        Assert.True(File.Exists(Path.Combine(aside, "snapshots.db")));
        Assert.Equal(3, rig.Sql("SELECT COUNT(*) FROM journal WHERE manifest = 'restored/1'"));
        Assert.Equal(0, (await CommandRun.OfAsync(rig.DataDir, "check")).Code);
        await rig.RestartAsync();
    }

    /// <summary>The lock file remembers more events than the backup has: that is meant. A lost end of the new one is noticed.</summary>
    [Fact]
    public async Task The_lock_file_follows_a_restore_to_an_older_journal_and_guards_it()
    {
        await using var rig = new ServerRig();
        await StoredTruth.FillAsync(rig, 4);
        Assert.Equal(0, (await CommandRun.OfAsync(rig.DataDir, "backup", "--to", _to)).Code);
        for (var lsn = 100; lsn < 120; lsn++)
        {
            Assert.Null((await PushAsync(rig, "a", "c", lsn)).Refusal);
        }

        await rig.Server.DisposeAsync();
        Assert.Equal(0, (await CommandRun.OfAsync(rig.DataDir, "restore", "--from", _to, "--replace")).Code);
        await rig.RestartAsync();
        await rig.Server.DisposeAsync();
        rig.Sql("DELETE FROM journal WHERE ordering = (SELECT MAX(ordering) FROM journal)");
        var (code, lines) = await CommandRun.OfAsync(rig.DataDir, "serve");
        Assert.Equal(2, code);
        Assert.Contains("its end is lost", Assert.Single(lines), StringComparison.Ordinal);
    }

    /// <summary>A copy says that it is one, so it need not come by the command; and it is restored once.</summary>
    [Fact]
    public async Task A_backup_that_is_put_in_place_by_hand_is_restored_at_the_start()
    {
        await using var rig = await FilledAsync(stops: true);
        Assert.Equal(0, (await CommandRun.OfAsync(rig.DataDir, "backup", "--to", _to)).Code);
        File.Copy(Path.Combine(_to, "heliossync.db"), Path.Combine(rig.DataDir, "heliossync.db"), overwrite: true);
        await rig.RestartAsync();
        Assert.Equal(3, rig.Sql("SELECT COUNT(*) FROM journal WHERE manifest = 'restored/1'"));
        await rig.RestartAsync();
        Assert.Equal(3, rig.Sql("SELECT COUNT(*) FROM journal WHERE manifest = 'restored/1'"));
        Assert.Equal(HeliosSync.Domain.ErrorCode.ResyncRequired, (await PushAsync(rig, "a", "c", 100)).Refusal!.Code);
    }

    /// <summary>As cp leaves it: the log beside the journal has what is missing there.</summary>
    [Fact]
    public async Task Copied_files_of_a_stopped_server_are_restored_with_their_log()
    {
        await using var rig = await FilledAsync(stops: false);
        Directory.CreateDirectory(_to);
        foreach (var end in new[] { "", "-wal" })
        {
            File.Copy(Path.Combine(rig.DataDir, "heliossync.db" + end), Path.Combine(_to, "heliossync.db" + end));
        }

        Assert.True(new FileInfo(Path.Combine(_to, "heliossync.db-wal")).Length > 0);
        await rig.Server.DisposeAsync();
        var (code, lines) = await CommandRun.OfAsync(rig.DataDir, "restore", "--from", _to, "--replace");
        Assert.True(code == 0, string.Join('\n', lines));
        Assert.Equal(45, rig.Sql("SELECT COUNT(*) FROM journal"));
        Assert.Equal(["heliossync.db", "heliossync.db-wal"], Directory.GetFiles(_to).Select(Path.GetFileName).Order());
    }

    /// <summary>Moments at which a restore may be broken off: no start makes a new journal, and again it works.</summary>
    [Theory]
    [InlineData("a stage that is not finished", true)]
    [InlineData("the old journal is put aside", false)]
    [InlineData("the old journal is put aside, its log is not", false)]
    public async Task A_restore_that_was_broken_off_never_leaves_an_empty_journal(string moment, bool starts)
    {
        await using var rig = await FilledAsync(stops: true);
        Assert.Equal(0, (await CommandRun.OfAsync(rig.DataDir, "backup", "--to", _to)).Code);
        var stage = Directory.CreateDirectory(Path.Combine(rig.DataDir, "heliossync.restoring")).FullName;
        await File.WriteAllTextAsync(Path.Combine(stage, "heliossync.db"), "half");
        if (!starts)
        {
            var aside = Directory.CreateDirectory(Path.Combine(rig.DataDir, "replaced-x")).FullName;
            File.Move(Path.Combine(rig.DataDir, "heliossync.db"), Path.Combine(aside, "heliossync.db"));
        }

        if (moment.EndsWith("is not", StringComparison.Ordinal))
        {
            await File.WriteAllTextAsync(Path.Combine(rig.DataDir, "heliossync.db-wal"), "");
        }

        if (starts)
        {
            await rig.RestartAsync();
            await rig.Server.DisposeAsync();
        }
        else
        {
            await MisusedAsync(rig.DataDir, "restore was broken off", "serve");
        }

        var (code, lines) = await CommandRun.OfAsync(rig.DataDir, "restore", "--from", _to, "--replace");
        Assert.True(code == 0, string.Join('\n', lines));
        Assert.False(Directory.Exists(stage));
        await rig.RestartAsync();
        Assert.Equal(45, rig.Sql("SELECT COUNT(*) FROM journal"));
    }

    [Fact]
    public async Task A_backup_of_a_newer_program_is_refused_and_nothing_is_touched()
    {
        await using var rig = await FilledAsync(stops: true);
        Assert.Equal(0, (await CommandRun.OfAsync(rig.DataDir, "backup", "--to", _to)).Code);
        var backup = Path.Combine(_to, "heliossync.db");
        Count(backup, "UPDATE heliossync_meta SET value = x'00010000' WHERE name = 'schema_version'");
        await MisusedAsync(rig.DataDir, "use a newer program", "restore", "--from", _to, "--replace");
        await MisusedAsync(rig.DataDir, "There is no backup", "restore", "--from", $"{_to}-2", "--replace");
        Assert.Empty(Directory.GetDirectories(rig.DataDir, "replaced-*"));
        await rig.RestartAsync();
    }

    private static Task<Reply<PushReply>> PushAsync(ServerRig rig, string tenant, string client, int lsn) =>
        rig.PushAsync(tenant, rig.Inserts(client, Guid.NewGuid(), (lsn, $"{client}-{lsn}", "x")));

    private static async Task MisusedAsync(string dataDir, string why, params string[] args)
    {
        var (code, lines) = await CommandRun.OfAsync(dataDir, args);
        Assert.Equal(2, code);
        Assert.Contains(why, Assert.Single(lines), StringComparison.Ordinal);
    }

    private static long Count(string path, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar() as long? ?? 0;
    }

    /// <summary>Three tenants of 14 events each, with a snapshot.</summary>
    private static async Task<ServerRig> FilledAsync(bool stops)
    {
        var rig = new ServerRig(static o => o with { SnapshotEvents = 10 });
        await StoredTruth.FillAsync(rig, 12);
        if (stops)
        {
            await rig.Server.DisposeAsync();
        }

        return rig;
    }
}
