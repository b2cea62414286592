using System.Text.Json.Nodes;
using HeliosSync.Host;
using HeliosSync.Integration.Hosting;
using HeliosSync.Integration.Protocol.Rig;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;

namespace HeliosSync.Integration.Tokens;

/// <summary><c>POST /api/v1/auth/revoke</c> (docs/protocol.md 4.2), and what becomes of the tokens that are revoked.</summary>
public sealed class RevocationTests : IAsyncLifetime
{
    private TestServer _server = null!;
    private TokenDesk _desk = null!;

    private TokenKeeper Keeper => _server.Services.GetRequiredService<TokenKeeper>();

    public async Task InitializeAsync()
    {
        _server = await TestServer.StartAsync(new() { ["LOG_LEVEL"] = "info", ["HeliosSync:Tokens:TenantRevocationsMax"] = "3" });
        _desk = new TokenDesk(_server);
    }

    public async Task DisposeAsync()
    {
        Assert.DoesNotContain(_server.Log.Lines, static line => line.Contains("Request failed", StringComparison.Ordinal));
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task One_token_is_revoked_by_its_jti_though_it_was_known_and_no_other()
    {
        var (token, other) = (_server.Token("c", "a"), _server.Token("c", "a"));
        var elsewhere = TokenForge.Sign(
            TokenForge.GoodHeader,
            TokenForge.With("jti", $"\"{Jti(token)}\"").Replace("\"my-client-123\"", "\"c\"", StringComparison.Ordinal));
        Assert.True(await _desk.HoldsAsync(token));
        Assert.True(await _desk.HoldsAsync(elsewhere));
        var answer = (await _desk.RevokeAsync(new JsonObject { ["jti"] = Jti(token) })).Ok().Json;
        Assert.Equal(["client_id", "issued_up_to", "jti", "success", "tenant_id"], answer.Names());
        Assert.Equal((true, "a", Jti(token)), (answer.Flag("success"), answer.Text("tenant_id"), answer.Text("jti")));
        Assert.Null(answer.TextOrNull("issued_up_to"));
        Assert.False(await _desk.HoldsAsync(token));
        Assert.True(await _desk.HoldsAsync(other));
        // The same jti in the tenant demo is another's token.
        Assert.True(await _desk.HoldsAsync(elsewhere));
    }

    [Fact]
    public async Task All_tokens_of_a_client_are_revoked_and_one_that_is_issued_after_the_answer_holds()
    {
        var pair = _desk.SignIn();
        var (old, unknown) = (_server.Token("c", "a"), _server.Token("c", "a"));
        var (neighbour, elsewhere) = (_server.Token("d", "a"), _server.Token("c", "b"));
        Assert.True(await _desk.HoldsAsync(old));
        Assert.True(await _desk.HoldsAsync(elsewhere));
        var answer = (await _desk.RevokeAsync(new JsonObject { ["client_id"] = "c" })).Ok().Json;
        Assert.Equal("c", answer.Text("client_id"));
        Assert.EndsWith("Z", answer.Text("issued_up_to"), StringComparison.Ordinal);
        var later = _server.Token("c", "a");
        Assert.False(await _desk.HoldsAsync(old));
        Assert.False(await _desk.HoldsAsync(unknown));
        Assert.False(await _desk.HoldsAsync(pair.AccessToken));
        (await _desk.RefreshAsync(pair.RefreshToken)).Refused(401, "UNAUTHORIZED");
        Assert.True(await _desk.HoldsAsync(later));
        Assert.True(await _desk.HoldsAsync(neighbour, "d"));
        Assert.True(await _desk.HoldsAsync(elsewhere));
        (await _desk.RefreshAsync(_desk.SignIn().RefreshToken)).Ok();
    }

    [Fact]
    public async Task All_tokens_of_a_tenant_are_revoked_the_administrators_own_among_them_and_those_of_others_hold()
    {
        var admin = _server.Token("admin", "a", "sync:admin");
        var (token, elsewhere, pair) = (_server.Token("c", "a"), _server.Token("c", "b"), _desk.SignIn("c", "b"));
        (await _desk.RevokeAsync(new JsonObject { ["all"] = true }, admin)).Ok();
        Assert.False(await _desk.HoldsAsync(token));
        (await _desk.RevokeAsync(new JsonObject { ["all"] = true }, admin)).Refused(401, "UNAUTHORIZED");
        Assert.True(await _desk.HoldsAsync(elsewhere));
        (await _desk.RefreshAsync(pair.RefreshToken)).Ok();
        Assert.True(await _desk.HoldsAsync(_server.Token("c", "a")));
    }

    [Fact]
    public async Task A_stream_of_a_revoked_token_ends_with_an_event_and_those_of_others_go_on()
    {
        var (device, other) = (_desk.Device(_server.Token("c", "a")), _desk.Device(_server.Token("d", "a"), "d"));
        (await device.RegisterAsync()).Ok();
        (await other.RegisterAsync()).Ok();
        using var stream = await device.StreamAsync();
        using var going = await other.StreamAsync();
        Assert.Equal(2, Keeper.Watchings);
        (await _desk.RevokeAsync(new JsonObject { ["client_id"] = "c" })).Ok();
        Assert.Equal("UNAUTHORIZED", await stream.EndAsync());
        (await device.NoStreamAsync("?since_lsn=0")).Refused(401, "UNAUTHORIZED");
        (await other.PushAsync(Change.Insert(1, "k"))).Ok();
        Assert.Equal(["k"], await going.KeysAsync(1));
    }

    [Fact]
    public async Task A_stream_ends_with_the_replay_of_its_sign_ins_refresh_token()
    {
        var pair = _desk.SignIn();
        var device = _desk.Device(pair.AccessToken);
        (await device.RegisterAsync()).Ok();
        using var stream = await device.StreamAsync();
        var next = (await _desk.RefreshAsync(pair.RefreshToken)).Ok().Json.Text("refresh_token");
        (await _desk.RefreshAsync(next)).Ok();
        (await _desk.RefreshAsync(pair.RefreshToken)).Refused(401, "UNAUTHORIZED");
        Assert.Equal("UNAUTHORIZED", await stream.EndAsync());
    }

    [Fact]
    public async Task A_pull_that_waits_with_a_revoked_token_is_refused()
    {
        var device = _desk.Device(_server.Token("c", "a"));
        (await device.RegisterAsync()).Ok();
        var pull = device.PullAsync(0, new JsonObject { ["wait_ms"] = 60_000 });
        await UntilAsync(() => Keeper.Watchings == 1);
        (await _desk.RevokeAsync(new JsonObject { ["client_id"] = "c" })).Ok();
        (await pull).Refused(401, "UNAUTHORIZED");
        Assert.Equal(0, Keeper.Watchings);
    }

    [Fact]
    public async Task Only_an_administrator_revokes_and_says_exactly_one_thing()
    {
        var all = new JsonObject { ["all"] = true };
        (await _desk.RevokeAsync(all, _server.Token("c", "a"))).Refused(403, "INSUFFICIENT_SCOPE");
        (await _desk.PostAsync("revoke", all, null)).Refused(401, "UNAUTHORIZED");
        (await _desk.RevokeAsync([])).Refused(400, "INVALID_MESSAGE");
        (await _desk.RevokeAsync(new JsonObject { ["all"] = false })).Refused(400, "INVALID_MESSAGE");
        (await _desk.RevokeAsync(new JsonObject { ["all"] = true, ["jti"] = "x" })).Refused(400, "INVALID_MESSAGE");
        (await _desk.RevokeAsync(new JsonObject { ["client_id"] = "../x" })).Refused(400, "INVALID_MESSAGE");
        (await _desk.RevokeAsync(new JsonObject { ["jti"] = "" })).Refused(400, "INVALID_MESSAGE");
        (await _desk.RevokeAsync(new JsonObject { ["jti"] = new string('x', 257) })).Refused(400, "INVALID_MESSAGE");
        Assert.True(await _desk.HoldsAsync(_server.Token("c", "a")));
    }

    [Fact]
    public async Task A_tenant_with_too_many_revocations_can_still_revoke_all_and_another_tenant_any()
    {
        for (var i = 0; i < 3; i++)
        {
            (await _desk.RevokeAsync(new JsonObject { ["jti"] = $"token-{i}" })).Ok();
        }

        (await _desk.RevokeAsync(new JsonObject { ["jti"] = "token-3" })).Refused(403, "QUOTA_EXCEEDED");
        (await _desk.RevokeAsync(new JsonObject { ["jti"] = "token-2" })).Ok();
        (await _desk.RevokeAsync(new JsonObject { ["jti"] = "token-3" }, _server.Token("admin", "b", "sync:admin"))).Ok();
        (await _desk.RevokeAsync(new JsonObject { ["all"] = true })).Ok();
    }

    [Fact]
    public async Task A_token_without_iat_falls_with_its_client_and_one_whose_iat_is_ahead_is_refused()
    {
        var none = TokenForge.Sign(TokenForge.GoodHeader, TokenForge.Without("iat"));
        var ahead = TokenForge.Sign(TokenForge.GoodHeader, TokenForge.With("iat", $"{TokenForge.Now + 3_000}"));
        var old = TokenForge.Sign(TokenForge.GoodHeader, TokenForge.With("iat", $"{TokenForge.Now - (367L * 86_400)}"));
        Assert.True(await _desk.HoldsAsync(none, "my-client-123"));
        Assert.False(await _desk.HoldsAsync(ahead, "my-client-123"));
        Assert.False(await _desk.HoldsAsync(old, "my-client-123"));
        (await _desk.RevokeAsync(
            new JsonObject { ["client_id"] = "my-client-123" }, _server.Token("admin", "demo", "sync:admin"))).Ok();
        Assert.False(await _desk.HoldsAsync(none, "my-client-123"));
    }

    [Fact]
    public async Task It_is_logged_who_revoked_what()
    {
        (await _desk.RevokeAsync(new JsonObject { ["client_id"] = "c" })).Ok();
        Assert.Contains(
            _server.Log.Lines,
            static line => line.Contains("Tokens revoked tenant=a kind=Client client=c by=admin", StringComparison.Ordinal));
    }

    private static string Jti(string token) => new JsonWebTokenHandler().ReadJsonWebToken(token).Id;

    /// <summary>What comes about by itself, some time after its cause.</summary>
    private static async Task UntilAsync(Func<bool> holds)
    {
        using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!holds())
        {
            await Task.Delay(10, guard.Token);
        }
    }
}
