using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace HeliosSync.Integration.Hosting;

/// <summary>
/// Rows of bad inputs that no well-behaved client can send. What Kestrel refuses before there is a request (lines, headers, lengths)
/// has the error body too.
/// </summary>
public sealed class BrokenHttpTests(TestServer server) : IClassFixture<TestServer>
{
    private const string Head = "POST /api/v1/sync/register HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n";

    /// <summary>Statuses are HTTP's own; the code is the nearest of protocol 3.</summary>
    public static TheoryData<string, int> Broken => new()
    {
        { "nonsense\r\n\r\n", 400 },
        { "GET /api/v1/sync/health HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", 400 },
        { "GET /api/v1/sync/health HTTP/1.1\r\n\r\n", 400 },
        { "GET /api/v1/sync/health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400 },
        { "GET /api/v1/sync/health HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", 400 },
        { "GET /api/v1/sync/%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
        { Head + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400 },
        { Head + "Content-Length: x\r\n\r\n{}", 400 },
        { Head + "Content-Length: -1\r\n\r\n{}", 400 },
        { Head + "Transfer-Encoding: gzip\r\n\r\n{}", 400 },
        { "GET /api/v1/sync/health HTTP/2.5\r\nHost: a\r\n\r\n", 505 },
        { $"GET /{new string('x', 9_000)} HTTP/1.1\r\nHost: a\r\n\r\n", 414 },
        { $"GET / HTTP/1.1\r\nHost: a\r\nX: {new string('x', 40_000)}\r\n\r\n", 431 },
        { $"GET / HTTP/1.1\r\nHost: a\r\n{string.Concat(Enumerable.Repeat("X: y\r\n", 101))}\r\n", 431 },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task A_request_that_is_broken_as_HTTP_gets_the_error_body_and_the_connection_is_closed(string request, int status)
    {
        var answer = await RawHttp.AskAsync(server.Address, request);
        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.Contains("Connection: close", answer, StringComparison.Ordinal);
        var head = answer[..(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)];
        var body = answer[head.Length..];
        var error = JsonSerializer.Deserialize<ErrorBody>(body)!;
        Assert.Equal("INVALID_MESSAGE", error.Code);
        Assert.NotEmpty(error.Error);
        Assert.Null(error.Details);
        Assert.Contains($"X-Request-ID: {error.RequestId}\r\n", head, StringComparison.Ordinal);
        Assert.Contains("Content-Type: application/json\r\n", head, StringComparison.Ordinal);
        Assert.Contains(server.Log.Lines, l => l.Contains($"request_id={error.RequestId}", StringComparison.Ordinal));
        Assert.Equal("OK", (await server.Http.GetAsync("health")).ReasonPhrase);
    }

    [Fact]
    public async Task A_broken_request_that_told_its_id_is_answered_under_it()
    {
        var answer = await RawHttp.AskAsync(server.Address, "GET / HTTP/1.1\r\nX-Request-ID: the-one\r\n\r\n");
        Assert.Contains("X-Request-ID: the-one\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("\"request_id\":\"the-one\"", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broken_HEAD_has_no_body()
    {
        var answer = await RawHttp.AskToCloseAsync(server.Address, "HEAD / HTTP/1.1\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n", answer, StringComparison.Ordinal);
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

    /// <summary>Who can fill the log with errors by going away can hide others there. The log is looked at once the server ended.</summary>
    [Theory]
    [InlineData("Content-Length: 100000")]
    [InlineData("Transfer-Encoding: chunked")]
    [InlineData("Content-Length: 100000\r\nContent-Encoding: gzip")]
    [InlineData("Content-Length: 1000000\r\nContent-Encoding: zstd")]
    public async Task A_client_that_resets_its_connection_within_a_body_is_no_error_of_the_server(string framing)
    {
        await using var server = await TestServer.StartAsync();
        var head = $"POST /api/v1/sync/push HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {server.Token()}\r\n"
            + $"Content-Type: application/json\r\n{framing}\r\n\r\n";
        for (var i = 0; i < 50; i++)
        {
            // A socket: a TcpClient would end the connection in order before it resets it.
            using var client = new Socket(SocketType.Stream, ProtocolType.Tcp) { LingerState = new LingerOption(true, 0) };
            await client.ConnectAsync(server.Address.Host, server.Address.Port);
            await client.SendAsync(Encoding.Latin1.GetBytes($"{head}2000\r\n{{\"x\":[1,1,1,1"));
            // A turn for the server, so that it waits for more of the body when the connection is reset.
            Assert.Equal("OK", (await server.Http.GetAsync("health")).ReasonPhrase);
        }

        await server.StopAsync();
        Assert.DoesNotContain(server.Log.Lines, static l => l.Contains(" error ", StringComparison.Ordinal));
    }
}
