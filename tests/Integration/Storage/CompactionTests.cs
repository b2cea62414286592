using HeliosSync.Actors;
using HeliosSync.Actors.Compaction;
using HeliosSync.Actors.Journal;
using HeliosSync.Codec;
using HeliosSync.Domain;
using HeliosSync.Integration.Actors;
using Microsoft.Data.Sqlite;

namespace HeliosSync.Integration.Storage;

/// <summary>Compaction of real journals, by either plugin: cut off at any step, and found again by whatever reads them.</summary>
public sealed class CompactionTests
{
    private const int Rows = 20;

    [Theory]
    [InlineData(JournalPlugin.Sqlite)]
    [InlineData(JournalPlugin.AkkaPersistenceSql)]
    public async Task Old_versions_go_and_everything_else_is_as_before(JournalPlugin plugin)
    {
        var time = new ManualTime();
        await using var rig = Rig(time, plugin);
        var pushes = await FillAsync(rig, 1_500);
        time.Advance(TimeSpan.FromDays(31));
        pushes.AddRange(await FillAsync(rig, 30, from: 1_500));
        var before = await rig.PullAllAsync("a", "c");
        var bytes = rig.Sql("SELECT SUM(LENGTH(message)) FROM journal");
        var events = rig.Sql("SELECT COUNT(*) FROM journal");

        var dry = await CompactAsync(rig, dryRun: true);
        Assert.Equal(events, rig.Sql("SELECT COUNT(*) FROM journal"));
        Assert.Equal(bytes, rig.Sql("SELECT SUM(LENGTH(message)) FROM journal"));
        var done = await CompactAsync(rig, dryRun: false);
        Assert.Equal(Figures(dry), Figures(done));
        Assert.Equal(1_500, done.HorizonLsn);
        Assert.Equal(1_500, done.Figures.Changes);
        Assert.Equal(1_500 - Rows, done.Figures.ChangesRemoved);
        Assert.InRange(rig.Sql("SELECT COUNT(*) FROM journal"), 1_000, 1_010);
        Assert.Equal(bytes - done.Figures.BytesRemoved, rig.Sql("SELECT SUM(LENGTH(message)) FROM journal"));
        Assert.Equal(0, rig.Sql("PRAGMA freelist_count"));

        await HoldsAsync(rig, pushes, before);
        await rig.RestartAsync();
        await HoldsAsync(rig, pushes, before);
        await rig.Server.DisposeAsync();
        var check = FolderCheck.Run(rig.DataDir, static finding => Assert.Fail(finding));
        Assert.Equal((1, 0), (check.Tenants, check.Findings));
        foreach (var file in Directory.GetFiles(rig.DataDir, "snapshots.db*"))
        {
            File.Delete(file);
        }

        await rig.RestartAsync();
        await HoldsAsync(rig, pushes, before);
        Assert.Equal(1, (await CompactAsync(rig, dryRun: false)).Lagging.Count(m => m.Client.Value == "d"));
        await HoldsAsync(rig, pushes, before);
    }

    [Fact]
    public async Task Cut_off_behind_any_step_it_leaves_a_whole_journal_and_goes_on_later()
    {
        var time = new ManualTime();
        await using var rig = Rig(time);
        var pushes = await FillAsync(rig, 1_600);
        time.Advance(TimeSpan.FromDays(31));
        pushes.AddRange(await FillAsync(rig, 10, from: 1_600));
        var before = await rig.PullAllAsync("a", "c");
        await CompactAsync(rig, dryRun: true);
        var needs = (await rig.NeedsAsync("a"))!;
        var scope = new CompactionScope("tenant:a", needs.SnapshotSequence - 1, needs.HeadSequence - 1_000, needs.HeadSequence);
        await rig.Server.DisposeAsync();

        var images = new List<string>();
        using (var reader = new JournalReader($"Data Source={Path.Combine(rig.DataDir, "heliossync.db")}"))
        using (var connection = new SqliteConnection($"Data Source={Path.Combine(rig.DataDir, "heliossync.db")};Pooling=False"))
        using (var threads = new BlockingThreads("compaction", 1))
        {
            await connection.OpenAsync();
            var survey = new CompactionSurvey(scope, needs.Needs, rig.Hash);
            var compactor = new TenantCompactor(
                ServerRig.Tenant("a"), survey, new JournalChanges(reader.Read), threads, static _ => Task.CompletedTask);
            await compactor.RunAsync(edits =>
            {
                CompactionSql.Apply(connection, scope, survey.HorizonLsn, edits);
                images.Add(Copy(rig.DataDir));
                return Task.CompletedTask;
            });
        }

        Assert.InRange(images.Count, 5, 20);
        foreach (var image in images)
        {
            // An older snapshot may not have been deleted yet.
            FolderCheck.Run(image, static finding => Assert.StartsWith("The snapshot of", finding, StringComparison.Ordinal));
            await using (var server = SyncServer.Start(Options(image), time, rig.Logs))
            {
                await HoldsAsync(server, pushes, before);
                var (refusal, done) = await server.CompactAsync(ServerRig.Tenant("a"), dryRun: false);
                Assert.Null(refusal);
                await HoldsAsync(server, pushes, before);
            }

            Directory.Delete(image, recursive: true);
        }
    }

