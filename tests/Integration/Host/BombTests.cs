using System.Text;
using HeliosSync.Integration.Protocol;
using HeliosSync.Integration.Protocol.Rig;

namespace HeliosSync.Integration.Hosting;

/// <summary>
/// What bombs cost. The server runs in this process, and nothing beside it: what the process allocates for a request, its client's part
/// included, bounds what the server does, and the peak of its memory what the decompressors take beside the managed heap.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
[Collection(Name)]
public sealed class BombTests(Site site) : IClassFixture<Site>
{
    public const string Name = "Bombs, alone in the process";

    private const long RiseMax = 4 * 1_024 * 1_024;
    private const int BlanksBytes = 1_024 * 1_024;
    private const int BombBytes = 256 * BlanksBytes;

    /// <summary>8 MiB of window for zstd, 16 for Brotli, and what a collector at its ease leaves lying about; a bomb has 256.</summary>
    private const long PeakRiseMax = 48 * 1_024 * 1_024;

    public static TheoryData<string, byte[]> BadFrames => BadCompressionTests.BadFrames;

    [Theory]
    [MemberData(nameof(BadFrames))]
    public async Task Compressed_data_that_is_refused_costs_under_four_mebibytes(string what, byte[] frame)
    {
        Assert.NotEmpty(what);
        var body = Body.Push(Hostile.Client, Change.Compressed(1, "k", "data"u8.ToArray(), frame)).ToJsonString();
        await CostsLittleAsync("push", Encoding.UTF8.GetBytes(body), 400, "DECOMPRESSION_FAILED", null);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("zstd")]
    public async Task A_body_that_is_a_bomb_costs_under_four_mebibytes(string coding)
    {
        var blanks = Encoding.ASCII.GetBytes(new string(' ', BlanksBytes));
        var bomb = Coding.Encode(coding, blanks, BombBytes / BlanksBytes);
        await CostsLittleAsync("push", bomb, 413, "PAYLOAD_TOO_LARGE", Coding.Sent(coding));
        await CostsLittleAsync("heartbeat", bomb, 413, "PAYLOAD_TOO_LARGE", Coding.Sent(coding));
    }

    [Fact]
    public async Task A_hundred_thousand_open_brackets_cost_under_four_mebibytes() =>
        await CostsLittleAsync("push", Encoding.UTF8.GetBytes(new string('[', 100_000)), 400, "INVALID_JSON", null);

    private async Task CostsLittleAsync(string endpoint, byte[] body, int status, string code, Action<HttpRequestMessage>? shape)
    {
        var hostile = await Hostile.OfAsync(site);
        await hostile.RefusedAsync(endpoint, body, status, code, shape);
        await hostile.RefusedAsync(endpoint, body, status, code, shape);
        GC.Collect();
        // Linux sets the peak to what there is now.
        await File.WriteAllTextAsync("/proc/self/clear_refs", "5");
        var resident = Peak();
        var least = long.MaxValue;
        for (var i = 0; i < 5; i++)
        {
            // The least of some: a timer of the server may run beside one of them, and not beside all.
            var before = GC.GetTotalAllocatedBytes(precise: true);
            await hostile.RefusedAsync(endpoint, body, status, code, shape);
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        var rise = Peak() - resident;
        Assert.True(least < RiseMax, $"{least:N0} bytes were allocated.");
        Assert.True(rise < PeakRiseMax, $"The process needed {rise:N0} bytes more.");
    }

    private static long Peak() => Load.Server.ProcessUsage.Of(Environment.ProcessId).PeakResidentBytes;
}
