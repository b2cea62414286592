using System.Buffers.Binary;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using HeliosSync.Integration.Protocol.Rig;

namespace HeliosSync.Integration.Edge;

/// <summary>HTTP/2, which TLS brings: the whole protocol over one connection, and what is done against those who abuse it.</summary>
public sealed class Http2Tests : IAsyncLifetime
{
    private readonly CertificateFolder _files = new();
    private TestServer _server = null!;
    private HttpClient _http = null!;

    public async Task InitializeAsync()
    {
        _server = await TestServer.StartAsync(new(_files.Settings) { ["LOG_LEVEL"] = "info,Microsoft.AspNetCore.Server.Kestrel=debug" });
        _http = TlsClient.Http(_server.Address, _files, HttpVersion.Version20);
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await using (_server)
        {
            Assert.DoesNotContain(_server.Log.Lines, static l => l.Contains("Request failed", StringComparison.Ordinal));
            Assert.DoesNotContain(_server.Log.Lines, static l => l.Contains("have been removed", StringComparison.Ordinal));
        }

        _files.Dispose();
    }

    [Fact]
    public async Task Streams_and_waiting_pulls_share_a_connection_with_pushes_and_have_each_change_at_once()
    {
        var devices = new List<Device>();
        for (var i = 0; i < 20; i++)
        {
            devices.Add(await DeviceAsync($"d{i}"));
        }

        var streams = await Task.WhenAll(devices.Take(10).Select(static d => d.StreamAsync()));
        var pulls = devices.Skip(10).Select(static d => d.PullAsync(0, new JsonObject { ["wait_ms"] = 60_000 })).ToArray();
        var writer = await DeviceAsync("writer");
        for (var i = 1; i <= 3; i++)
        {
            (await writer.PushAsync(Change.Insert(i, $"k{i}"))).Ok();
            foreach (var stream in streams)
            {
                Assert.Equal([$"k{i}"], await stream.KeysAsync(1));
            }
        }

        Assert.All(await Task.WhenAll(pulls), static pull => Assert.NotEmpty(pull.Ok().Changes));
        Assert.All(streams, static stream => Assert.Equal(HttpVersion.Version20, stream.Response.Version));
        // The reader of one goes, and the connection with all others stays.
        streams[0].Dispose();
        (await writer.PushAsync(Change.Insert(4, "k4"))).Ok();
        Assert.Equal(["k4"], await streams[1].KeysAsync(1));
        Array.ForEach(streams, static s => s.Dispose());
    }

    [Fact]
    public async Task A_large_body_and_a_large_page_go_through_whole()
    {
        var device = await DeviceAsync("a");
        var changes = Enumerable.Range(1, 15).Select(static i => Change.Large(i, $"k{i}", 256 * 1_024)).ToArray();
        Assert.Equal(15, (await device.PushAsync(changes)).Ok().Accepted.Count);
        Assert.Equal(15, (await device.PullAllAsync()).Count);
    }

    [Fact]
    public async Task Refusals_have_the_body_of_the_protocol_and_no_header_of_HTTP_1()
    {
        var device = await DeviceAsync("a");
        Assert.Equal("NOT_FOUND", (await device.SendAsync(HttpMethod.Get, "nowhere")).Json.Text("code"));
        Assert.Equal("UNAUTHORIZED", (await device.WithToken(null).PullAsync()).Json.Text("code"));
        var large = await device.PostAsync("push", new byte[(8 * 1_024 * 1_024) + 1]);
        Assert.Equal((413, "PAYLOAD_TOO_LARGE"), (large.Status, large.Json.Text("code")));
        Assert.False(large.Headers.Contains("Connection"));
        Assert.NotEmpty(large.RequestId);
        (await device.PullAsync()).Ok();
    }

    [Fact]
    public async Task What_a_connection_may_do_is_said_at_its_start()
    {
        await using var raw = await RawHttp2.ConnectAsync(_server.Address, _files);
        var settings = await raw.NextAsync(Http2Frame.Settings);
        Assert.NotNull(settings);
        var said = settings.Payload.Chunk(6).ToDictionary(
            static s => BinaryPrimitives.ReadUInt16BigEndian(s), static s => BinaryPrimitives.ReadUInt32BigEndian(s.AsSpan(2)));
        // RFC 9113, 6.5.2: SETTINGS_MAX_CONCURRENT_STREAMS, _INITIAL_WINDOW_SIZE, _MAX_HEADER_LIST_SIZE.
        Assert.Equal((100u, 768u * 1_024, 32u * 1_024), (said[3], said[4], said[6]));
    }

