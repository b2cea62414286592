using System.Net.Sockets;
using System.Text;
using HeliosSync.Host;
using HeliosSync.Integration.Protocol.Rig;
using Microsoft.Extensions.DependencyInjection;

namespace HeliosSync.Integration.Protocol;

/// <summary>How streams begin and end (protocol 4.5), on a server whose clock the test moves; it looks at it once a second.</summary>
public sealed class StreamLifeTests : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private TestServer _server = null!;

    private RequestSlots Places => _server.Services.GetRequiredService<LiveStreams>().Places;

    public async Task InitializeAsync() => _server = await TestServer.StartAsync(
        new()
        {
            ["LOG_LEVEL"] = "warn",
            ["HeliosSync:TenantStreamsMax"] = "2",
            ["HeliosSync:StreamsMax"] = "3",
        },
        services: services => services.AddSingleton<TimeProvider>(_time));

    public async Task DisposeAsync()
    {
        Assert.DoesNotContain(_server.Log.Lines, static line => line.Contains("Request failed", StringComparison.Ordinal));
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_comment_comes_every_15_seconds_that_nothing_else_came()
    {
        var reader = await DeviceAsync("a");
        using var stream = await reader.StreamAsync();
        for (var i = 0; i < 3; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(15));
            await stream.CommentAsync();
        }

        (await reader.PushAsync(Change.Insert(1, "k"))).Ok();
        Assert.Equal(["k"], await stream.KeysAsync(1));
        Assert.Equal(3, stream.Comments);
    }

    [Fact]
    public async Task It_ends_with_its_token()
    {
        await DeviceAsync("a");
        var reader = new Device(_server.Http, "a", _server.Token("a", lifetime: TimeSpan.FromMinutes(1)));
        using var stream = await reader.StreamAsync();
        _time.Advance(TimeSpan.FromSeconds(90));
        await stream.CommentAsync();
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("UNAUTHORIZED", await stream.EndAsync());
        (await reader.NoStreamAsync("?since_lsn=0")).Refused(401, "UNAUTHORIZED");
        await UntilAsync(() => Places.Taken == 0);
    }

    [Fact]
    public async Task It_ends_with_its_client_and_the_client_is_told_so()
    {
        var reader = await DeviceAsync("a");
        using var stream = await reader.StreamAsync();
        using var forget = new HttpRequestMessage(HttpMethod.Delete, "clients/a");
        forget.Headers.Authorization = new("Bearer", _server.Token("ops", scopes: "sync:admin"));
        using var forgotten = await _server.Http.SendAsync(forget);
        Assert.Equal(200, (int)forgotten.StatusCode);
        Assert.Equal("CLIENT_NOT_REGISTERED", await stream.EndAsync());
        (await reader.NoStreamAsync("?since_lsn=0")).Refused(400, "CLIENT_NOT_REGISTERED");
        await UntilAsync(() => Places.Taken == 0);
    }

    [Fact]
    public async Task At_a_stop_it_ends_with_an_event_and_resumes_on_the_next_start()
    {
        var reader = await DeviceAsync("a");
        (await reader.PushAsync(Change.Insert(1, "k1"), Change.Insert(2, "k2"))).Ok();
        using var http = new HttpClient { BaseAddress = _server.Address };
        using var stream = await new Device(http, "a", _server.Token("a")).StreamAsync("?since_lsn=1");
        var event1 = await stream.NextAsync();
        await _server.StopAsync();
        Assert.Equal("OVERLOADED", await stream.EndAsync());
        await _server.InitializeAsync();
        reader = new Device(_server.Http, "a", _server.Token("a"));
        (await reader.PushAsync(Change.Insert(3, "k3"))).Ok();
        using var resumed = await reader.StreamAsync("", event1!.Id);
        Assert.Equal(["k3"], await resumed.KeysAsync(1));
    }

    [Fact]
    public async Task Beyond_the_bounds_it_is_told_to_come_again_and_a_place_is_free_when_its_reader_has_gone()
    {
        var (a, b, c) = (await DeviceAsync("a"), await DeviceAsync("b"), await DeviceAsync("c"));
        var (d, e) = (await DeviceAsync("d", "other"), await DeviceAsync("e", "other"));
        var first = await a.StreamAsync();
        using var second = await b.StreamAsync();
        (await c.NoStreamAsync("?since_lsn=0")).Refused(429, "RATE_LIMITED");
        using var third = await d.StreamAsync();
        (await e.NoStreamAsync("?since_lsn=0")).Refused(503, "OVERLOADED");
        Assert.Equal(0, _server.Services.GetRequiredService<RequestSlots>().Taken);

        first.Dispose();
        await UntilAsync(() => Places.Taken == 2);
        using var instead = await c.StreamAsync();
        (await a.PushAsync(Change.Insert(1, "k"))).Ok();
        Assert.Equal(["k"], await instead.KeysAsync(1));
        Assert.Equal(3, _server.Services.GetRequiredService<SyncService>().Server.OpenStreams);
    }

    /// <summary>
    /// It takes nothing while another is given 12 MB: what waits for it in the server is one event and what is on its way to its socket.
    /// </summary>
    [Fact]
    public async Task A_reader_that_stands_still_misses_nothing_and_holds_up_nobody()
    {
        var (writer, quick) = (await DeviceAsync("a"), await DeviceAsync("b"));
        await DeviceAsync("c");
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4_096 };
        await socket.ConnectAsync(_server.Address.Host, _server.Address.Port);
        await socket.SendAsync(Encoding.ASCII.GetBytes(
            $"GET /api/v1/sync/stream?since_lsn=0 HTTP/1.0\r\nAuthorization: Bearer {_server.Token("c")}\r\n\r\n"));
        await UntilAsync(() => Places.Taken == 1);
        using var stream = await quick.StreamAsync();
        var expected = new List<string>();
        for (var i = 0; i < 40; i++)
        {
            (await writer.PushAsync(Change.Insert(i + 1, $"k{i}", new string('z', 80_000)))).Ok();
            expected.Add($"k{i}");
            Assert.Equal([expected[i]], await stream.KeysAsync(1));
        }

        var slow = new NetworkStream(socket);
        using var lines = new StreamReader(slow);
        var keys = new List<string>();
        while (keys.Count < expected.Count && await lines.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                var page = System.Text.Json.Nodes.JsonNode.Parse(line["data: ".Length..])!.AsObject();
                keys.AddRange(page.Objects("changes").Select(static change => change.KeyText()));
            }
        }

        Assert.Equal(expected, keys);
    }

    /// <summary>Each is counted once, however many send it; where there is no room, the stream ends.</summary>
    [Fact]
    public async Task Large_events_on_their_way_are_bounded_together()
    {
        var writer = await DeviceAsync("a");
        (await writer.PushAsync(Change.Insert(1, "k", new string('z', 250_000)))).Ok();
        var budget = _server.Services.GetRequiredService<AnswerBudget>().Bytes;
        var shares = _server.Services.GetRequiredService<EventShares>();
        using (var share = budget.Open(Ids.Tenant("demo")))
        {
            Assert.True(share.TryCover(budget.RequestBytesCeiling));
            using var refused = await writer.StreamAsync();
            Assert.Equal("OVERLOADED", await refused.EndAsync());
        }

        using var stream = await writer.StreamAsync();
        Assert.Equal(["k"], await stream.KeysAsync(1));
        await UntilAsync(() => budget.BytesInFlight == 0 && shares.Count == 0);

        var (tenant, bytes) = (Ids.Tenant("demo"), new byte[100_000]);
        using (shares.TryHold(tenant, bytes))
        {
            using (shares.TryHold(tenant, bytes))
            {
                Assert.Equal((100_000, 1), (budget.BytesInFlight, shares.Count));
                using var other = shares.TryHold(tenant, new byte[100_000]);
                using var small = shares.TryHold(tenant, new byte[1_000]);
                Assert.Equal((200_000, 2), (budget.BytesInFlight, shares.Count));
            }

            Assert.Equal((100_000, 1), (budget.BytesInFlight, shares.Count));
        }

        Assert.Equal((0, 0), (budget.BytesInFlight, shares.Count));
    }

    [Fact]
    public async Task A_reader_that_is_cut_off_in_the_middle_of_an_event_frees_all_that_it_held()
    {
        var writer = await DeviceAsync("a");
        (await writer.PushAsync(Change.Insert(1, "k", new string('z', 250_000)))).Ok();
        using (var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4_096 })
        {
            await socket.ConnectAsync(_server.Address.Host, _server.Address.Port);
            await socket.SendAsync(Encoding.ASCII.GetBytes(
                $"GET /api/v1/sync/stream?since_lsn=0 HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {_server.Token("a")}\r\n\r\n"));
            await UntilAsync(() => Places.Taken == 1);
            socket.LingerState = new LingerOption(true, 0);
        }

        await UntilAsync(() => Places.Taken == 0 && _server.Services.GetRequiredService<SyncService>().Server.OpenStreams == 0);
    }

    /// <summary>Who does not take the last event is cut off five seconds later, so that it keeps no place and holds up no stop.</summary>
    [Fact]
    public async Task A_reader_that_stands_still_does_not_outlive_its_token()
    {
        var writer = await DeviceAsync("a");
        (await writer.PushAsync([.. Enumerable.Range(1, 12).Select(static i => Change.Large(i, $"k{i}", 250_000))])).Ok();
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4_096 };
        await socket.ConnectAsync(_server.Address.Host, _server.Address.Port);
        var token = _server.Token("a", lifetime: TimeSpan.FromMinutes(1));
        await socket.SendAsync(Encoding.ASCII.GetBytes(
            $"GET /api/v1/sync/stream?since_lsn=0 HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {token}\r\n\r\n"));
        await UntilAsync(() => Places.Taken == 1);
        await UntilAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(60));
            return Places.Taken == 0;
        });
    }

    private async Task<Device> DeviceAsync(string client, string tenant = "demo")
    {
        var device = new Device(_server.Http, client, _server.Token(client, tenant));
        (await device.RegisterAsync()).Ok();
        return device;
    }

    /// <summary>The server's side of a connection goes on by itself; it is waited for, not for a time.</summary>
    private static async Task UntilAsync(Func<bool> holds)
    {
        using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!holds())
        {
            await Task.Delay(10, guard.Token);
        }
    }
}
