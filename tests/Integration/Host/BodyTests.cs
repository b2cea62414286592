using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;
using HeliosSync.Host;
using Microsoft.Extensions.DependencyInjection;
using ZstdSharp;

namespace HeliosSync.Integration.Hosting;

/// <summary>Bodies before their JSON is looked at: media type, coding, size (protocol 3 and 6, bad inputs).</summary>
public sealed class BodyTests(TestServer server) : IClassFixture<TestServer>
{
    /// <summary>A registration that holds, and what is read of it: its client must be the token's.</summary>
    private const string Registration =
        """{"type":"register_client","version":1,"client_id":"my-client-123","last_known_lsn":0,"vector_clock":{},"metadata":{}}""";

    [Theory]
    [InlineData(null)]
    [InlineData("text/plain")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/json; charset=bogus")]
    [InlineData("application/json; charset=utf-8; charset=utf-16")]
    [InlineData("application/cbor")]
    [InlineData("application/jsonx")]
    [InlineData("application/json, application/json")]
    [InlineData(";")]
    public async Task Another_media_type_is_refused(string? type)
    {
        var request = Bytes(Encoding.UTF8.GetBytes(Registration), type);
        await server.Http.RefusedAsync(request, 415, "UNSUPPORTED_MEDIA_TYPE");
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("Application/JSON; charset=UTF-8")]
    [InlineData("application/json;charset=\"utf-8\"")]
    public async Task JSON_in_UTF8_is_taken(string type)
    {
        using var answer = await server.Http.SendAsync(Bytes(Encoding.UTF8.GetBytes(Registration), type));
        Assert.Equal(200, (int)answer.StatusCode);
    }

    [Theory]
    [InlineData("gzip, gzip")]
    [InlineData("deflate")]
    [InlineData("compress")]
    [InlineData("bogus")]
    [InlineData("")]
    [InlineData("gzip;q=1")]
    public async Task An_unknown_or_double_coding_is_refused(string coding)
    {
        using var answer = await server.Http.SendAsync(Bytes(Compress("gzip", Registration), coding: coding));
        Assert.Equal(415, (int)answer.StatusCode);
        Assert.Equal("UNSUPPORTED_MEDIA_TYPE", (await answer.ErrorAsync()).Code);
        Assert.Contains("zstd", string.Join(',', answer.Headers.GetValues("Accept-Encoding")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("identity", false)]
    [InlineData("gzip", false)]
    [InlineData("GZIP", false)]
    [InlineData("br", false)]
    [InlineData("zstd", false)]
    [InlineData("identity", true)]
    [InlineData("gzip", true)]
    [InlineData("br", true)]
    [InlineData("zstd", true)]
    public async Task A_body_in_a_known_coding_is_read(string coding, bool chunked)
    {
        using var answer = await server.Http.SendAsync(Bytes(Compress(coding, Registration), coding: coding, chunked: chunked));
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("zstd")]
    public async Task A_compressed_body_of_megabytes_is_read(string coding)
    {
        // Blanks around the message are no part of it; chance keeps them from shrinking to nothing.
        var blanks = new char[3_000_000];
        new Random(5).GetItems(" \t\r\n", blanks);
        using var answer = await server.Http.SendAsync(Bytes(Compress(coding, new string(blanks) + Registration), coding: coding));
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("zstd")]
    public async Task Garbage_and_a_body_cut_short_cannot_be_decompressed(string coding)
    {
        var whole = Compress(coding, Registration + new string(' ', 1_000));
        byte[] plain = Encoding.UTF8.GetBytes(Registration), noise = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
        byte[][] bodies = [plain, noise, whole[..^1], whole[..(whole.Length / 2)], whole[..1], [], [.. whole, 1]];
        foreach (var body in bodies)
        {
            await server.Http.RefusedAsync(Bytes(body, coding: coding), 400, "DECOMPRESSION_FAILED");
            await server.Http.RefusedAsync(Bytes(body, coding: coding, chunked: true), 400, "DECOMPRESSION_FAILED");
        }
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("zstd")]
    public async Task A_bomb_is_refused_as_too_large(string coding)
    {
        var bomb = Compress(coding, new string(' ', 32 * 1_024 * 1_024));
        Assert.InRange(bomb.Length, 1, 1_024 * 1_024);
        await server.Http.RefusedAsync(Bytes(bomb, coding: coding), 413, "PAYLOAD_TOO_LARGE");
    }

    [Fact]
    public async Task A_zstd_window_beyond_the_limit_is_refused()
    {
        using var compressor = new Compressor(1);
        compressor.SetParameter(ZstdSharp.Unsafe.ZSTD_cParameter.ZSTD_c_windowLog, 27);
        using var wide = new MemoryStream();
        using (var stream = new CompressionStream(wide, compressor, 0, preserveCompressor: true, leaveOpen: true))
        {
            stream.Write(Encoding.UTF8.GetBytes(Registration));
            await stream.FlushAsync();
            stream.Write("   "u8);
        }

        await server.Http.RefusedAsync(Bytes(wide.ToArray(), coding: "zstd"), 400, "DECOMPRESSION_FAILED");
    }

    [Fact]
    public async Task A_body_over_the_limit_is_refused_with_its_length_given_or_in_chunks()
    {
        await using var small = await TestServer.StartAsync(new() { ["HeliosSync:RequestBytesMax"] = "65536" });
        var fits = Encoding.UTF8.GetBytes(Registration.PadRight(65_536));
        var over = Encoding.UTF8.GetBytes(Registration.PadRight(65_537));
        Assert.Equal(200, (int)(await small.Http.SendAsync(Bytes(fits))).StatusCode);
        Assert.Equal(200, (int)(await small.Http.SendAsync(Bytes(fits, chunked: true))).StatusCode);
        await small.Http.RefusedAsync(Bytes(over), 413, "PAYLOAD_TOO_LARGE");
        await small.Http.RefusedAsync(Bytes(over, chunked: true), 413, "PAYLOAD_TOO_LARGE");
        await small.Http.RefusedAsync(Bytes(Compress("gzip", Registration.PadRight(65_537)), coding: "gzip"), 413, "PAYLOAD_TOO_LARGE");
    }

    [Fact]
    public async Task Past_the_budget_of_bytes_in_flight_requests_are_told_to_come_again()
    {
        await using var server = await TestServer.StartAsync(new()
        {
            ["HeliosSync:RequestBytesMax"] = "65536",
            ["HeliosSync:TenantBytesInFlightMax"] = "65536",
            ["HeliosSync:BytesInFlightMax"] = "131072",
        });
        var budget = server.Services.GetRequiredService<ByteBudget>();
        using (var first = budget.Open(Ids.Tenant("demo")))
        {
            Assert.True(first.TryCover(65_536));
            using var answer = await server.Http.SendAsync(Requests.Post("register", server.Token(), Registration));
            Assert.Equal(503, (int)answer.StatusCode);
            Assert.Equal("OVERLOADED", (await answer.ErrorAsync()).Code);
            Assert.InRange(answer.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 5);
            using var other = await server.Http.SendAsync(Requests.Post("register", server.Token(tenant: "other"), Registration));
            Assert.Equal(200, (int)other.StatusCode);
        }

        using var later = await server.Http.SendAsync(Requests.Post("register", server.Token(), Registration));
        Assert.Equal(200, (int)later.StatusCode);
        Assert.Equal(0, budget.BytesInFlight);
    }

    private HttpRequestMessage Bytes(byte[] body, string? type = "application/json", string? coding = null, bool chunked = false)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "register") { Content = new ByteArrayContent(body) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", server.Token());
        request.Headers.TransferEncodingChunked = chunked;
        if (type is not null)
        {
            request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        }

        if (coding is not null)
        {
            request.Content.Headers.TryAddWithoutValidation("Content-Encoding", coding);
        }

        return request;
    }

    private static byte[] Compress(string coding, string text)
    {
        using var to = new MemoryStream();
        using (Stream stream = coding.ToUpperInvariant() switch
        {
            "GZIP" => new GZipStream(to, CompressionLevel.Fastest, leaveOpen: true),
            "BR" => new BrotliStream(to, CompressionLevel.Fastest, leaveOpen: true),
            "ZSTD" => new CompressionStream(to, 3, 0, leaveOpen: true),
            _ => new BufferedStream(to),
        })
        {
            stream.Write(Encoding.UTF8.GetBytes(text));
            stream.Flush();
            return coding == "identity" ? to.ToArray() : Close(stream, to);
        }
    }

    private static byte[] Close(Stream stream, MemoryStream to)
    {
        stream.Dispose();
        return to.ToArray();
    }
}
