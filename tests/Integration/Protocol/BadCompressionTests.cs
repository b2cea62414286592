using System.Text;
using HeliosSync.Integration.Protocol.Rig;

namespace HeliosSync.Integration.Protocol;

/// <summary>The rows of bad inputs about compressed data and compressed bodies.</summary>
public sealed class BadCompressionTests(Site site) : IClassFixture<Site>
{
    private static readonly byte[] Plain = "some data, some data, some data"u8.ToArray();

    public static TheoryData<string, byte[]> BadFrames => new()
    {
        { "no zstd", Plain },
        { "nothing", [] },
        { "gzip", Coding.Encode("gzip", Plain) },
        { "two frames", [.. ZstdBytes.Frame(Plain), .. ZstdBytes.Frame(Plain)] },
        { "a byte behind", [.. ZstdBytes.Frame(Plain), 0] },
        { "a byte short", ZstdBytes.Frame(Plain)[..^1] },
        { "the magic alone", ZstdBytes.Frame(Plain)[..4] },
        { "a skippable frame", ZstdBytes.Skippable() },
        { "a skippable frame before", [.. ZstdBytes.Skippable(), .. ZstdBytes.Frame(Plain)] },
        { "a skippable frame behind", [.. ZstdBytes.Frame(Plain), .. ZstdBytes.Skippable()] },
        { "a dictionary", ZstdBytes.WithDictionary(Plain) },
        { "a window of 128 MiB", ZstdBytes.WithHugeWindow(Plain) },
        { "8 KB that declare 256 MiB", ZstdBytes.Bomb(declared: true) },
        { "8 KB that expand to 256 MiB undeclared", ZstdBytes.Bomb(declared: false) },
    };

    [Theory]
    [MemberData(nameof(BadFrames))]
    public async Task Compressed_data_that_is_not_one_small_frame_is_refused(string what, byte[] frame)
    {
        Assert.NotEmpty(what);
        var change = Change.Compressed(2, "k2", Plain, frame);
        var body = Body.Push(Hostile.Client, Change.Insert(1, "k1"), change).ToJsonString();
        var details = await (await Hostile.OfAsync(site)).RefusedAsync("push", body, 400, "DECOMPRESSION_FAILED");
        Assert.Equal("changes[1].data", details);
    }

    /// <summary>Without this, a server that takes no compressed data would pass the test above.</summary>
    [Fact]
    public async Task The_frame_that_is_spoiled_above_is_good()
    {
        var device = await site.DeviceAsync(site.NewTenant(), "a");
        (await device.PushAsync(Change.Compressed(1, "k", Plain, ZstdBytes.Frame(Plain)))).Ok();
    }

    [Fact]
    public async Task Compressed_bytes_without_the_header_are_no_json()
    {
        var hostile = await Hostile.OfAsync(site);
        var body = Coding.Encode("gzip", Encoding.UTF8.GetBytes(Hostile.Good("pull").ToJsonString()));
        await hostile.RefusedAsync("pull", body, 400, "INVALID_JSON");
    }
}
