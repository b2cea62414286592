namespace HeliosSync.Integration.Hosting;

/// <summary>What browsers are told: scripts of which pages may read answers (CORS), and what no answer is to be taken for.</summary>
public sealed class CorsTests
{
    private const string App = "https://app.example.com";

    [Theory]
    [InlineData("push", "POST", "authorization,content-encoding,content-type")]
    [InlineData("stream", "GET", "authorization,last-event-id")]
    [InlineData("policy", "PUT", "authorization,content-type,x-request-id")]
    [InlineData("clients/a", "DELETE", "authorization")]
    public async Task A_preflight_of_a_configured_page_is_answered_without_a_token(string path, string method, string headers)
    {
        await using var server = await TestServer.StartAsync(new() { ["CORS_ORIGINS"] = $"{App},http://localhost:5173" });
        foreach (var origin in new[] { App, "http://localhost:5173" })
        {
            using var answer = await server.Http.SendAsync(Preflight(path, origin, method, headers));
            Assert.Equal(204, (int)answer.StatusCode);
            Assert.Equal(origin, Only(answer, "Access-Control-Allow-Origin"));
            Assert.Contains(method, Only(answer, "Access-Control-Allow-Methods").Split(','));
            var allowed = Only(answer, "Access-Control-Allow-Headers").Split(',');
            Assert.All(headers.Split(','), h => Assert.Contains(h, allowed, StringComparer.OrdinalIgnoreCase));
            Assert.Equal("7200", Only(answer, "Access-Control-Max-Age"));
            Assert.False(answer.Headers.Contains("Access-Control-Allow-Credentials"));
        }
    }

    [Fact]
    public async Task Scripts_of_a_configured_page_read_answers_and_errors_and_when_to_come_back()
    {
        await using var server = await TestServer.StartAsync(new() { ["CORS_ORIGINS"] = $"{App},http://localhost:5173" });
        foreach (var (path, status) in new[] { ("health", 200), ("pull", 405), ("nowhere", 404) })
        {
            using var answer = await server.Http.SendAsync(From(App, new HttpRequestMessage(HttpMethod.Get, path)));
            Assert.Equal(status, (int)answer.StatusCode);
            Assert.Equal(App, Only(answer, "Access-Control-Allow-Origin"));
            Assert.Contains("Origin", answer.Headers.Vary);
            var exposed = Only(answer, "Access-Control-Expose-Headers").Split(',');
            Assert.Equal(["Retry-After", "X-Request-ID", "RateLimit", "RateLimit-Policy", "WWW-Authenticate"], exposed);
        }
    }

    [Theory]
    [InlineData(null, App)]
    [InlineData(App, "https://app.example.com.evil.example")]
    [InlineData(App, "http://app.example.com")]
    [InlineData(App, "https://app.example.com:8443")]
    [InlineData(App, "null")]
    public async Task Scripts_of_any_other_page_read_nothing(string? configured, string origin)
    {
        await using var server = await TestServer.StartAsync(new() { ["CORS_ORIGINS"] = configured });
        using var answer = await server.Http.SendAsync(From(origin, new HttpRequestMessage(HttpMethod.Get, "health")));
        Assert.Equal(200, (int)answer.StatusCode);
        using var preflight = await server.Http.SendAsync(Preflight("push", origin, "POST", "authorization"));
        Assert.All([answer, preflight], static a => Assert.DoesNotContain(
            a.Headers, static h => h.Key == "Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task All_pages_are_let_in_only_where_that_is_said_and_never_with_credentials()
    {
        await using var server = await TestServer.StartAsync(new() { ["CORS_ORIGINS"] = "*" });
        using var answer = await server.Http.SendAsync(From("https://anyone.example", new HttpRequestMessage(HttpMethod.Get, "health")));
        Assert.Equal("*", Only(answer, "Access-Control-Allow-Origin"));
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Credentials"));
    }

    [Theory]
    [InlineData("/api/v1/sync/health", 200)]
    [InlineData("/api/v1/sync/pull", 405)]
    [InlineData("/api/v1/sync/nowhere", 404)]
    [InlineData("/", 404)]
    public async Task No_answer_is_kept_guessed_run_or_framed_by_a_browser(string path, int status)
    {
        await using var server = await TestServer.StartAsync();
        using var answer = await server.Http.GetAsync(path);
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal("no-store", Only(answer, "Cache-Control"));
        Assert.Equal("nosniff", Only(answer, "X-Content-Type-Options"));
        Assert.Equal("default-src 'none'; frame-ancestors 'none'", Only(answer, "Content-Security-Policy"));
        Assert.False(answer.Headers.Contains("Strict-Transport-Security"), "It did not come over TLS.");
        Assert.False(answer.Headers.Contains("Server"));
    }

    private static HttpRequestMessage Preflight(string path, string origin, string method, string headers)
    {
        var request = From(origin, new HttpRequestMessage(HttpMethod.Options, path));
        request.Headers.Add("Access-Control-Request-Method", method);
        request.Headers.Add("Access-Control-Request-Headers", headers);
        return request;
    }

    private static HttpRequestMessage From(string origin, HttpRequestMessage request)
    {
        request.Headers.Add("Origin", origin);
        return request;
    }

    private static string Only(HttpResponseMessage answer, string header) => Assert.Single(answer.Headers.GetValues(header));
}
