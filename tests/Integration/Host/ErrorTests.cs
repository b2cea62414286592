using HeliosSync.Domain;
using HeliosSync.Host;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace HeliosSync.Integration.Hosting;

/// <summary>The error catalogue of protocol 3, and that every layer answers in its words.</summary>
public sealed class ErrorTests(TestServer server) : IClassFixture<TestServer>
{
    /// <summary>The table of protocol 3, but for the codes of later issues.</summary>
    private static readonly Dictionary<int, string[]> Table = new()
    {
        [400] = ["INVALID_JSON", "INVALID_MESSAGE", "UNSUPPORTED_VERSION", "CHECKSUM_MISMATCH", "INVALID_CONTINUATION_TOKEN",
            "CLIENT_NOT_REGISTERED", "DECOMPRESSION_FAILED"],
        [401] = ["UNAUTHORIZED"],
        [403] = ["INSUFFICIENT_SCOPE", "CLIENT_MISMATCH", "TENANT_NOT_ALLOWED", "QUOTA_EXCEEDED"],
        [404] = ["NOT_FOUND"],
        [405] = ["METHOD_NOT_ALLOWED"],
        [409] = ["CONFLICT", "ALREADY_SETTLED", "MESSAGE_ID_REUSED", "LSN_AHEAD_OF_SERVER", "NODE_REUSED", "STREAM_REPLACED"],
        [410] = ["RESYNC_REQUIRED"],
        [413] = ["PAYLOAD_TOO_LARGE", "BATCH_TOO_LARGE"],
        [415] = ["UNSUPPORTED_MEDIA_TYPE"],
        [429] = ["RATE_LIMITED"],
        [500] = ["INTERNAL_ERROR"],
        [503] = ["OVERLOADED", "STORAGE_UNAVAILABLE"],
    };

    [Fact]
    public void The_catalogue_is_the_protocols_table()
    {
        var shapes = Enum.GetValues<ErrorCode>().Select(ErrorCatalogue.Of).ToArray();
        Assert.Equal(
            Table.SelectMany(static row => row.Value.Select(name => (row.Key, name))).Order(), shapes.Select(static s => (s.Status,
                s.Name)).Order());
        Assert.All(shapes, static s => Assert.Equal(s.Status is 429 or 503, s.Retry));
    }

    [Theory]
    [InlineData("GET", "", 404, "NOT_FOUND")]
    [InlineData("GET", "nothing", 404, "NOT_FOUND")]
    [InlineData("POST", "health/x/y", 404, "NOT_FOUND")]
    [InlineData("GET", "/elsewhere", 404, "NOT_FOUND")]
    [InlineData("GET", "/", 404, "NOT_FOUND")]
    [InlineData("GET", "push", 405, "METHOD_NOT_ALLOWED")]
    [InlineData("PUT", "register", 405, "METHOD_NOT_ALLOWED")]
    [InlineData("OPTIONS", "pull", 405, "METHOD_NOT_ALLOWED")]
    [InlineData("POST", "health", 405, "METHOD_NOT_ALLOWED")]
    [InlineData("BREW", "health/live", 405, "METHOD_NOT_ALLOWED")]
    public async Task Routing_answers_with_the_error_body(string method, string path, int status, string code)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        await server.Http.RefusedAsync(request, status, code);
    }

    [Fact]
    public async Task A_405_names_the_method_that_is_taken()
    {
        using var answer = await server.Http.GetAsync("push");
        Assert.Equal(["POST"], answer.Content.Headers.Allow);
    }

    [Fact]
    public async Task A_probe_may_ask_with_HEAD()
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, "health");
        using var answer = await server.Http.SendAsync(request);
        Assert.Equal(200, (int)answer.StatusCode);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("abc-1.2:3_Z", true)]
    [InlineData("a b", false)]
    [InlineData("<script>", false)]
    [InlineData("", false)]
    public async Task A_sane_request_id_comes_back_and_another_is_replaced(string sent, bool sane)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "health");
        request.Headers.TryAddWithoutValidation("X-Request-ID", sent);
        using var answer = await server.Http.SendAsync(request);
        var id = Assert.Single(answer.Headers.GetValues("X-Request-ID"));
        Assert.Equal(sane, id == sent);
        Assert.True(sane || Guid.TryParse(id, out _));
    }

    [Theory]
    [InlineData(128, true)]
    [InlineData(129, false)]
    public async Task A_request_id_of_up_to_128_characters_is_sane(int length, bool sane)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "health");
        request.Headers.Add("X-Request-ID", new string('x', length));
        using var answer = await server.Http.SendAsync(request);
        Assert.Equal(sane, answer.Headers.GetValues("X-Request-ID").Single().Length == length);
    }

    [Fact]
    public async Task A_bug_is_told_without_detail_and_logged_under_its_request_id()
    {
        await using var broken = await TestServer.StartAsync(services: static s =>
            s.Replace(ServiceDescriptor.Singleton<Answers>(static _ => null!)));
        using var request = new HttpRequestMessage(HttpMethod.Get, "health");
        request.Headers.Add("X-Request-ID", "the-one");
        var error = await broken.Http.RefusedAsync(request, 500, "INTERNAL_ERROR");
        Assert.Null(error.Details);
        Assert.DoesNotContain("Exception", error.Error, StringComparison.Ordinal);
        var line = Assert.Single(broken.Log.Lines, static l => l.Contains(" error ", StringComparison.Ordinal));
        Assert.Contains("request_id=the-one exception=\"System.NullReferenceException", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Those_who_were_refused_together_are_spread()
    {
        var retry = new RetryAfter(new Random(1));
        var seconds = Enumerable.Range(0, 1_000).Select(_ => retry.NextSeconds()).Distinct().Order();
        Assert.Equal([1, 2, 3, 4, 5], seconds);
    }
}
