using System.Text.Json.Nodes;
using HeliosSync.Integration.Protocol.Rig;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;

namespace HeliosSync.Integration.Tokens;

/// <summary><c>POST /api/v1/auth/token/refresh</c> (docs/protocol.md 4.1), on a server whose clock the test moves.</summary>
public sealed class RefreshTests : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private TestServer _server = null!;
    private TokenDesk _desk = null!;

    public async Task InitializeAsync()
    {
        _server = await TestServer.StartAsync(
            new() { ["LOG_LEVEL"] = "info" }, services: services => services.AddSingleton<TimeProvider>(_time));
        _desk = new TokenDesk(_server);
    }

    public async Task DisposeAsync()
    {
        Assert.DoesNotContain(_server.Log.Lines, static line => line.Contains("Request failed", StringComparison.Ordinal));
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task The_answer_is_a_new_access_token_of_an_hour_and_a_new_refresh_token_of_seven_days()
    {
        var pair = _desk.SignIn();
        _time.Advance(TimeSpan.FromMinutes(50));
        var answer = (await _desk.RefreshAsync(pair.RefreshToken)).Ok().Json;
        Assert.Equal(
            ["access_token", "expires_in", "refresh_expires_in", "refresh_token", "token_type"],
            answer.Names().Order(StringComparer.Ordinal));
        Assert.Equal("Bearer", answer.Text("token_type"));
        Assert.Equal(3_600, answer.Long("expires_in"));
        Assert.Equal(7 * 86_400, answer.Long("refresh_expires_in"));
        Assert.NotEqual(pair.AccessToken, answer.Text("access_token"));
        Assert.NotEqual(pair.RefreshToken, answer.Text("refresh_token"));
        _time.Advance(TimeSpan.FromMinutes(59));
        Assert.False(await _desk.HoldsAsync(pair.AccessToken));
        Assert.True(await _desk.HoldsAsync(answer.Text("access_token")));
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.False(await _desk.HoldsAsync(answer.Text("access_token")));
        _time.Advance(TimeSpan.FromDays(6.5));
        var next = (await _desk.RefreshAsync(answer.Text("refresh_token"))).Ok().Json;
        _time.Advance(TimeSpan.FromDays(7) + TimeSpan.FromSeconds(31));
        (await _desk.RefreshAsync(next.Text("refresh_token"))).Refused(401, "UNAUTHORIZED");
    }

    [Fact]
    public async Task The_first_refresh_of_an_old_sign_in_is_refused_once_it_has_expired()
    {
        var pair = _desk.SignIn();
        _time.Advance(TimeSpan.FromDays(7) + TimeSpan.FromSeconds(31));
        (await _desk.RefreshAsync(pair.RefreshToken)).Refused(401, "UNAUTHORIZED");
    }

    [Fact]
    public async Task A_replay_after_the_grace_revokes_every_token_of_the_sign_in_and_no_other()
    {
        var (pair, other) = (_desk.SignIn(), _desk.SignIn());
        var next = (await _desk.RefreshAsync(pair.RefreshToken)).Ok().Json;
        Assert.True(await _desk.HoldsAsync(pair.AccessToken));
        Assert.True(await _desk.HoldsAsync(next.Text("access_token")));
        _time.Advance(TimeSpan.FromSeconds(31));
        (await _desk.RefreshAsync(pair.RefreshToken)).Refused(401, "UNAUTHORIZED");
        Assert.False(await _desk.HoldsAsync(pair.AccessToken));
        Assert.False(await _desk.HoldsAsync(next.Text("access_token")));
        (await _desk.RefreshAsync(next.Text("refresh_token"))).Refused(401, "UNAUTHORIZED");
        Assert.True(await _desk.HoldsAsync(other.AccessToken));
        (await _desk.RefreshAsync(other.RefreshToken)).Ok();
        Assert.Contains(_server.Log.Lines, static line => line.Contains("came a second time", StringComparison.Ordinal));
        await _server.RestartAsync();
        Assert.False(await _desk.HoldsAsync(pair.AccessToken));
        Assert.True(await _desk.HoldsAsync(other.AccessToken));
    }

    [Fact]
    public async Task A_client_that_lost_the_answer_gets_the_same_refresh_token_within_the_grace()
    {
        var pair = _desk.SignIn();
        var lost = (await _desk.RefreshAsync(pair.RefreshToken)).Ok().Json;
        _time.Advance(TimeSpan.FromSeconds(30));
        var again = (await _desk.RefreshAsync(pair.RefreshToken)).Ok().Json;
        Assert.Equal(lost.Text("refresh_token"), again.Text("refresh_token"));
        Assert.Equal((7 * 86_400) - 30, again.Long("refresh_expires_in"));
        Assert.True(await _desk.HoldsAsync(again.Text("access_token")));
        (await _desk.RefreshAsync(again.Text("refresh_token"))).Ok();
    }

    [Fact]
    public async Task A_refresh_token_whose_successor_was_used_is_a_replay_at_once()
    {
        var pair = _desk.SignIn();
        var second = (await _desk.RefreshAsync(pair.RefreshToken)).Ok().Json.Text("refresh_token");
        var third = (await _desk.RefreshAsync(second)).Ok().Json;
        (await _desk.RefreshAsync(pair.RefreshToken)).Refused(401, "UNAUTHORIZED");
        Assert.False(await _desk.HoldsAsync(third.Text("access_token")));
        (await _desk.RefreshAsync(third.Text("refresh_token"))).Refused(401, "UNAUTHORIZED");
    }

    [Fact]
    public async Task The_same_message_id_gets_the_same_answer_days_later_after_a_restart_and_another_one_is_a_replay()
    {
        var pair = _desk.SignIn();
        var attempt = Guid.NewGuid();
        var lost = (await _desk.RefreshAsync(pair.RefreshToken, attempt)).Ok().Json;
        _time.Advance(TimeSpan.FromDays(2));
        await _server.RestartAsync();
        var again = (await _desk.RefreshAsync(pair.RefreshToken, attempt)).Ok().Json;
        Assert.Equal(lost.Text("refresh_token"), again.Text("refresh_token"));
        Assert.True(await _desk.HoldsAsync(again.Text("access_token")));
        (await _desk.RefreshAsync(pair.RefreshToken, Guid.NewGuid())).Refused(401, "UNAUTHORIZED");
        (await _desk.RefreshAsync(pair.RefreshToken, attempt)).Refused(401, "UNAUTHORIZED");
        (await _desk.RefreshAsync(again.Text("refresh_token"))).Refused(401, "UNAUTHORIZED");
    }

    [Fact]
    public async Task Of_many_refreshes_at_once_exactly_one_makes_a_new_refresh_token()
    {
        var pair = _desk.SignIn();
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => _desk.RefreshAsync(pair.RefreshToken)));
        var made = Assert.Single(answers.Select(static a => a.Ok().Json.Text("refresh_token")).Distinct(StringComparer.Ordinal));
        (await _desk.RefreshAsync(made)).Ok();
    }

    [Fact]
    public async Task Without_a_grace_one_of_many_refreshes_at_once_is_answered_and_the_others_revoke_the_sign_in()
    {
        await using var strict = await TestServer.StartAsync(new() { ["HeliosSync:Tokens:RefreshGraceSeconds"] = "0" });
        var desk = new TokenDesk(strict);
        var pair = desk.SignIn();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => desk.RefreshAsync(pair.RefreshToken, Guid.NewGuid())));
        var won = Assert.Single(answers, static answer => answer.Status == 200).Ok().Json;
        Assert.All(answers.Where(static answer => answer.Status != 200), static answer => answer.Refused(401, "UNAUTHORIZED"));
        Assert.False(await desk.HoldsAsync(pair.AccessToken));
        Assert.False(await desk.HoldsAsync(won.Text("access_token")));
    }

    [Fact]
    public async Task Scopes_never_grow()
    {
        var pair = _desk.SignIn(scopes: "sync:read");
        var asked = new JsonObject { ["scopes"] = Body.Array("sync:read", "sync:write", "sync:admin"), ["tenant_id"] = "b" };
        for (var i = 0; i < 3; i++)
        {
            var answer = (await _desk.RefreshAsync(pair.RefreshToken, with: asked)).Ok().Json;
            pair = pair with { AccessToken = answer.Text("access_token"), RefreshToken = answer.Text("refresh_token") };
            Assert.Equal(["sync:read"], Scopes(pair.AccessToken));
            Assert.Equal(["sync:read", "refresh"], Scopes(pair.RefreshToken));
            var device = _desk.Device(pair.AccessToken);
            (await device.RegisterAsync()).Ok();
            (await device.PushAsync(Change.Insert(1, "k"))).Refused(403, "INSUFFICIENT_SCOPE");
        }

        var token = new JsonWebTokenHandler().ReadJsonWebToken(pair.AccessToken);
        Assert.Equal(("a", "c", "someone"), (token.GetClaim("tenant_id").Value, token.GetClaim("client_id").Value, token.Subject));
    }

    [Fact]
    public async Task A_refresh_token_can_do_nothing_else_and_an_access_token_cannot_refresh()
    {
        var pair = _desk.SignIn(scopes: TokenDesk.All);
        var device = _desk.Device(pair.RefreshToken);
        (await device.RegisterAsync()).Refused(401, "UNAUTHORIZED");
        (await device.PullAsync()).Refused(401, "UNAUTHORIZED");
        (await device.PushAsync(Change.Insert(1, "k"))).Refused(401, "UNAUTHORIZED");
        (await device.HeartbeatAsync()).Refused(401, "UNAUTHORIZED");
        (await device.NoStreamAsync("?since_lsn=0")).Refused(401, "UNAUTHORIZED");
        (await device.SendAsync(HttpMethod.Get, "clients")).Refused(401, "UNAUTHORIZED");
        (await _desk.RevokeAsync(new JsonObject { ["all"] = true }, pair.RefreshToken)).Refused(401, "UNAUTHORIZED");
        (await _desk.RefreshAsync(pair.AccessToken)).Refused(401, "UNAUTHORIZED");
        (await _desk.RefreshAsync(_server.Token())).Refused(401, "UNAUTHORIZED");
        (await _desk.RefreshAsync(pair.RefreshToken)).Ok();
    }

    [Fact]
    public async Task What_is_no_refresh_token_of_ours_is_refused_and_nothing_of_it_is_logged()
    {
        var pair = _desk.SignIn();
        var forged = pair.RefreshToken[..^4] + (pair.RefreshToken.EndsWith("AAAA", StringComparison.Ordinal) ? "BBBB" : "AAAA");
        (await _desk.RefreshAsync(forged)).Refused(401, "UNAUTHORIZED");
        (await _desk.RefreshAsync("")).Refused(401, "UNAUTHORIZED");
        (await _desk.RefreshAsync("a.b.c")).Refused(401, "UNAUTHORIZED");
        (await _desk.RefreshAsync(new string('x', 9_000))).Refused(401, "UNAUTHORIZED");
        (await _desk.RefreshAsync(new string('x', 20_000))).Refused(413, "PAYLOAD_TOO_LARGE");
        (await _desk.PostAsync("token/refresh", [], null)).Refused(400, "INVALID_MESSAGE");
        (await _desk.RefreshAsync(pair.RefreshToken, with: new JsonObject { ["message_id"] = "x" })).Refused(400, "INVALID_MESSAGE");
        (await _desk.PostAsync("nothing", [], null)).Refused(404, "NOT_FOUND");
        var part = pair.RefreshToken.Split('.')[1][..40];
        Assert.DoesNotContain(_server.Log.Lines, line => line.Contains(part, StringComparison.Ordinal));
        (await _desk.RefreshAsync(pair.RefreshToken)).Ok();
    }

    [Fact]
    public async Task A_refresh_token_that_was_rotated_before_is_refused_where_the_file_was_lost()
    {
        var pair = _desk.SignIn();
        var next = (await _desk.RefreshAsync(pair.RefreshToken)).Ok().Json.Text("refresh_token");
        await _server.StopAsync();
        foreach (var file in Directory.GetFiles(_server.DataDir, "tokens.db*"))
        {
            File.Delete(file);
        }

        await _server.InitializeAsync();
        (await _desk.RefreshAsync(next)).Refused(401, "UNAUTHORIZED");
    }

    private static string[] Scopes(string token) =>
        [.. new JsonWebTokenHandler().ReadJsonWebToken(token).GetPayloadValue<string[]>("scopes")];
}
