using HeliosSync.Integration.Actors;

namespace HeliosSync.Integration.Storage;

/// <summary><c>heliossync check</c>, and that a damaged folder ends <c>serve</c> with exit code 2 and one sentence.</summary>
public sealed class CheckTests
{
    [Fact]
    public async Task A_sound_folder_has_no_findings()
    {
        await using var rig = await FilledAsync();
        var (code, lines) = await RunAsync("check", rig.DataDir);
        Assert.Equal(0, code);
        Assert.Equal($"{rig.DataDir}: 3 tenants, 42 events, 3 snapshots checked: no damage", Assert.Single(lines));
        await rig.RestartAsync();
        Assert.Null((await rig.RegisterAsync("a", "c")).Refusal);
    }

    [Theory]
    [InlineData("UPDATE journal SET message = x'0102030405' WHERE ordering = 20", "damaged: event 7 cannot be used")]
    [InlineData("UPDATE journal SET message = (SELECT message FROM journal WHERE ordering = 21) WHERE ordering = 20", "damaged: event 7")]
    [InlineData("UPDATE journal SET manifest = 'x' WHERE ordering = 20", "damaged: event 7 cannot be used")]
    [InlineData("UPDATE journal SET deleted = 1 WHERE ordering = 20", "damaged: event 7 is marked as deleted")]
    [InlineData("DELETE FROM journal WHERE ordering = 20", "damaged: event 8 does not follow event 6")]
    [InlineData("DELETE FROM journal WHERE ordering = 42", "its end is lost")]
    [InlineData("UPDATE journal SET persistence_id = 'x' WHERE ordering = 20", "'x' is no tenant's name")]
    [InlineData("DROP TRIGGER journal_dense; DROP INDEX journal_registered", "there is no index journal_registered")]
    [InlineData("UPDATE heliossync_meta SET value = zeroblob(16) WHERE name = 'hash_key'", "keys do not match")]
    public async Task What_does_not_hold_is_a_line_and_exit_code_1(string sql, string finding)
    {
        await using var rig = await FilledAsync();
        rig.Sql(sql);
        var (code, lines) = await RunAsync("check", rig.DataDir);
        Assert.Equal(1, code);
        Assert.Contains(lines, line => line.Contains(finding, StringComparison.Ordinal));
        Assert.Contains("finding", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_snapshot_that_does_not_hold_is_a_line_too()
    {
        await using var rig = await FilledAsync();
        rig.Sql("UPDATE snapshot SET snapshot = substr(snapshot, 1, length(snapshot) - 1) || x'77' WHERE persistence_id = 'tenant:b'",
            "snapshots.db");
        var (code, lines) = await RunAsync("check", rig.DataDir);
        Assert.Equal(1, code);
        Assert.StartsWith("The snapshot of tenant:b at event ", lines[0], StringComparison.Ordinal);
        Assert.Equal(2, lines.Length);
    }

    [Fact]
    public async Task What_cannot_be_checked_is_told_with_exit_code_2()
    {
        await using var rig = new ServerRig();
        var (used, lines) = await RunAsync("check", rig.DataDir);
        Assert.Equal(2, used);
        Assert.Contains("in use by another server", Assert.Single(lines), StringComparison.Ordinal);
        var (empty, there) = await RunAsync("check", Path.Combine(rig.DataDir, "nothing"));
        Assert.Equal(2, empty);
        Assert.Contains("There is no journal to check", Assert.Single(there), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "file is not a database")]
    [InlineData(4_096 * 3, "")]
    public async Task A_damaged_database_ends_the_start_with_exit_code_2_and_one_sentence(int at, string why)
    {
        await using var rig = await FilledAsync();
        var path = Path.Combine(rig.DataDir, "heliossync.db");
        var bytes = await File.ReadAllBytesAsync(path);
        bytes.AsSpan(at, 4_096).Fill(0x55);
        await File.WriteAllBytesAsync(path, bytes);
        var (code, lines) = await RunAsync("serve", rig.DataDir);
        Assert.Equal(2, code);
        Assert.Contains(why, Assert.Single(lines), StringComparison.Ordinal);
        Assert.StartsWith("heliossync: The ", lines[0], StringComparison.Ordinal);
        Assert.Equal(1, (await RunAsync("check", rig.DataDir)).Code);
    }

    /// <summary>Three tenants of 14 events each, with a snapshot.</summary>
    private static async Task<ServerRig> FilledAsync()
    {
        var rig = new ServerRig(static o => o with { SnapshotEvents = 10 });
        await StoredTruth.FillAsync(rig, 12);
        while (rig.Sql("SELECT COUNT(*) FROM snapshot", "snapshots.db") < 3)
        {
            await Task.Delay(10);
        }

        await rig.Server.DisposeAsync();
        return rig;
    }

    private static Task<(int Code, string[] Lines)> RunAsync(string command, string dataDir) => CommandRun.OfAsync(dataDir, command);
}
