using HeliosSync.Host;
using HeliosSync.Integration.Actors;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;

namespace HeliosSync.Integration.Storage;

/// <summary><c>heliossync compact</c>, on the folder of a stopped server.</summary>
public sealed class CompactCommandTests
{
    [Fact]
    public async Task It_says_what_would_go_then_takes_it_and_gives_the_space_back_also_of_a_file_of_an_older_version()
    {
        await using var rig = await FilledAsync();
        rig.Sql("PRAGMA auto_vacuum = NONE; VACUUM");
        Assert.Equal(0, rig.Sql("PRAGMA auto_vacuum"));
        var path = Path.Combine(rig.DataDir, "heliossync.db");
        var size = new FileInfo(path).Length;

        var (dry, said) = await RunAsync(rig.DataDir, "--dry-run");
        Assert.Equal(0, dry);
        Assert.StartsWith("a: up to LSN 1399 of 1400, 1389 of 1399 changes would go, ", said[0], StringComparison.Ordinal);
        Assert.StartsWith("  t: 1389 of 1399 changes, ", said[1], StringComparison.Ordinal);
        Assert.Equal("    c", said[3]);
        Assert.Equal(1_401 + 2, rig.Sql("SELECT COUNT(*) FROM journal"));

        var (other, none) = await RunAsync(rig.DataDir, "--tenant", "b");
        Assert.Equal(0, other);
        Assert.StartsWith("b: up to LSN 0 of 1, 0 of 0 changes went", none[0], StringComparison.Ordinal);
        var (done, lines) = await RunAsync(rig.DataDir);
        Assert.Equal(0, done);
        Assert.StartsWith("a: up to LSN 1399 of 1400, 1389 of 1399 changes went, ", lines[0], StringComparison.Ordinal);
        Assert.Equal(2, rig.Sql("PRAGMA auto_vacuum"));
        Assert.True(new FileInfo(path).Length < size / 2);
        Assert.Equal(0, HeliosSync.Actors.FolderCheck.Run(rig.DataDir, static finding => Assert.Fail(finding)).Findings);
        await rig.RestartAsync();
        Assert.Equal(11, (await rig.PullAllAsync("a", "c")).Count);
    }

    [Fact]
    public async Task What_cannot_be_compacted_is_told_with_exit_code_2()
    {
        await using var rig = new ServerRig();
        var (used, lines) = await RunAsync(rig.DataDir);
        Assert.Equal(2, used);
        Assert.Contains("in use by another server", Assert.Single(lines), StringComparison.Ordinal);
        var (empty, there) = await RunAsync(Path.Combine(rig.DataDir, "nothing"));
        Assert.Equal(2, empty);
        Assert.Contains("There is no journal to compact", Assert.Single(there), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(rig.DataDir, "nothing")));
        Assert.Equal(2, (await RunAsync(rig.DataDir, "--tenant", "../x")).Code);
    }

    /// <summary>Ten rows, each written 140 times; and a tenant that has nothing to lose.</summary>
    private static async Task<ServerRig> FilledAsync()
    {
        var rig = new ServerRig();
        await rig.RegisterAsync("a", "c");
        for (var i = 0; i < 1_400; i++)
        {
            Assert.Null((await rig.PushAsync("a", rig.Inserts("c", Guid.NewGuid(), (i + 1, $"k{i % 10}", new string('x', 300))))).Refusal);
        }

        await rig.RegisterAsync("b", "c");
        Assert.Null((await rig.PushAsync("b", rig.Inserts("c", Guid.NewGuid(), (1, "k", "v")))).Refusal);
        await rig.Server.DisposeAsync();
        return rig;
    }

    private static async Task<(int Code, string[] Lines)> RunAsync(string dataDir, params string[] args)
    {
        using var output = new StringWriter();
        WebApplicationBuilder Builder()
        {
            var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
            builder.Configuration.Sources.Clear();
            builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["DATA_DIR"] = dataDir,
                ["HeliosSync:HistoryDays"] = "0",
            });
            return builder;
        }

        var code = await new CommandLine(output, output, Builder).RunAsync(["compact", .. args]);
        return (code, output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