    /// <summary>
    /// Rapid reset: requests that are taken back as soon as they are sent cost their sender nothing. The server's farewell may be lost, as
    /// the client goes on to send; its log has it.
    /// </summary>
    [Fact]
    public async Task A_connection_that_resets_its_requests_without_end_is_closed()
    {
        const uint Cancel = 8;
        const int StreamsMax = 1_000_000;
        await using var raw = await RawHttp2.ConnectAsync(_server.Address, _files);
        var end = raw.NextAsync(Http2Frame.GoAway);
        var head = RawHttp2.Head("GET", "/api/v1/sync/health");
        var cancel = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(cancel, Cancel);
        var stream = 1;
        try
        {
            while (!end.IsCompleted && stream < StreamsMax)
            {
                var frames = new List<Http2Frame>();
                for (var i = 0; i < 1_000; i++, stream += 2)
                {
                    frames.Add(new(Http2Frame.Headers, Http2Frame.EndStream | Http2Frame.EndHeaders, stream, head));
                    frames.Add(new(Http2Frame.Reset, 0, stream, cancel));
                }

                await raw.SendAsync([.. frames]);
            }
        }
        catch (IOException)
        {
            // It is closed.
        }

        Assert.InRange(stream, 1, StreamsMax - 1);
        Assert.Equal(HttpStatusCode.OK, (await _http.GetAsync("/api/v1/sync/health")).StatusCode);
    }

    /// <summary>One never ends its head, one stops within its body; both are waited for at once.</summary>
    [Fact]
    public async Task Who_never_finishes_a_head_or_a_body_is_cut_off()
    {
        var device = await DeviceAsync("a");
        await using var slowHead = await RawHttp2.ConnectAsync(_server.Address, _files);
        await using var slowBody = await RawHttp2.ConnectAsync(_server.Address, _files);
        await slowHead.SendAsync(new Http2Frame(Http2Frame.Headers, 0, 1, RawHttp2.Head("GET", "/api/v1/sync/health")));
        var head = RawHttp2.Head(
            "POST",
            "/api/v1/sync/push",
            ("authorization", $"Bearer {_server.Token(device.Client)}"),
            ("content-type", "application/json"),
            ("content-length", "1000"));
        await slowBody.SendAsync(
            new Http2Frame(Http2Frame.Headers, Http2Frame.EndHeaders, 1, head),
            new Http2Frame(Http2Frame.Data, 0, 1, Encoding.UTF8.GetBytes("{\"type\":")));
        Assert.Equal(HttpStatusCode.OK, (await _http.GetAsync("/api/v1/sync/health")).StatusCode);
        foreach (var end in await Task.WhenAll(slowHead.NextAsync(Http2Frame.GoAway), slowBody.NextAsync(Http2Frame.GoAway)))
        {
            Assert.NotEqual(0u, end?.Error);
        }

        Assert.Empty(await device.PullAllAsync());
    }

    /// <summary>A length that the frames belie is how a request is smuggled to a server behind that speaks HTTP/1.1.</summary>
    [Theory]
    [InlineData("5", "hello!")]
    [InlineData("7", "hello!")]
    public async Task A_body_of_another_length_than_its_head_says_is_no_request(string length, string body)
    {
        const uint ProtocolError = 1;
        var device = await DeviceAsync("a");
        await using var raw = await RawHttp2.ConnectAsync(_server.Address, _files);
        var head = RawHttp2.Head(
            "POST",
            "/api/v1/sync/push",
            ("authorization", $"Bearer {_server.Token(device.Client)}"),
            ("content-type", "application/json"),
            ("content-length", length));
        await raw.SendAsync(
            new Http2Frame(Http2Frame.Headers, Http2Frame.EndHeaders, 1, head),
            new Http2Frame(Http2Frame.Data, Http2Frame.EndStream, 1, Encoding.UTF8.GetBytes(body)));
        Assert.Equal(ProtocolError, (await raw.NextAsync(Http2Frame.Reset))?.Error);
        (await device.PullAsync()).Ok();
    }

    [Fact]
    public async Task There_is_no_HTTP_2_without_TLS()
    {
        await using var plain = await TestServer.StartAsync();
        await using var raw = await RawConnection.ConnectAsync(plain.Address);
        await raw.SendAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        await raw.SendAsync(new Http2Frame(Http2Frame.Settings, 0, 0, []).ToBytes());
        Assert.DoesNotContain("healthy", (await raw.ReadToCloseAsync()).Text, StringComparison.Ordinal);
        await using var upgrade = await RawConnection.ConnectAsync(plain.Address);
        await upgrade.SendAsync(
            "GET /api/v1/sync/health HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\n"
            + "HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n");
        var answer = await upgrade.ReadToCloseAsync();
        Assert.Equal((200, 1), (answer.Status, answer.Count));
    }

    private async Task<Device> DeviceAsync(string client)
    {
        var device = new Device(_http, client, _server.Token(client));
        (await device.RegisterAsync()).Ok();
        return device;
    }
}
