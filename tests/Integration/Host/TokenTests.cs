using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using static HeliosSync.Integration.Hosting.TokenForge;

namespace HeliosSync.Integration.Hosting;

/// <summary>Protocol 2 and the rows of bad inputs about tokens, over HTTP.</summary>
public sealed class TokenTests(TestServer server) : IClassFixture<TestServer>
{
    private static string Good => Sign(GoodHeader, $"{{{GoodClaims}}}");

    /// <summary>Every token with a bad header, signature or form, by what is wrong with it.</summary>
    public static TheoryData<string, string> BadHeaders => new()
    {
        { "alg none, no signature", Unsigned("""{"alg":"none","typ":"JWT"}""") },
        { "alg none, signed", Sign("""{"alg":"none","typ":"JWT"}""", $"{{{GoodClaims}}}") },
        { "alg None", Unsigned("""{"alg":"None","typ":"JWT"}""") },
        { "alg hs256", Sign("""{"alg":"hs256","typ":"JWT"}""", $"{{{GoodClaims}}}") },
        { "alg HS512", Sign("""{"alg":"HS512","typ":"JWT"}""", $"{{{GoodClaims}}}") },
        { "alg RS256", Sign("""{"alg":"RS256","typ":"JWT"}""", $"{{{GoodClaims}}}") },
        { "no alg", Sign("""{"typ":"JWT"}""", $"{{{GoodClaims}}}") },
        { "alg a list", Sign("""{"alg":["HS256"],"typ":"JWT"}""", $"{{{GoodClaims}}}") },
        { "alg twice", Sign("""{"alg":"none","alg":"HS256"}""", $"{{{GoodClaims}}}") },
        { "unknown kid", Sign("""{"alg":"HS256","typ":"JWT","kid":"other"}""", $"{{{GoodClaims}}}") },
        { "kid a path", Sign("""{"alg":"HS256","typ":"JWT","kid":"../../dev/null"}""", $"{{{GoodClaims}}}") },
        { "kid empty", Sign("""{"alg":"HS256","typ":"JWT","kid":""}""", $"{{{GoodClaims}}}") },
        { "kid null", Sign("""{"alg":"HS256","typ":"JWT","kid":null}""", $"{{{GoodClaims}}}") },
        { "crit", Sign("""{"alg":"HS256","typ":"JWT","crit":["exp"]}""", $"{{{GoodClaims}}}") },
        { "typ JOSE", Sign("""{"alg":"HS256","typ":"JOSE"}""", $"{{{GoodClaims}}}") },
        { "typ a number", Sign("""{"alg":"HS256","typ":1}""", $"{{{GoodClaims}}}") },
        { "another secret", Sign(GoodHeader, $"{{{GoodClaims}}}", "another-secret-of-thirty-two-bytes!") },
        { "no signature", Good[..(Good.LastIndexOf('.') + 1)] },
        { "two parts", Good[..Good.LastIndexOf('.')] },
        { "five parts", Good + ".a.b" },
        { "padded", Good + "=" },
        { "a blank inside", Good.Insert(20, " ") },
    };

