using HeliosSync.Integration.Protocol.Rig;

namespace HeliosSync.Integration.Protocol;

/// <summary>Changes whose data is a zstd frame (protocol 5.1, 4.2 <c>accept_compressed</c>).</summary>
public sealed class CompressedDataTests(Site site) : IClassFixture<Site>
{
    private static readonly byte[] Plain = [.. Enumerable.Range(0, 20_000).Select(static n => (byte)(n % 17))];

    [Fact]
    public async Task It_comes_back_plain_unless_the_client_takes_it_compressed()
    {
        var frame = ZstdBytes.Frame(Plain);
        var device = await site.DeviceAsync(site.NewTenant(), "a");
        (await device.PushAsync(Change.Compressed(1, "k", Plain, frame), Change.Insert(2, "plain"))).Ok();

        var plain = await device.PullAllAsync();
        Assert.Equal(Plain, plain[0].Bytes("data"));
        Assert.All(plain, static c => Assert.False(c.Flag("compressed")));

        var compressed = await device.PullAllAsync(0, new() { ["accept_compressed"] = true });
        Assert.Equal(frame, compressed[0].Bytes("data"));
        Assert.Equal([true, false], compressed.Select(static c => c.Flag("compressed")));
        Assert.Equal(plain[0].Long("checksum"), compressed[0].Long("checksum"));
        Assert.Equal(Change.Checksum("k"u8, Plain), compressed[0].Long("checksum"));
    }

    [Fact]
    public async Task It_may_be_as_large_as_plain_data_may_be_and_no_larger()
    {
        var device = await site.DeviceAsync(site.NewTenant(), "a");
        var (most, more) = (new byte[256 * 1_024], new byte[(256 * 1_024) + 1]);
        (await device.PushAsync(Change.Compressed(1, "k", most, ZstdBytes.Frame(most)))).Ok();
        (await device.PushAsync(Change.Compressed(2, "k2", more, ZstdBytes.Frame(more)))).Refused(400, "DECOMPRESSION_FAILED");
        var pulled = (await device.PullAllAsync(0, new() { ["encoding"] = "base64" })).Single();
        Assert.Equal(most, pulled.Bytes("data"));
    }

    [Fact]
    public async Task The_checksum_is_that_of_the_data_before_compression()
    {
        var device = await site.DeviceAsync(site.NewTenant(), "a");
        var frame = ZstdBytes.Frame(Plain);
        var overFrame = Change.Compressed(1, "k", Plain, frame).With(new() { ["checksum"] = Change.Checksum("k"u8, frame) });
        Assert.Contains($"expected {Change.Checksum("k"u8, Plain)}", (await device.PushAsync(overFrame)).Refused(400, "CHECKSUM_MISMATCH"),
            StringComparison.Ordinal);
    }

    /// <summary>Content is compared uncompressed: it does not depend on how its author packed it.</summary>
    [Fact]
    public async Task The_same_data_plain_and_compressed_converge()
    {
        var tenant = site.NewTenant();
        var (a, b) = (await site.DeviceAsync(tenant, "a"), await site.DeviceAsync(tenant, "b"));
        (await a.PushAsync(Change.Compressed(1, "k", Plain, ZstdBytes.Frame(Plain)))).Ok();
        var answer = (await b.PushAsync(Change.Of("Insert", 1, "k"u8.ToArray(), Plain))).Ok();
        Assert.Equal([1], answer.Assigned);
        Assert.Equal(1, answer.HeadLsn);
    }

    [Fact]
    public async Task Empty_data_may_be_compressed()
    {
        var device = await site.DeviceAsync(site.NewTenant(), "a");
        (await device.PushAsync(Change.Compressed(1, "k", [], ZstdBytes.Frame([])))).Ok();
        Assert.Empty((await device.PullAllAsync()).Single().Bytes("data"));
    }

    /// <summary>A page is cut by what it weighs on the wire: data that goes out uncompressed counts so.</summary>
    [Fact]
    public async Task Small_frames_of_large_data_do_not_make_a_page_of_any_size()
    {
        var device = await site.DeviceAsync(site.NewTenant(), "a");
        var (most, frame) = (new byte[256 * 1_024], ZstdBytes.Frame(new byte[256 * 1_024]));
        (await device.PushAsync([.. Enumerable.Range(1, 200).Select(n => Change.Compressed(n, $"k{n}", [],
            frame).With(new() { ["checksum"] = Change.Checksum(System.Text.Encoding.UTF8.GetBytes($"k{n}"), most) }))])).Ok();
        var plain = (await device.PullAsync(0, new() { ["encoding"] = "base64" })).Ok();
        Assert.InRange(plain.Changes.Length, 4, 5);
        Assert.True(plain.HasMore);
    }
}
