using System.Net;
using System.Net.Sockets;
using HeliosSync.Integration.Protocol.Rig;

namespace HeliosSync.Integration.Edge;

/// <summary>TLS in the program itself: what is taken for a certificate, and how it is renewed while the server runs.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly CertificateFolder _files = new();

    public static TheoryData<string> Forms => ["chain and key", "chain and encrypted key", "all in one", "pfx"];

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task Who_trusts_the_root_alone_gets_in_whatever_form_the_files_have(string form)
    {
        var (certificate, key, password) = form switch
        {
            "chain and key" => (_files.Chain, _files.Key, null),
            "chain and encrypted key" => (_files.Chain, _files.EncryptedKey, CertificateFolder.Password),
            "all in one" => (_files.All, null, null),
            _ => (_files.Pfx, null, CertificateFolder.Password),
        };
        await using var server = await TestServer.StartAsync(new()
        {
            ["TLS_CERT_FILE"] = certificate,
            ["TLS_KEY_FILE"] = key,
            ["TLS_CERT_PASSWORD"] = password,
            ["HeliosSync:Edge:Http2"] = "true",
        });
        Assert.Equal("https", server.Address.Scheme);
        foreach (var version in new[] { HttpVersion.Version11, HttpVersion.Version20 })
        {
            using var http = TlsClient.Http(server.Address, _files, version);
            var answer = await http.GetAsync("/api/v1/sync/health");
            Assert.Equal((HttpStatusCode.OK, version), (answer.StatusCode, answer.Version));
        }
    }

    [Fact]
    public async Task Without_being_told_to_the_server_speaks_no_http2()
    {
        await using var server = await TestServer.StartAsync(new(_files.Settings) { ["HeliosSync:Edge:Http2"] = null });
        using var old = TlsClient.Http(server.Address, _files, HttpVersion.Version11);
        Assert.Equal(HttpStatusCode.OK, (await old.GetAsync("/api/v1/sync/health")).StatusCode);
        using var http = TlsClient.Http(server.Address, _files, HttpVersion.Version20);
        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync("/api/v1/sync/health"));
    }

    [Fact]
    public async Task A_renewed_certificate_is_shown_without_a_restart_and_streams_go_on()
    {
        await using var server = await TestServer.StartAsync(_files.Settings);
        using var http = TlsClient.Http(server.Address, _files, HttpVersion.Version20);
        var device = new Device(http, "a", server.Token("a"));
        (await device.RegisterAsync()).Ok();
        using var stream = await device.StreamAsync();
        var before = _files.Serial;
        Assert.Equal(before, await TlsClient.SerialAsync(server.Address, _files));
        _files.Renew();
        Assert.NotEqual(before, _files.Serial);
        await Waiting.UntilAsync(async () => await TlsClient.SerialAsync(server.Address, _files) == _files.Serial);
        Assert.Contains(await server.Log.LinesAsync("Certificate taken", 2), l => l.Contains(_files.Serial, StringComparison.Ordinal));
        (await device.PushAsync(Change.Insert(1, "k"))).Ok();
        Assert.Equal(["k"], await stream.KeysAsync(1));
    }

    public static TheoryData<string> Spoiled => ["half a chain", "half a key", "another key", "no file", "an empty file", "expired"];

    [Theory]
    [MemberData(nameof(Spoiled))]
    public async Task Files_that_do_not_hold_leave_the_certificate_from_before_and_are_told_once(string how)
    {
        await using var server = await TestServer.StartAsync(_files.Settings);
        var before = _files.Serial;
        Spoil(how);
        Assert.Single(await server.Log.LinesAsync("certificate from before stays"));
        Assert.Equal(before, await TlsClient.SerialAsync(server.Address, _files));
        // At the same time that the server looks again: it says nothing of the same files twice.
        using (var looks = new PeriodicTimer(TimeSpan.FromSeconds(2.5)))
        {
            Assert.True(await looks.WaitForNextTickAsync());
        }

        Assert.Single(await server.Log.LinesAsync("certificate from before stays"));
        _files.Renew();
        await Waiting.UntilAsync(async () => await TlsClient.SerialAsync(server.Address, _files) == _files.Serial);
        Assert.DoesNotContain(server.Log.Lines, static l => l.Contains("BEGIN", StringComparison.Ordinal));
    }

    /// <summary>A hello that asks for TLS 1.1 alone is answered with an alert, the same one for 1.2 with the server's hello.</summary>
    [Theory]
    [InlineData(2, 21)]
    [InlineData(3, 22)]
    public async Task A_client_below_TLS_1_2_is_turned_away(byte minor, byte record)
    {
        await using var server = await TestServer.StartAsync(_files.Settings);
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(server.Address.Host, server.Address.Port);
        await tcp.GetStream().WriteAsync(Hello(minor));
        var answer = new byte[1];
        await tcp.GetStream().ReadExactlyAsync(answer).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(record, answer[0]);
    }

    [Fact]
    public async Task A_handshake_that_never_begins_or_never_ends_is_cut_off()
    {
        await using var server = await TestServer.StartAsync(_files.Settings);
        await using var silent = await RawConnection.ConnectAsync(server.Address);
        await using var half = await RawConnection.ConnectAsync(server.Address);
        await half.SendAsync(Hello(3)[..40]);
        await Task.WhenAll(silent.ReadToCloseAsync(), half.ReadToCloseAsync());
    }

    [Fact]
    public async Task Plain_HTTP_on_a_port_with_TLS_is_not_answered()
    {
        await using var server = await TestServer.StartAsync(_files.Settings);
        await using var plain = await RawConnection.ConnectAsync(server.Address);
        await plain.SendAsync("GET /api/v1/sync/health HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal(0, (await plain.ReadToCloseAsync()).Count);
    }

    public void Dispose() => _files.Dispose();

    private void Spoil(string how)
    {
        switch (how)
        {
            case "half a chain":
                Halve(_files.Chain, 0.7);
                break;
            case "half a key":
                Halve(_files.Key, 0.5);
                break;
            case "another key":
                using (var other = new CertificateFolder())
                {
                    File.Copy(other.Key, _files.Key, overwrite: true);
                }

                break;
            case "no file":
                File.Delete(_files.Key);
                break;
            case "an empty file":
                File.WriteAllText(_files.Chain, "");
                break;
            default:
                _files.Renew(expired: true);
                break;
        }
    }

    /// <summary>Of a chain, the first certificate stays whole.</summary>
    private static void Halve(string file, double share)
    {
        var text = File.ReadAllText(file);
        File.WriteAllText(file, text[..(int)(text.Length * share)]);
    }

    /// <summary>A client's hello of that version (RFC 5246, 7.4.1.2): one cipher suite, two groups, one way to sign.</summary>
    private static byte[] Hello(byte minor)
    {
        byte[] extensions = [0, 10, 0, 4, 0, 2, 0, 23, 0, 11, 0, 2, 1, 0, 0, 13, 0, 4, 0, 2, 4, 3];
        byte[] body =
        [
            3, minor, .. new byte[32], 0, 0, 4, 0xc0, 0x2b, 0xc0, 0x09, 1, 0, 0, (byte)extensions.Length, .. extensions,
        ];
        return [22, 3, 1, 0, (byte)(body.Length + 4), 1, 0, 0, (byte)body.Length, .. body];
    }
}
