using System.Text;
using HeliosSync.Integration.Protocol.Rig;

namespace HeliosSync.Integration.Protocol;

/// <summary>The rows of bad inputs about sizes and checksums.</summary>
public sealed class BadSizeTests(Site site) : IClassFixture<Site>
{
    private const int RequestBytesMax = 8 * 1_024 * 1_024;

    [Fact]
    public async Task A_thousand_and_one_changes_are_too_many()
    {
        var body = Body.Push(Hostile.Client, Change.Inserts(1, 1_001, "k"));
        await (await Hostile.OfAsync(site)).RefusedAsync("push", body.ToJsonString(), 413, "BATCH_TOO_LARGE");
    }

    /// <summary>Counted before they are understood: the one too many need not be a change at all.</summary>
    [Fact]
    public async Task A_thousand_and_one_changes_are_too_many_whatever_the_last_is()
    {
        var body = Body.Push(Hostile.Client, Change.Inserts(1, 1_000, "k")).ToJsonString();
        var end = body.LastIndexOf(']');
        await (await Hostile.OfAsync(site)).RefusedAsync("push", body.Insert(end, ",{}"), 413, "BATCH_TOO_LARGE");
    }

    [Theory]
    [InlineData("register")]
    [InlineData("pull")]
    [InlineData("push")]
    [InlineData("heartbeat")]
    public async Task A_body_over_the_limit_is_refused_by_its_length(string endpoint)
    {
        var body = Padded(endpoint, RequestBytesMax + 1);
        await (await Hostile.OfAsync(site)).RefusedAsync(endpoint, body, 413, "PAYLOAD_TOO_LARGE");
    }