    [Fact]
    public async Task Damage_ends_it_and_nothing_of_the_damaged_event_is_written_anew()
    {
        var time = new ManualTime();
        await using var rig = Rig(time);
        await FillAsync(rig, 1_500);
        time.Advance(TimeSpan.FromDays(31));
        rig.Sql("UPDATE journal SET message = x'00' || substr(message, 2) WHERE sequence_number = 700");
        var (refusal, done) = await rig.Server.CompactAsync(ServerRig.Tenant("a"), dryRun: false);
        Assert.Null(done);
        Assert.Equal(ErrorCode.StorageUnavailable, refusal!.Code);
        Assert.Equal(1_502, rig.Sql("SELECT COUNT(*) FROM journal"));
        Assert.Equal(0, rig.Sql("SELECT COUNT(*) FROM journal WHERE manifest = 'compacted/1'"));
    }

    [Fact]
    public async Task An_event_that_is_missing_in_a_compacted_journal_is_noticed()
    {
        var time = new ManualTime();
        await using var rig = Rig(time);
        await FillAsync(rig, 1_500);
        time.Advance(TimeSpan.FromDays(31));
        await CompactAsync(rig, dryRun: false);
        await rig.Server.DisposeAsync();
        rig.Sql("DELETE FROM journal WHERE sequence_number = (SELECT MIN(sequence_number) FROM journal WHERE manifest = 'compacted/1')");
        var findings = new List<string>();
        FolderCheck.Run(rig.DataDir, findings.Add);
        Assert.Contains(findings, f => f.Contains("does not follow", StringComparison.Ordinal));
        Assert.Contains(findings, f => f.Contains("were compacted away", StringComparison.Ordinal));
        Assert.Throws<StartupException>(() => SyncServer.Start(Options(rig.DataDir), time, rig.Logs));
    }

    [Fact]
    public async Task Pages_that_were_begun_before_end_with_the_same_rows()
    {
        var time = new ManualTime();
        await using var rig = Rig(time);
        await FillAsync(rig, 1_500);
        var whole = await rig.PullAllAsync("a", "c");
        var pull = new Pull(Guid.NewGuid(), ServerRig.Client("c"), 0, 100, null, null, null, false, false, false);
        var first = (await rig.Server.PullAsync(ServerRig.Tenant("a"), pull)).Value!;
        time.Advance(TimeSpan.FromDays(31));
        await FillAsync(rig, 40, from: 1_500);
        time.Advance(TimeSpan.FromDays(31));
        await FillAsync(rig, 1, from: 1_540);
        await CompactAsync(rig, dryRun: false);
        // What is in memory is given from there, and that is all of it.
        await rig.RestartAsync();
        var got = ServerRig.Changes(first.Page).ToList();
        for (var token = first.ContinuationToken; token is not null;)
        {
            var (refusal, page) = await rig.Server.PullAsync(ServerRig.Tenant("a"), pull with { ContinuationToken = token });
            Assert.Null(refusal);
            got.AddRange(ServerRig.Changes(page!.Page));
            token = page.ContinuationToken;
            Assert.True(token is null || page.Page.Changes.Count > 0);
        }

        // Versions that later ones took the place of, above the pinned head, are gone with them: the next pull brings those.
        var next = await rig.PullAllAsync("a", "c");
        Assert.Equal(RowsOf([.. whole, .. next]), RowsOf([.. got, .. next]));
        Assert.True(got.Count < 200);
    }

    /// <summary>The search for the horizon, and the reading up to it, end in the middle of what is gone.</summary>
    [Fact]
    public async Task What_was_compacted_is_compacted_again_to_a_later_horizon()
    {
        var time = new ManualTime();
        await using var rig = Rig(time);
        for (var round = 0; round < 6; round++)
        {
            await FillAsync(rig, 450, from: round * 450);
            time.Advance(TimeSpan.FromDays(16));
            var before = await rig.PullAllAsync("a", "c");
            var done = await CompactAsync(rig, dryRun: false);
            Assert.Equal(Math.Max(0, round * 450), done.HorizonLsn);
            Assert.Equal(RowsOf(before), RowsOf(await rig.PullAllAsync("a", "c")));
            await rig.RestartAsync();
            Assert.Equal(RowsOf(before), RowsOf(await rig.PullAllAsync("a", "c")));
        }

        Assert.InRange(rig.Sql("SELECT COUNT(*) FROM journal"), 1_000, 1_050);
    }

