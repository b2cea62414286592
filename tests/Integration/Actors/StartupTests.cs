using HeliosSync.Actors;
using Microsoft.Extensions.Logging.Abstractions;

namespace HeliosSync.Integration.Actors;

/// <summary>One clear sentence for each way in which the server cannot start.</summary>
public sealed class StartupTests
{
    [Fact]
    public async Task A_newer_database_is_refused()
    {
        await using var rig = new ServerRig();
        await rig.Server.DisposeAsync();
        rig.Sql("UPDATE heliossync_meta SET value = x'63000000' WHERE name = 'schema_version'");
        var e = Assert.Throws<StartupException>(() => Start(rig.DataDir));
        Assert.Contains("version 99", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_data_folder_in_use_is_refused()
    {
        await using var rig = new ServerRig();
        var e = Assert.Throws<StartupException>(() => Start(rig.DataDir));
        Assert.Contains("in use by another server", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_in_the_place_of_the_data_folder_is_refused()
    {
        await using var rig = new ServerRig();
        var e = Assert.Throws<StartupException>(() => Start(Path.Combine(rig.DataDir, "heliossync.db")));
        Assert.Contains("cannot be made", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_refused()
    {
        await using var rig = new ServerRig();
        await rig.Server.DisposeAsync();
        await File.WriteAllTextAsync(Path.Combine(rig.DataDir, "heliossync.db"), new string('x', 8_192));
        var e = Assert.Throws<StartupException>(() => Start(rig.DataDir));
        Assert.Contains("cannot be opened", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connections_are_as_durable_as_an_acknowledgement_promises()
    {
        await using var rig = new ServerRig();
        Assert.Equal(1, rig.Sql("SELECT journal_mode = 'wal' FROM pragma_journal_mode"));
    }

    [Fact]
    public async Task Three_servers_run_in_one_process_and_share_nothing()
    {
        await using var first = new ServerRig();
        await using var second = new ServerRig();
        await using var third = new ServerRig();
        ServerRig[] rigs = [first, second, third];
        for (var i = 0; i < rigs.Length; i++)
        {
            await rigs[i].RegisterAsync("a", "c");
            Assert.Null((await rigs[i].PushAsync("a", rigs[i].Inserts("c", Guid.NewGuid(), (1, $"k{i}", "v")))).Refusal);
        }

        for (var i = 0; i < rigs.Length; i++)
        {
            Assert.Equal([$"k{i}"], (await rigs[i].PullAllAsync("a", "c")).Select(c => c.Key));
        }
    }

    private static SyncServer Start(string dataDir) =>
        SyncServer.Start(new SyncServerOptions { DataDir = dataDir }, TimeProvider.System, NullLoggerFactory.Instance);
}