    [Theory]
    [InlineData("pull")]
    [InlineData("push")]
    public async Task A_body_over_the_limit_is_refused_where_it_comes_in_chunks(string endpoint)
    {
        var hostile = await Hostile.OfAsync(site);
        await hostile.RefusedAsync(endpoint, Padded(endpoint, RequestBytesMax + 1), 413, "PAYLOAD_TOO_LARGE", InChunks);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_of_just_the_limit_is_read(bool chunked)
    {
        var device = await site.DeviceAsync(site.NewTenant(), Hostile.Client);
        (await device.PostAsync("push", Padded("push", RequestBytesMax), chunked ? InChunks : null)).Ok();
    }

    [Fact]
    public async Task A_body_over_a_smaller_limit_of_the_configuration_is_refused_and_the_limit_is_told()
    {
        var small = new Site(new() { ["HeliosSync:RequestBytesMax"] = "65536" });
        await small.InitializeAsync();
        try
        {
            var device = small.Stranger("t", Hostile.Client);
            Assert.Equal(65_536, (await device.RegisterAsync()).Ok().Json.Object("limits").Long("max_request_bytes"));
            (await device.PostAsync("push", Padded("push", 65_536))).Ok();
            (await device.PostAsync("push", Padded("push", 65_537))).Refused(413, "PAYLOAD_TOO_LARGE");
            (await device.PostAsync("push", Padded("push", 65_537), InChunks)).Refused(413, "PAYLOAD_TOO_LARGE");
        }
        finally
        {
            await small.DisposeAsync();
        }
    }

    /// <summary>4 MiB of keys and data go into one push: it bounds a journal event.</summary>
    [Fact]
    public async Task A_push_of_more_than_four_mebibytes_of_data_is_too_large()
    {
        var changes = Enumerable.Range(1, 17).Select(static n => Change.Large(n, "k" + n, 250_000)).ToArray();
        var hostile = await Hostile.OfAsync(site);
        await hostile.RefusedAsync("push", Body.Push(Hostile.Client, changes).ToJsonString(), 413, "PAYLOAD_TOO_LARGE");
        var device = await site.DeviceAsync(site.NewTenant(), Hostile.Client);
        (await device.PushAsync(changes[..16])).Ok();
    }

    [Theory]
    [InlineData(1, 1_024, 200)]
    [InlineData(0, 1, 400)]
    [InlineData(1_025, 1, 400)]
    [InlineData(1, 256 * 1_024, 200)]
    [InlineData(1, (256 * 1_024) + 1, 400)]
    public async Task A_field_over_its_limit_is_refused_as_array_and_as_base64(int keyBytes, int dataBytes, int status)
    {
        var hostile = await Hostile.OfAsync(site);
        var change = Change.Of("Insert", 1, new byte[keyBytes], new byte[dataBytes]);
        var base64 = change.DeepClone().AsObject().With(new()
        {
            ["key"] = Convert.ToBase64String(new byte[keyBytes]),
            ["data"] = Convert.ToBase64String(new byte[dataBytes]),
        });
        foreach (var sent in new[] { change, base64 })
        {
            if (status == 200)
            {
                (await (await site.DeviceAsync(site.NewTenant(), "a")).PushAsync(sent)).Ok();
                continue;
            }

            var details = await hostile.RefusedAsync("push", Body.Push(Hostile.Client, sent).ToJsonString(), 400, "INVALID_MESSAGE");
            Assert.Equal(keyBytes is 0 or > 1_024 ? "changes[0].key" : "changes[0].data", details);
        }
    }

    [Theory]
    [InlineData("push", "vector_clock")]
    [InlineData("push", "changes.vector_clock")]
    [InlineData("register", "vector_clock")]
    public async Task A_clock_of_257_entries_is_refused_and_one_of_256_is_not(string endpoint, string path)
    {
        static string Clock(int entries) => Body.Clock([.. Enumerable.Range(1, entries).Select(static n => ($"n{n}", 1L))]).ToJsonString();
        var hostile = await Hostile.OfAsync(site);
        await hostile.RefusedAsync(endpoint, Hostile.With(endpoint, path, Clock(257)), 400, "INVALID_MESSAGE");
        var device = await site.DeviceAsync(site.NewTenant(), Hostile.Client);
        (await device.PostAsync(endpoint, Hostile.With(endpoint, path, Clock(256)))).Ok();
    }

    [Fact]
    public async Task A_wrong_checksum_anywhere_refuses_the_whole_push_and_says_where()
    {
        var hostile = await Hostile.OfAsync(site);
        var right = Change.Checksum("k2"u8, "data"u8);
        foreach (var wrong in new[] { 0, right ^ 1, right ^ 0x8000_0000, 4_294_967_295 })
        {
            var details = await hostile.RefusedAsync("push", Hostile.With("push", "changes.checksum", $"{wrong}"), 400,
                "CHECKSUM_MISMATCH");
            Assert.Contains("lsn 2", details, StringComparison.Ordinal);
            Assert.Contains($"expected {right}", details, StringComparison.Ordinal);
            Assert.Contains($"received {wrong}", details, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("4294967296")]
    [InlineData("9007199254740991")]
    public async Task A_checksum_beyond_32_bits_is_no_checksum(string checksum) =>
        await (await Hostile.OfAsync(site)).RefusedAsync("push", Hostile.With("push", "changes.checksum", checksum), 400,
            "INVALID_MESSAGE");

    /// <summary>One bit anywhere in key or data: what the network did to it, the checksum tells.</summary>
    [Fact]
    public async Task A_flipped_bit_in_key_or_data_is_refused()
    {
        var hostile = await Hostile.OfAsync(site);
        foreach (var field in new[] { "key", "data" })
        {
            for (var bit = 0; bit < 16; bit++)
            {
                var body = Hostile.Good("push");
                var bytes = body.Objects("changes")[0].Bytes(field);
                bytes[bit / 8] ^= (byte)(1 << (bit % 8));
                body.Objects("changes")[0][field] = Change.Integers(bytes);
                await hostile.RefusedAsync("push", body.ToJsonString(), 400, "CHECKSUM_MISMATCH");
            }
        }
    }

    /// <summary>A good body, made that long by blanks at its end.</summary>
    private static byte[] Padded(string endpoint, int bytes)
    {
        var body = Encoding.UTF8.GetBytes(Hostile.Good(endpoint).ToJsonString());
        return [.. body, .. Enumerable.Repeat((byte)' ', bytes - body.Length)];
    }

    private static void InChunks(HttpRequestMessage request)
    {
        request.Headers.TransferEncodingChunked = true;
        request.Content!.Headers.ContentLength = null;
    }
}
