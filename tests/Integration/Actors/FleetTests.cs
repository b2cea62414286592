using System.Globalization;
using HeliosSync.Actors;
using HeliosSync.Actors.Journal;
using HeliosSync.Domain;

namespace HeliosSync.Integration.Actors;

/// <summary>Clients that are forgotten by a whole server over its files: by time, over restarts, and in journals of before.</summary>
public sealed class FleetTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public async Task Clients_that_fall_silent_are_forgotten_also_over_restarts_and_those_that_are_heard_of_are_not()
    {
        await using var rig = new ServerRig(time: _time);
        foreach (var client in new[] { "silent", "beats", "pushes" })
        {
            Assert.Null((await rig.RegisterAsync("t", client)).Refusal);
        }

        for (var day = 0; day <= 95; day++)
        {
            await BeatAsync(rig, "beats");
            Assert.Null((await rig.PushAsync("t", rig.Inserts("pushes", Guid.NewGuid(), (day + 1, $"k{day}", "v")))).Refusal);
            Assert.Equal(day < 91 ? 3 : 2, rig.Server.RegisteredClients);
            if (day % 10 == 0)
            {
                await rig.RestartAsync();
                Assert.Equal(3, rig.Server.RegisteredClients);
            }

            _time.Advance(TimeSpan.FromDays(1));
        }

        await rig.RestartAsync();
        Assert.Equal(2, rig.Server.RegisteredClients);
        Assert.Equal(["beats", "pushes"], (await ListAsync(rig)).Members.Select(m => m.Client.Value));
        Assert.Equal(1, rig.Sql("SELECT COUNT(*) FROM journal WHERE manifest = 'forgotten/1'"));
        Assert.InRange(rig.Sql("SELECT COUNT(*) FROM journal WHERE manifest = 'seen/1'"), 80, 110);
        Assert.Single(rig.Log.Lines, static l => l.Contains("client silent was silent for too long", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Nobody_is_forgotten_by_time_where_that_is_switched_off()
    {
        await using var rig = new ServerRig(static o => o with { ForgetAfter = TimeSpan.Zero }, time: _time);
        await rig.RegisterAsync("t", "a");
        _time.Advance(TimeSpan.FromDays(20_000));
        await rig.RegisterAsync("t", "b");
        Assert.Equal(2, (await ListAsync(rig)).RegisteredClients);
    }

    [Fact]
    public async Task What_the_fleet_view_shows_is_the_same_after_a_restart_from_a_snapshot_as_from_the_events()
    {
        await using var rig = new ServerRig(static o => o with { SnapshotEvents = 10 }, time: _time);
        await rig.RegisterAsync("t", "a");
        await rig.RegisterAsync("t", "b");
        for (var i = 1; i <= 25; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(10));
            await rig.PushAsync("t", rig.Inserts(i % 3 == 0 ? "b" : "a", Guid.NewGuid(), (i, $"k{i % 7}", $"v{i}")));
        }

        await rig.SnapshotIsKeptAsync();
        await rig.RestartAsync();
        var fromSnapshot = await ListedAsync(rig);
        await rig.Server.DisposeAsync();
        rig.Sql("DELETE FROM snapshot", "snapshots.db");
        await rig.RestartAsync();
        Assert.Equal(fromSnapshot, await ListedAsync(rig));
        Assert.All((await ListAsync(rig)).Members, m => Assert.NotEqual(0, m.Conflicts));

        // Where a client says that it is at 1, it is behind since the second change, 240 seconds or a sixteenth of that longer.
        await BeatAsync(rig, "a", 1);
        var behind = (await ListAsync(rig)).Members[0].BehindSinceMicros!.Value;
        Assert.Equal(_time.GetUtcNow().AddSeconds(-230), DateTimeOffset.UnixEpoch.AddMicroseconds(behind));
    }

    /// <summary>The first version had no index to count ends by.</summary>
    [Fact]
    public async Task A_journal_of_the_first_version_is_taken_over_and_one_of_this_version_must_have_its_index()
    {
        await using var rig = new ServerRig();
        await rig.RegisterAsync("t", "a");
        await rig.RegisterAsync("t", "b");
        await rig.Server.DisposeAsync();
        rig.Sql("DROP INDEX journal_forgotten; UPDATE heliossync_meta SET value = x'01000000' WHERE name = 'schema_version'");
        Assert.Equal(0, FolderCheck.Run(rig.DataDir, static _ => { }).Findings);
        await rig.RestartAsync();
        Assert.Equal(1, rig.Sql("SELECT COUNT(*) FROM sqlite_master WHERE name = 'journal_forgotten'"));
        var version = Schema.Version.ToString(CultureInfo.InvariantCulture);
        Assert.Equal(1, rig.Sql($"SELECT COUNT(*) FROM heliossync_meta WHERE name = 'schema_version' AND value = x'0{version}000000'"));
        Assert.Equal("a", (await rig.Server.ForgetClientAsync(ServerRig.Tenant("t"), ServerRig.Client("a"))).Value!.Client.Value);
        await rig.RestartAsync();
        Assert.Equal(1, rig.Server.RegisteredClients);
        await rig.Server.DisposeAsync();
        Assert.Equal(0, FolderCheck.Run(rig.DataDir, static _ => { }).Findings);

        rig.Sql("DROP INDEX journal_forgotten");
        var refused = await Assert.ThrowsAsync<StartupException>(rig.RestartAsync);
        Assert.Contains("there is no index journal_forgotten", refused.Message, StringComparison.Ordinal);
        rig.Sql("CREATE INDEX journal_forgotten ON journal (persistence_id) WHERE manifest = 'forgotten/1'");
        await rig.RestartAsync();
    }

    /// <summary>A journal that cannot be written when the server stops, or when a tenant is put out of memory, must not keep it.</summary>
    [Fact]
    public async Task Contacts_that_cannot_be_noted_when_a_tenant_ends_do_not_hold_up_the_stop()
    {
        await using var rig = new ServerRig(time: _time);
        await rig.RegisterAsync("t", "a");
        await BeatAsync(rig, "a");
        _time.Advance(TimeSpan.FromDays(2));
        rig.Sql("CREATE TRIGGER no_more BEFORE INSERT ON journal BEGIN SELECT RAISE(ABORT, 'no more'); END");
        await rig.Server.ListClientsAsync(ServerRig.Tenant("t"), null, 1);
        await BeatAsync(rig, "a");
        await rig.Server.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromMinutes(1));
        rig.Sql("DROP TRIGGER no_more");
        await rig.RestartAsync();
        Assert.Single((await ListAsync(rig)).Members);
    }

    private static async Task<FleetReply> ListAsync(ServerRig rig)
    {
        var (refusal, reply) = await rig.Server.ListClientsAsync(ServerRig.Tenant("t"), null, 1_000);
        Assert.Null(refusal);
        return reply!;
    }

    private static async Task<string> ListedAsync(ServerRig rig) => string.Join('\n', (await ListAsync(rig)).Members.Select(m =>
        $"{m.Client} {m.Node} {m.RegisteredMicros} {m.SeenMicros} {m.Position} {m.BehindSinceMicros} conflicts {m.Conflicts}"));

    private static async Task BeatAsync(ServerRig rig, string client, long lsn = 0) =>
        await rig.Server.HeartbeatAsync(ServerRig.Tenant("t"), new Heartbeat(ServerRig.Client(client), lsn));
}
