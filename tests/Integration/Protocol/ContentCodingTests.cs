using System.Text;
using System.Text.Json.Nodes;
using HeliosSync.Integration.Protocol.Rig;

namespace HeliosSync.Integration.Protocol;

/// <summary>Compressed bodies, both ways (protocol 6).</summary>
public sealed class ContentCodingTests(Site site) : IClassFixture<Site>
{
    [Theory]
    [InlineData("gzip", 1)]
    [InlineData("br", 1)]
    [InlineData("zstd", 1)]
    [InlineData("gzip", 1_000)]
    [InlineData("br", 1_000)]
    [InlineData("zstd", 1_000)]
    [InlineData("GZIP", 1)]
    public async Task A_compressed_push_is_read_like_a_plain_one(string coding, int changes)
    {
        var device = await site.DeviceAsync(site.NewTenant(), "a");
        var body = Encoding.UTF8.GetBytes(Body.Push("a", Change.Inserts(1, changes, "k")).ToJsonString());
        var sent = Coding.Encode(coding.ToLowerInvariant(), body);
        (await device.PostAsync("push", sent, Coding.Sent(coding))).Ok();
        Assert.Equal(changes, (await device.PullAllAsync()).Count);
    }

    /// <summary>
    /// The bodies above are collected before they are decompressed; this one is too long for that, and does not compress.
    /// </summary>
    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("zstd")]
    public async Task A_long_compressed_push_is_decompressed_as_it_arrives(string coding)
    {
        var device = await site.DeviceAsync(site.NewTenant(), "a");
        var random = new Random(7);
        var changes = Enumerable.Range(1, 12).Select(n =>
        {
            var data = new byte[200_000];
            random.NextBytes(data);
            return Change.Of("Insert", n, Encoding.UTF8.GetBytes($"k{n}"), data).With(new() { ["data"] = Convert.ToBase64String(data) });
        }).ToArray();
        var body = Encoding.UTF8.GetBytes(Body.Push("a", changes).ToJsonString());
        var sent = Coding.Encode(coding, body);
        Assert.True(sent.Length > 1_000_000);
        (await device.PostAsync("push", sent, Coding.Sent(coding))).Ok();
        var pulled = await device.PullAllAsync(0, new() { ["encoding"] = "base64" });
        Assert.Equal(changes.Select(static c => c.Text("data")), pulled.Select(static c => c.Text("data")));
    }

    [Theory]
    [InlineData("register")]
    [InlineData("pull")]
    [InlineData("heartbeat")]
    public async Task Every_body_may_be_compressed(string endpoint)
    {
        var device = await site.DeviceAsync(site.NewTenant(), "a");
        var body = endpoint switch { "register" => Body.Register("a"), "pull" => Body.Pull("a", 0), _ => Body.Heartbeat("a", 0) };
        foreach (var coding in new[] { "gzip", "br", "zstd" })
        {
            (await device.PostAsync(endpoint, Coding.Encode(coding, Encoding.UTF8.GetBytes(body.ToJsonString())),
                Coding.Sent(coding))).Ok();
        }
    }

    [Fact]
    public async Task Identity_is_no_compression()
    {
        var device = await site.DeviceAsync(site.NewTenant(), "a");
        (await device.PostAsync("pull", Encoding.UTF8.GetBytes(Body.Pull("a", 0).ToJsonString()), Coding.Sent("identity"))).Ok();
    }

    [Theory]
    [InlineData("gzip", "gzip")]
    [InlineData("br", "br")]
    [InlineData("zstd", "zstd")]
    [InlineData("gzip, deflate, br, zstd", "zstd")]
    [InlineData("gzip, br", "br")]
    [InlineData("zstd;q=0.1, gzip;q=0.9", "gzip")]
    [InlineData("zstd;q=0, br;q=0, *", "gzip")]
    [InlineData("deflate", null)]
    [InlineData("identity, gzip;q=0.5", null)]
    [InlineData("gzip;q=0", null)]
    [InlineData("", null)]
    public async Task A_page_is_compressed_as_the_client_asks(string accepted, string? coding)
    {
        var device = await site.DeviceAsync(site.NewTenant(), "a");
        (await device.PushAsync(Change.Inserts(1, 300, "a-key-that-repeats"))).Ok();
        var pull = Encoding.UTF8.GetBytes(Body.Pull("a", 0).ToJsonString());
        var plain = (await device.PostAsync("pull", pull)).Ok();
        Assert.Null(plain.ContentEncoding);
        var answer = await device.PostAsync("pull", pull, Coding.Accepted(accepted));
        Assert.Equal(200, answer.Status);
        Assert.Equal(coding, answer.ContentEncoding);
        Assert.Contains("Accept-Encoding", answer.Headers.Vary);
        if (coding is not null)
        {
            Assert.True(answer.Bytes.Length < plain.Bytes.Length / 2);
        }

        Assert.Equal(plain.Bytes, coding is null ? answer.Bytes : Coding.Decode(coding, answer.Bytes));
    }

    /// <summary>
    /// A page of one change, of any size: its first bytes are few, whatever comes behind, and belong into the compressed stream too.
    /// </summary>
    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("zstd")]
    public async Task A_compressed_page_of_one_change_is_the_plain_page_whatever_its_size(string coding)
    {
        var device = await site.DeviceAsync(site.NewTenant(), "a");
        var lsn = 0L;
        foreach (var bytes in new[] { 1, 300, 900, 1_500, 4_000, 5_500, 12_000, 16_000, 17_000, 40_000, 250_000 })
        {
            var data = new byte[bytes];
            new Random(bytes).NextBytes(data);
            (await device.PushAsync(Change.Of("Insert", ++lsn, Encoding.UTF8.GetBytes($"k{lsn}"), data))).Ok();
            foreach (var encoding in new[] { "bytes", "base64" })
            {
                var pull = Encoding.UTF8.GetBytes(Body.Pull("a", lsn - 1).With(new() { ["encoding"] = encoding }).ToJsonString());
                var plain = (await device.PostAsync("pull", pull)).Ok();
                var answer = await device.PostAsync("pull", pull, Coding.Accepted(coding));
                var decoded = answer.ContentEncoding is null ? answer.Bytes : Coding.Decode(coding, answer.Bytes);
                Assert.True(plain.Bytes.AsSpan().SequenceEqual(decoded), $"{bytes} bytes as {encoding}");
            }
        }
    }

    [Fact]
    public async Task An_acknowledgement_is_compressed_too()
    {
        var device = await site.DeviceAsync(site.NewTenant(), "a");
        var body = Encoding.UTF8.GetBytes(Body.Push("a", Change.Inserts(1, 1_000, "k")).ToJsonString());
        var answer = await device.PostAsync("push", body, Coding.Accepted("br"));
        Assert.Equal((200, "br"), (answer.Status, answer.ContentEncoding));
        var ack = JsonNode.Parse(Coding.Decode("br", answer.Bytes))!.AsObject();
        Assert.Equal(1_000, ack.Longs("accepted_lsns").Count);
    }

    [Fact]
    public async Task An_error_can_be_read_whatever_the_client_accepts()
    {
        var device = await site.DeviceAsync(site.NewTenant(), "a");
        (await device.PostAsync("pull", "{"u8.ToArray(), Coding.Accepted("zstd, br, gzip"))).Refused(400, "INVALID_JSON");
    }
}
