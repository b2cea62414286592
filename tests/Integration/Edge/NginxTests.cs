using System.Net;
using System.Text.Json.Nodes;
using HeliosSync.Integration.Protocol.Rig;

namespace HeliosSync.Integration.Edge;

/// <summary>Everything of the protocol through a real nginx, under the configuration that docs/operations.md shows.</summary>
public sealed class NginxTests : IAsyncLifetime
{
    /// <summary>Not the proxy's own, from which a server would believe anything.</summary>
    private static readonly IPAddress ClientAddress = IPAddress.Parse("127.0.0.2");

    private readonly CertificateFolder _files = new();
    private readonly Witness _witness = new();
    private TestServer _server = null!;
    private Nginx? _nginx;
    private HttpClient _http = new();

    public async Task InitializeAsync()
    {
        _server = await TestServer.StartAsync(new() { ["TRUSTED_PROXIES"] = "127.0.0.1" }, services: _witness.Join);
        if (Nginx.Program is not null)
        {
            _nginx = await Nginx.StartAsync(_server.Address, _files);
            _http.Dispose();
            _http = TlsClient.Http(_nginx.Address, _files, HttpVersion.Version20, ClientAddress);
        }
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await (_nginx?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _server.DisposeAsync();
        _files.Dispose();
    }

    [NginxFact]
    public async Task A_push_goes_in_and_comes_back()
    {
        var device = await DeviceAsync("a");
        (await device.PushAsync(Change.Insert(1, "k"))).Ok();
        Assert.Equal("k", Assert.Single(await device.PullAllAsync()).KeyText());
        Assert.Equal("CLIENT_MISMATCH", (await device.PostAsync("pull", Body.Pull("other", 0))).Json.Text("code"));
    }

    [NginxFact]
    public async Task A_pull_that_waits_is_answered_by_the_push_that_it_waits_for()
    {
        var (reader, writer) = (await DeviceAsync("reader"), await DeviceAsync("writer"));
        var waits = reader.PullAsync(0, new JsonObject { ["wait_ms"] = 60_000 });
        (await writer.PushAsync(Change.Insert(1, "k"))).Ok();
        Assert.Equal("k", Assert.Single((await waits).Ok().Changes).KeyText());
    }

    /// <summary>Each small event has to come before the next is written: nothing is collected on the way.</summary>
    [NginxFact]
    public async Task Each_event_of_a_stream_comes_at_once()
    {
        var (reader, writer) = (await DeviceAsync("reader"), await DeviceAsync("writer"));
        using var stream = await reader.StreamAsync();
        for (var i = 1; i <= 5; i++)
        {
            (await writer.PushAsync(Change.Insert(i, $"k{i}"))).Ok();
            Assert.Equal([$"k{i}"], await stream.KeysAsync(1));
        }
    }

    [NginxFact]
    public async Task A_body_of_nearly_8_MiB_goes_in_and_its_pages_come_out()
    {
        var device = await DeviceAsync("a");
        var changes = Enumerable.Range(1, 15).Select(static i => Change.Large(i, $"k{i}", 256 * 1_024)).ToArray();
        // Keys and data may have 4 MiB; the rest is a field that the protocol does not know.
        var body = Body.Push("a", changes).With(new JsonObject { ["padding"] = new string('x', 3_000_000) });
        Assert.InRange(body.ToJsonString().Length, 8_000_000, 8 * 1_024 * 1_024);
        Assert.Equal(15, (await device.PostAsync("push", body)).Ok().Accepted.Count);
        Assert.Equal(15, (await device.PullAllAsync()).Count);
    }

    [NginxFact]
    public async Task The_server_sees_the_client_behind_the_proxy_and_not_what_it_says_of_itself()
    {
        var seen = new Asker(ClientAddress.ToString(), "https", _nginx!.Address.Authority);
        Assert.Equal(seen, await _witness.AskAsync(_http));
        Assert.Equal(seen, await _witness.AskAsync(
            _http, ("X-Forwarded-For", "203.0.113.7"), ("X-Forwarded-Proto", "http"), ("X-Forwarded-Host", "evil.example.com")));
    }

    private async Task<Device> DeviceAsync(string client)
    {
        var device = new Device(_http, client, _server.Token(client));
        (await device.RegisterAsync()).Ok();
        return device;
    }
}
