using System.Net;
using System.Text.RegularExpressions;

namespace HeliosSync.Integration.Description;

/// <summary>Scalar's page at <c>/docs</c> works where nothing but this server can be reached.</summary>
public sealed partial class DocsPageTests(TestServer server) : IClassFixture<TestServer>
{
    [Fact]
    public async Task The_page_names_no_other_host_and_its_policy_lets_it_ask_none()
    {
        using var response = await server.Http.GetAsync(new Uri(server.Address, "/docs"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/html", response.Content.Headers.ContentType!.MediaType);
        Assert.True(response.Headers.Contains("X-Request-ID"));
        var page = await response.Content.ReadAsStringAsync();
        Assert.Contains("openapi/v1.json", page, StringComparison.Ordinal);
        Assert.DoesNotMatch("https?://", page);
        var policy = response.Headers.GetValues("Content-Security-Policy").Single();
        Assert.StartsWith("default-src 'none'; ", policy, StringComparison.Ordinal);
        Assert.DoesNotMatch("https?:|\\*|script-src[^;]*'unsafe-inline'", policy);
        // Every script of the page is ours, or has the nonce of this answer.
        var nonce = Nonce().Match(policy).Groups[1].Value;
        Assert.All(Script().Matches(page), script =>
            Assert.Matches($"nonce=\"{nonce}\"|src=\"[^:\"]+\"", script.Value));
    }

    [Fact]
    public async Task Its_script_comes_from_this_server()
    {
        var page = await server.Http.GetStringAsync(new Uri(server.Address, "/docs"));
        var sources = Script().Matches(page).Select(static m => Source().Match(m.Value)).Where(static m => m.Success).ToList();
        Assert.NotEmpty(sources);
        foreach (var source in sources)
        {
            using var response = await server.Http.GetAsync(new Uri(new Uri(server.Address, "/docs/"), source.Groups[1].Value));
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Contains("javascript", response.Content.Headers.ContentType!.MediaType, StringComparison.Ordinal);
            Assert.True(response.Headers.Contains("X-Request-ID"));
            Assert.NotEmpty(await response.Content.ReadAsByteArrayAsync());
        }
    }

    [GeneratedRegex("'nonce-([^']+)'")]
    private static partial Regex Nonce();

    [GeneratedRegex("<script[^>]*>")]
    private static partial Regex Script();

    [GeneratedRegex("src=\"([^\"]+)\"")]
    private static partial Regex Source();
}