    /// <summary>Every token with a bad payload, by what is wrong with it.</summary>
    public static TheoryData<string, string> BadPayloads => new()
    {
        { "no exp", Sign(GoodHeader, Without("exp")) },
        { "exp a string", Sign(GoodHeader, With("exp", $"\"{Now + 3600}\"")) },
        { "exp null", Sign(GoodHeader, With("exp", "null")) },
        { "exp a fraction", Sign(GoodHeader, With("exp", $"{Now + 3600}.5")) },
        { "exp beyond time", Sign(GoodHeader, With("exp", "99999999999999")) },
        { "exp negative", Sign(GoodHeader, With("exp", "-1")) },
        { "expired by 31 s", Sign(GoodHeader, With("exp", $"{Now - 31}")) },
        { "nbf ahead", Sign(GoodHeader, With("nbf", $"{Now + 3_000}")) },
        { "nbf a string", Sign(GoodHeader, With("nbf", "\"0\"")) },
        { "other iss", Sign(GoodHeader, With("iss", "\"someone\"")) },
        { "no iss", Sign(GoodHeader, Without("iss")) },
        { "other aud", Sign(GoodHeader, With("aud", "\"someone\"")) },
        { "no aud", Sign(GoodHeader, Without("aud")) },
        { "a refresh token", Sign(GoodHeader, With("scopes", "[\"sync:read\",\"sync:write\",\"refresh\"]")) },
        { "scopes a string", Sign(GoodHeader, With("scopes", "\"sync:read sync:write\"")) },
        { "scopes with a number", Sign(GoodHeader, With("scopes", "[\"sync:read\",1]")) },
        { "no tenant_id", Sign(GoodHeader, Without("tenant_id")) },
        { "two tenant_id", Sign(GoodHeader, $"{{{GoodClaims},\"tenant_id\":\"other\"}}") },
        { "two tenant_id, one escaped", Sign(GoodHeader, $"{{{GoodClaims},\"tenant\\u005fid\":\"other\"}}") },
        { "empty tenant_id", Sign(GoodHeader, With("tenant_id", "\"\"")) },
        { "tenant_id a list", Sign(GoodHeader, With("tenant_id", "[\"demo\"]")) },
        { "tenant_id a path", Sign(GoodHeader, With("tenant_id", "\"../x\"")) },
        { "tenant_id with CR LF", Sign(GoodHeader, With("tenant_id", "\"a\\r\\nb\"")) },
        { "tenant_id with ANSI", Sign(GoodHeader, With("tenant_id", "\"a\\u001b[31m\"")) },
        { "tenant_id with U+202E", Sign(GoodHeader, With("tenant_id", "\"a\\u202e\"")) },
        { "tenant_id half a character", Sign(GoodHeader, With("tenant_id", "\"\\ud800\"")) },
        { "tenant_id of 129", Sign(GoodHeader, With("tenant_id", $"\"{new string('a', 129)}\"")) },
        { "no client_id", Sign(GoodHeader, Without("client_id")) },
        { "client_id clocks", Sign(GoodHeader, With("client_id", "\"clocks\"")) },
        { "client_id with a node", Sign(GoodHeader, With("client_id", "\"a#b\"")) },
        { "sub a number", Sign(GoodHeader, With("sub", "5")) },
        { "payload no object", Sign(GoodHeader, "[1]") },
        { "payload empty", Sign(GoodHeader, "") },
        { "payload two values", Sign(GoodHeader, $"{{{GoodClaims}}}{{}}") },
        { "payload with a comment", Sign(GoodHeader, $"{{{GoodClaims}/**/}}") },
        { "payload deep", Sign(GoodHeader, $"{{{GoodClaims},\"x\":{new string('[', 1_000)}{new string(']', 1_000)}}}") },
        { "payload no UTF-8", Sign(Encoding.UTF8.GetBytes(GoodHeader), Encoding.Latin1.GetBytes($"{{{GoodClaims},\"x\":\"\u00ff\"}}")) },
        { "9 KB", Sign(GoodHeader, $"{{{GoodClaims},\"x\":\"{new string('x', 9 * 1_024)}\"}}") },
    };