    [Fact]
    public async Task By_itself_it_begins_where_enough_has_become_old()
    {
        var time = new ManualTime();
        await using var rig = new ServerRig(
            o => o with { CompactEvery = TimeSpan.FromMilliseconds(50), CompactWithoutPause = true }, time: time);
        await FillAsync(rig, 1_200);
        time.Advance(TimeSpan.FromDays(31));
        while (rig.Sql("SELECT COUNT(*) FROM journal") > 1_010)
        {
            await Task.Delay(20);
        }

        while (!rig.Log.Lines.Any(l => l.Contains("Compacted tenant=a horizon=1199", StringComparison.Ordinal)))
        {
            await Task.Delay(20);
        }
    }

    private static ServerRig Rig(TimeProvider time, JournalPlugin plugin = JournalPlugin.Sqlite) => new(
        o => o with { CompactEvery = TimeSpan.Zero, CompactWithoutPause = true, Journal = plugin, SnapshotEvents = 600 }, time: time);

    private static SyncServerOptions Options(string dataDir) =>
        new() { DataDir = dataDir, CompactEvery = TimeSpan.Zero, CompactWithoutPause = true };

    private static string Copy(string dataDir)
    {
        var to = Directory.CreateTempSubdirectory("heliossync-").FullName;
        foreach (var file in Directory.GetFiles(dataDir).Where(f => !f.EndsWith("-shm", StringComparison.Ordinal)))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }

        return to;
    }

    private static async Task<CompactionReply> CompactAsync(ServerRig rig, bool dryRun)
    {
        var (refusal, reply) = await rig.Server.CompactAsync(ServerRig.Tenant("a"), dryRun);
        Assert.Null(refusal);
        return reply!;
    }

    private static (long, long, long, long, long) Figures(CompactionReply reply) => (
        reply.HorizonLsn, reply.Figures.ChangesRemoved, reply.Figures.EventsRemoved, reply.Figures.EventsRewritten,
        reply.Figures.BytesRemoved);

    /// <summary>
    /// One client writes the same rows again and again; another, which knows nothing of it, meets a conflict now and then, which changes
    /// nothing. Gives the pushes whose message ids are remembered, with their outcomes.
    /// </summary>
    private static async Task<List<(Push Push, string Ack)>> FillAsync(ServerRig rig, int changes, int from = 0)
    {
        await rig.RegisterAsync("a", "c");
        await rig.RegisterAsync("a", "d");
        var pushes = new List<(Push, string)>();
        for (var i = from; i < from + changes; i++)
        {
            var push = rig.Inserts("c", Guid.NewGuid(), (i + 1, $"k{i % Rows}", $"value {i}"));
            var (refusal, stored) = await rig.PushAsync("a", push);
            Assert.Null(refusal);
            if (i >= from + changes - 100)
            {
                pushes.Add((push, AckOf(stored!)));
            }
        }

        return pushes;
    }

    private static Task HoldsAsync(ServerRig rig, List<(Push Push, string Ack)> pushes, List<(long Lsn, string Key, string Data)> before) =>
        HoldsAsync(rig.Server, pushes, before);

    /// <summary>Pulls end with the same rows from wherever they begin, and repeats are answered as before.</summary>
    private static async Task HoldsAsync(
        SyncServer server, List<(Push Push, string Ack)> pushes, List<(long Lsn, string Key, string Data)> before)
    {
        foreach (var since in new[] { 0L, 1, 700, 1_480, 1_499, 1_505 })
        {
            var got = new List<(long Lsn, string Key, string Data)>();
            string? token = null;
            do
            {
                var pull = new Pull(Guid.NewGuid(), ServerRig.Client("c"), since, 7, token, null, null, false, false, false);
                var (refusal, reply) = await server.PullAsync(ServerRig.Tenant("a"), pull);
                Assert.Null(refusal);
                got.AddRange(ServerRig.Changes(reply!.Page));
                token = reply.ContinuationToken;
            }
            while (token is not null);
            Assert.Equal(RowsOf(before.Where(c => c.Lsn > since)), RowsOf(got));
            Assert.Equal(got.Select(c => c.Lsn).Order(), got.Select(c => c.Lsn));
        }

        foreach (var (push, ack) in pushes.TakeLast(100))
        {
            var (refusal, stored) = await server.PushAsync(ServerRig.Tenant("a"), new PushBatch(push));
            Assert.Null(refusal);
            Assert.Equal(ack, AckOf(stored!));
        }
    }

    private static SortedDictionary<string, (long, string)> RowsOf(IEnumerable<(long Lsn, string Key, string Data)> changes)
    {
        var rows = new SortedDictionary<string, (long, string)>(StringComparer.Ordinal);
        foreach (var (lsn, key, data) in changes)
        {
            rows[key] = (lsn, data);
        }

        return rows;
    }

    private static string AckOf(PushReply stored)
    {
        var to = new System.Buffers.ArrayBufferWriter<byte>();
        new AckWriter(new ZstdFrames()).Write(to, stored.Event, stored.ServerChanges, 0, 0, stored.ServerNode, stored.Node, 0);
        return System.Text.Encoding.UTF8.GetString(to.WrittenSpan);
    }
}
