using System.Text.Json.Nodes;
using HeliosSync.Integration.Protocol.Rig;
using HeliosSync.Integration.Storage;
using HeliosSync.Load.Server;

namespace HeliosSync.Integration.Tokens;

/// <summary><c>heliossync revoke</c> and <c>heliossync token --pair</c>.</summary>
public sealed class TokenCommandTests
{
    [Fact]
    public async Task A_pair_of_the_command_line_works_on_the_server_and_can_be_renewed()
    {
        await using var server = await TestServer.StartAsync();
        var desk = new TokenDesk(server);
        var (code, lines) = await CommandRun.OfAsync(
            server.DataDir, "token", "--client", "c", "--tenant", "a", "--scopes", "sync:read", "--pair");
        Assert.Equal((0, 2), (code, lines.Length));
        Assert.True(await desk.HoldsAsync(lines[0]));
        Assert.False(await desk.HoldsAsync(lines[1]));
        (await desk.RefreshAsync(lines[1])).Ok();

        var (_, json) = await CommandRun.OfAsync(server.DataDir, "token", "--client", "c", "--tenant", "a", "--pair", "--json");
        var pair = JsonNode.Parse(Assert.Single(json))!.AsObject();
        Assert.Equal(["access_token", "expires_in", "refresh_expires_in", "refresh_token", "token_type"], pair.Names());
        Assert.Equal((3_600, 7 * 86_400), (pair.Long("expires_in"), pair.Long("refresh_expires_in")));
        (await desk.RefreshAsync(pair.Text("refresh_token"))).Ok();
        var (_, one) = await CommandRun.OfAsync(server.DataDir, "token", "--client", "c", "--tenant", "a", "--json");
        Assert.Equal(["access_token", "expires_in", "token_type"], JsonNode.Parse(Assert.Single(one))!.AsObject().Names());
    }

    [Fact]
    public async Task A_running_server_heeds_the_command_and_its_streams_end()
    {
        await using var server = await TestServer.StartAsync();
        var desk = new TokenDesk(server);
        var device = desk.Device(server.Token("c", "a"));
        (await device.RegisterAsync()).Ok();
        using var stream = await device.StreamAsync();
        var (code, lines) = await CommandRun.OfAsync(server.DataDir, "revoke", "--tenant", "a", "--client", "c", "--json");
        Assert.Equal(0, code);
        var said = JsonNode.Parse(Assert.Single(lines))!.AsObject();
        Assert.Equal((true, "a", "c"), (said.Flag("success"), said.Text("tenant_id"), said.Text("client_id")));
        Assert.Equal("UNAUTHORIZED", await stream.EndAsync());
        (await device.HeartbeatAsync()).Refused(401, "UNAUTHORIZED");
        Assert.True(await desk.HoldsAsync(server.Token("c", "a")));
    }

    [Fact]
    public async Task A_stopped_server_starts_with_what_was_revoked_meanwhile()
    {
        await using var server = await TestServer.StartAsync();
        var desk = new TokenDesk(server);
        var (token, elsewhere) = (server.Token("c", "a"), server.Token("c", "b"));
        await server.StopAsync();
        var (code, lines) = await CommandRun.OfAsync(server.DataDir, "revoke", "--tenant", "a", "--all");
        Assert.Equal(0, code);
        Assert.StartsWith("a: all tokens issued up to ", Assert.Single(lines), StringComparison.Ordinal);
        await server.InitializeAsync();
        Assert.False(await desk.HoldsAsync(token));
        Assert.True(await desk.HoldsAsync(elsewhere));
    }

    [Theory]
    [InlineData("--tenant", "a")]
    [InlineData("--tenant", "a", "--all", "--jti", "x")]
    [InlineData("--tenant", "../a", "--all")]
    [InlineData("--tenant", "a", "--client", "../c")]
    [InlineData("--all")]
    public async Task What_is_not_said_exactly_is_told_with_exit_code_2_and_nothing_is_revoked(params string[] args)
    {
        var folder = Directory.CreateTempSubdirectory("heliossync-").FullName;
        var (code, lines) = await CommandRun.OfAsync(folder, ["revoke", .. args]);
        Assert.Equal(2, code);
        Assert.NotEmpty(lines);
        Assert.Empty(Directory.GetFiles(folder));
        Directory.Delete(folder);
        Assert.Equal(2, (await CommandRun.OfAsync(folder, "revoke", "--tenant", "a", "--all")).Code);
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public async Task What_was_acknowledged_survives_a_kill_and_another_tenant_never_notices()
    {
        var dataDir = Directory.CreateTempSubdirectory("heliossync-").FullName;
        var admin = await TokenAsync(dataDir, "admin", "a", "sync:admin");
        var (token, elsewhere) = (await TokenAsync(dataDir, "c", "a"), await TokenAsync(dataDir, "c", "b"));
        await using (var server = await ServerProcess.StartAsync(new ServerStart(dataDir, TestServer.Secret), CancellationToken.None))
        {
            Assert.Equal(200, await AskAsync(server.Address, "sync/register", token, Body.Register("c")));
            Assert.Equal(200, await AskAsync(server.Address, "auth/revoke", admin, new JsonObject { ["client_id"] = "c" }));
            await server.KillAsync();
        }

        await using var again = await ServerProcess.StartAsync(new ServerStart(dataDir, TestServer.Secret), CancellationToken.None);
        Assert.Equal(401, await AskAsync(again.Address, "sync/register", token, Body.Register("c")));
        Assert.Equal(200, await AskAsync(again.Address, "sync/register", elsewhere, Body.Register("c")));
        Assert.Equal(0, await again.StopAsync(CancellationToken.None));
        Directory.Delete(dataDir, recursive: true);
    }

    private static async Task<string> TokenAsync(string dataDir, string client, string tenant, string scopes = "sync:read,sync:write") =>
        Assert.Single((await CommandRun.OfAsync(
            dataDir, "token", "--client", client, "--tenant", tenant, "--scopes", scopes)).Lines);

    private static async Task<int> AskAsync(Uri server, string path, string token, JsonObject body)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server, $"/api/v1/{path}"));
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        request.Content = new StringContent(body.ToJsonString(), System.Text.Encoding.UTF8, "application/json");
        using var response = await http.SendAsync(request);
        return (int)response.StatusCode;
    }
}
