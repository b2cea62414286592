namespace HeliosSync.Integration.Hosting;

/// <summary>
/// Rows of bad inputs that no well-behaved client can send. What Kestrel refuses before there is a request (lines, headers, lengths)
/// it answers by itself, with an empty body.
/// </summary>
public sealed class BrokenHttpTests(TestServer server) : IClassFixture<TestServer>
{
    private const string Head = "POST /api/v1/sync/register HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n";

    [Theory]
    [InlineData("nonsense\r\n\r\n")]
    [InlineData("GET /api/v1/sync/health HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n")]
    [InlineData("GET /api/v1/sync/health HTTP/1.1\r\n\r\n")]
    [InlineData("GET /api/v1/sync/%00 HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData(Head + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}")]
    [InlineData(Head + "Content-Length: x\r\n\r\n{}")]
    [InlineData(Head + "Content-Length: -1\r\n\r\n{}")]
    [InlineData(Head + "Transfer-Encoding: gzip\r\n\r\n{}")]
    public async Task A_request_that_is_broken_as_HTTP_is_refused_and_the_connection_closed(string request)
    {
        var answer = await RawHttp.AskAsync(server.Address, request);
        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Contains("Connection: close", answer, StringComparison.Ordinal);
        Assert.Equal("OK", (await server.Http.GetAsync("health")).ReasonPhrase);
    }

    [Theory]
    [InlineData(Head + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")]
    [InlineData(Head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n")]
    [InlineData(Head + "Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n")]
    [InlineData(Head + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}\r\n0\r\n\r\n")]
    public async Task A_body_that_is_broken_as_HTTP_gets_the_error_body_too(string request)
    {
        var answer = await RawHttp.AskAsync(server.Address, request);
        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"INVALID_JSON\"", answer, StringComparison.Ordinal);
        Assert.Contains("X-Request-ID: ", answer, StringComparison.Ordinal);
        Assert.Contains("Connection: close", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_token_is_judged_before_the_body_comes()
    {
        var answer = await RawHttp.AskAsync(
            server.Address, "POST /api/v1/sync/push HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 401 ", answer, StringComparison.Ordinal);
    }
}