    [Theory]
    [MemberData(nameof(BadHeaders))]
    [MemberData(nameof(BadPayloads))]
    public async Task A_bad_token_is_refused(string what, string token)
    {
        Assert.NotEmpty(what);
        var request = Requests.Post("heartbeat");
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        using var answer = await server.Http.SendAsync(request);
        Assert.Equal(401, (int)answer.StatusCode);
        Assert.Equal("UNAUTHORIZED", (await answer.ErrorAsync()).Code);
        Assert.StartsWith(
            "Bearer realm=\"heliossync\", error=\"invalid_token\", error_description=\"",
            answer.Headers.WwwAuthenticate.ToString(),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "invalid_request")]
    [InlineData("", "invalid_token")]
    [InlineData("Bearer", "invalid_token")]
    [InlineData("Bearer ", "invalid_token")]
    [InlineData("Basic dXNlcjpwYXNz", "invalid_token")]
    [InlineData("Token abc", "invalid_token")]
    public async Task A_header_without_a_bearer_token_is_refused(string? header, string error)
    {
        var request = Requests.Post("heartbeat");
        if (header is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", header);
        }

        using var answer = await server.Http.SendAsync(request);
        Assert.Equal(401, (int)answer.StatusCode);
        Assert.Contains($"error=\"{error}\"", answer.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
        Assert.Equal("UNAUTHORIZED", (await answer.ErrorAsync()).Code);
    }

    [Fact]
    public async Task Two_authorization_headers_are_refused()
    {
        var request = Requests.Post("heartbeat");
        request.Headers.TryAddWithoutValidation("Authorization", [$"Bearer {Good}", $"Bearer {Good}"]);
        await server.Http.RefusedAsync(request, 401, "UNAUTHORIZED");
    }

    [Theory]
    [InlineData("{0}", "400")]
    [InlineData("{0}\r\nAuthorization: ", "401")]
    [InlineData("{0}\r\nAuthorization: {0}", "401")]
    [InlineData("{0},", "401")]
    [InlineData("{0}x", "401")]
    public async Task A_token_that_is_known_makes_no_other_header_good(string header, string status)
    {
        var known = $"Bearer {Good}";
        foreach (var (sent, expected) in new[] { (known, "400"), (string.Format(CultureInfo.InvariantCulture, header, known), status) })
        {
            var answer = await RawHttp.AskAsync(
                server.Address,
                "POST /api/v1/sync/heartbeat HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1\r\n"
                    + $"Authorization: {sent}\r\n\r\n[");
            Assert.StartsWith($"HTTP/1.1 {expected} ", answer, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_program_that_embeds_the_server_gets_no_scheme_of_authentication_from_it()
    {
        // A web application judges every request by the only scheme it has, before anything else looks at the request.
        Assert.Null(server.Services.GetService<IAuthenticationSchemeProvider>());
    }

    /// <summary>Without these, a server that refuses everything would pass. The body is wrong, so a good token gets 400.</summary>
    public static TheoryData<string, string> GoodTokens => new()
    {
        { "plain", Good },
        { "made by the mint's format", Sign("""{"typ":"JWT","alg":"HS256"}""", $"{{{GoodClaims}}}") },
        { "no typ", Sign("""{"alg":"HS256"}""", $"{{{GoodClaims}}}") },
        { "typ at+jwt", Sign("""{"alg":"HS256","typ":"at+jwt"}""", $"{{{GoodClaims}}}") },
        { "no nbf", Sign(GoodHeader, Without("nbf")) },
        { "good until the last second of year 9999", Sign(GoodHeader, With("exp", "253402300799")) },
        { "no sub", Sign(GoodHeader, Without("sub")) },
        { "aud among others", Sign(GoodHeader, With("aud", "[\"x\",\"heliosdb-client\"]")) },
        { "unknown scope beside", Sign(GoodHeader, With("scopes", "[\"sync:read\",\"sync:future\"]")) },
        { "unknown claim", Sign(GoodHeader, $"{{{GoodClaims},\"x\":{{\"y\":[1]}}}}") },
    };

    [Theory]
    [MemberData(nameof(GoodTokens))]
    public async Task A_good_token_is_let_in(string what, string token)
    {
        Assert.NotEmpty(what);
        await server.Http.RefusedAsync(Requests.Post("heartbeat", token, "["), 400, "INVALID_JSON");
    }

    [Fact]
    public async Task A_skew_of_less_than_30_seconds_is_allowed()
    {
        await server.Http.RefusedAsync(Requests.Post("heartbeat", Sign(GoodHeader, With("exp", $"{Now - 20}")), "["), 400, "INVALID_JSON");
        await server.Http.RefusedAsync(Requests.Post("heartbeat", Sign(GoodHeader, With("nbf", $"{Now + 20}")), "["), 400, "INVALID_JSON");
    }

    [Fact]
    public async Task A_minted_token_is_let_in() =>
        await server.Http.RefusedAsync(Requests.Post("heartbeat", server.Token(), "["), 400, "INVALID_JSON");

    [Theory]
    [InlineData("push", "sync:read", "sync:write")]
    [InlineData("pull", "sync:write,sync:admin", "sync:read")]
    [InlineData("heartbeat", "sync:write", "sync:read")]
    [InlineData("register", "sync:write", "sync:read")]
    [InlineData("pull", "", "sync:read")]
    public async Task A_token_without_the_scope_is_refused(string path, string scopes, string needed)
    {
        using var answer = await server.Http.SendAsync(Requests.Post(path, server.Token(scopes: scopes)));
        Assert.Equal(403, (int)answer.StatusCode);
        Assert.Equal("INSUFFICIENT_SCOPE", (await answer.ErrorAsync()).Code);
        Assert.Contains($"scope=\"{needed}\"", answer.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_without_scopes_allows_nothing() =>
        await server.Http.RefusedAsync(Requests.Post("pull", Sign(GoodHeader, Without("scopes"))), 403, "INSUFFICIENT_SCOPE");

    [Fact]
    public async Task No_token_and_no_part_of_one_is_logged_or_told()
    {
        var bad = Sign(GoodHeader, With("iss", "\"tell-tale\""));
        using var answer = await server.Http.SendAsync(Requests.Post("heartbeat", bad));
        Assert.Equal(401, (int)answer.StatusCode);
        Assert.Contains(server.Log.Lines, static l => l.Contains("code=UNAUTHORIZED", StringComparison.Ordinal));
        foreach (var text in server.Log.Lines.Append(answer.ToString()).Append(await answer.Content.ReadAsStringAsync()))
        {
            Assert.DoesNotContain("tell-tale", text, StringComparison.Ordinal);
            Assert.DoesNotContain(bad.Split('.')[1][..40], text, StringComparison.Ordinal);
            Assert.DoesNotContain(TestServer.Secret, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_configured_kid_may_be_named_and_no_other()
    {
        await using var named = await TestServer.StartAsync(new() { ["HeliosSync:JwtKeyId"] = "2026-01" });
        string Token(string kid) => Sign($$"""{"alg":"HS256","typ":"JWT","kid":"{{kid}}"}""", $"{{{GoodClaims}}}");
        await named.Http.RefusedAsync(Requests.Post("heartbeat", Token("2026-01"), "["), 400, "INVALID_JSON");
        await named.Http.RefusedAsync(Requests.Post("heartbeat", Good, "["), 400, "INVALID_JSON");
        await named.Http.RefusedAsync(Requests.Post("heartbeat", named.Token(), "["), 400, "INVALID_JSON");
        await named.Http.RefusedAsync(Requests.Post("heartbeat", Token("2025-12"), "["), 401, "UNAUTHORIZED");
    }

    [Fact]
    public async Task A_tenant_outside_the_list_is_refused()
    {
        await using var server = await TestServer.StartAsync(new() { ["ALLOWED_TENANTS"] = "demo, other" });
        await server.Http.RefusedAsync(Requests.Post("heartbeat", server.Token(tenant: "third"), "["), 403, "TENANT_NOT_ALLOWED");
        await server.Http.RefusedAsync(Requests.Post("heartbeat", server.Token(tenant: "other"), "["), 400, "INVALID_JSON");
    }

    [Fact]
    public async Task A_token_expires_by_the_servers_own_clock()
    {
        var time = new ManualTime();
        await using var server = await TestServer.StartAsync(services: s => s.Replace(ServiceDescriptor.Singleton<TimeProvider>(time)));
        var token = server.Token(lifetime: TimeSpan.FromMinutes(10));
        await server.Http.RefusedAsync(Requests.Post("heartbeat", token, "["), 400, "INVALID_JSON");
        time.Advance(TimeSpan.FromSeconds(600 + 29));
        await server.Http.RefusedAsync(Requests.Post("heartbeat", token, "["), 400, "INVALID_JSON");
        time.Advance(TimeSpan.FromSeconds(2));
        await server.Http.RefusedAsync(Requests.Post("heartbeat", token, "["), 401, "UNAUTHORIZED");
    }

    private static string Unsigned(string header) =>
        Sign(header, $"{{{GoodClaims}}}") is var signed ? signed[..(signed.LastIndexOf('.') + 1)] : "";
}
