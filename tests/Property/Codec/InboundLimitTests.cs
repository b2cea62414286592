using System.Text;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Property.Codec;

/// <summary>The rows of bad-inputs.md on sizes and on compressed data of a push, at the limit and just above it.</summary>
public sealed class InboundLimitTests : IDisposable
{
    private readonly ZstdFrames _zstd = new();

    [Fact]
    public async Task A_table_of_129_characters_is_refused_and_one_of_128_read()
    {
        await AssertChangeRefused("table", $"\"{new string('t', 129)}\"");
        await AssertChangeRefused("table", $"\"{new string('t', 5_000_000)}\"");
        await AssertAccepted(InboundFields.PushOf(InboundFields.Change.With("table", $"\"{new string('t', 128)}\"")));
    }

    [Fact]
    public async Task A_key_of_1025_bytes_is_refused_in_either_form()
    {
        await AssertChangeRefused("key", Integers(Limits.KeyBytesMax + 1));
        await AssertChangeRefused("key", Base64(Limits.KeyBytesMax + 1));
        await AssertChangeRefused("key", Base64(Limits.KeyBytesMax + 3));
    }

    /// <summary>What it would be decoded to is not even given room.</summary>
    [Fact]
    public async Task A_text_too_long_for_its_bytes_is_refused_for_that_whatever_its_letters()
    {
        foreach (var (field, most) in new[] { ("key", Limits.KeyBytesMax), ("data", Limits.CompressedDataBytesMax) })
        {
            var body = InboundFields.PushOf(InboundFields.Change.With(field, $"\"{new string('!', 2 * most)}\""));
            var refusal = await InboundRead.RefusalOf(new PushReader(InboundRead.Hash, _zstd), body);
            Assert.Equal($"The field {field} has more than {most} bytes.", refusal.Message);
        }
    }

    [Fact]
    public async Task Data_over_its_limit_is_refused_in_either_form()
    {
        await AssertChangeRefused("data", Integers(Limits.DataBytesMax + 1));
        await AssertChangeRefused("data", Base64(Limits.DataBytesMax + 1));
        await AssertChangeRefused("data", Integers(Limits.CompressedDataBytesMax + 1));
        await AssertChangeRefused("data", Base64(Limits.CompressedDataBytesMax + 1));
    }

    [Fact]
    public async Task A_clock_of_257_nodes_is_refused_and_one_of_256_read()
    {
        static string Clock(int nodes) =>
            "{" + string.Join(',', Enumerable.Range(0, nodes).Select(static i => $"\"n{i}\":{i % 2}")) + "}";
        await AssertChangeRefused("vector_clock", Clock(Limits.ClockNodesMax + 1));
        await AssertAccepted(InboundFields.PushOf(InboundFields.Change.With("vector_clock", Clock(Limits.ClockNodesMax))));
    }

    [Fact]
    public async Task A_node_of_194_characters_is_refused_and_one_of_193_read()
    {
        static string Clock(int suffix) => $"{{\"{new string('n', Limits.ClientIdCharsMax)}#{new string('s', suffix)}\":1}}";
        await AssertChangeRefused("vector_clock", Clock(Limits.NodeSuffixCharsMax + 1));
        await AssertAccepted(InboundFields.PushOf(InboundFields.Change.With("vector_clock", Clock(Limits.NodeSuffixCharsMax))));
    }

    [Fact]
    public async Task A_client_id_of_5_MB_is_refused() => await AssertRefused(
        InboundFields.Push.With("client_id", $"\"{new string('a', 5_000_000)}\"").Bytes, ErrorCode.InvalidMessage, "client_id");

    [Fact]
    public async Task The_1001st_change_is_refused_as_soon_as_it_is_seen()
    {
        var lsns = Enumerable.Range(1, Limits.BatchChangesMax);
        var changes = string.Join(',', lsns.Select(static n => InboundFields.Change.With("lsn", $"{n}")));
        await AssertRefused(Encoding.UTF8.GetBytes($"{{\"changes\": [{changes},{{"), ErrorCode.BatchTooLarge, "changes");
        var whole = InboundFields.Push.With("changes", $"[{changes},{InboundFields.Change}]").Bytes;
        await AssertRefused(whole, ErrorCode.BatchTooLarge, "changes");
    }

    [Fact]
    public async Task Keys_and_data_over_the_batchs_limit_are_refused()
    {
        var change = InboundPush.QuickStart.Changes[0] with { Data = new byte[Limits.DataBytesMax - 3] };
        InboundPush Of(int changes, byte[] last) => InboundPush.QuickStart with
        {
            Changes = [.. Enumerable.Range(1, changes).Select(i => change with { Lsn = i }), change with { Lsn = 99, Data = last }],
        };
        await AssertAccepted(InboundText.Plain(Of(15, new byte[Limits.DataBytesMax - 3])));
        await AssertRefused(InboundText.Plain(Of(15, new byte[Limits.DataBytesMax - 2])), ErrorCode.PayloadTooLarge, "changes[15]");
        await AssertRefused(InboundText.Plain(Of(16, [])), ErrorCode.PayloadTooLarge, "changes[16]");
    }

    [Theory]
    [InlineData("[10,20,30]")]
    [InlineData("[]")]
    [InlineData("\"UCpNGAEAAAAJ\"")]
    public async Task Compressed_data_that_is_no_frame_is_refused_before_its_checksum(string data) => await AssertRefused(
        InboundFields.PushOf(InboundFields.Change.With("data", data).With("compressed", "true").With("checksum", "1")),
        ErrorCode.DecompressionFailed,
        "changes[2].data");

    [Fact]
    public async Task A_zstd_bomb_is_refused_within_4_MiB()
    {
        byte[] header = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x58];
        var blocks = Enumerable.Range(0, 2_048).SelectMany(static i => new byte[] { (byte)(2 | (i == 2_047 ? 1 : 0)), 0, 0x10, 0 });
        var data = $"\"{Convert.ToBase64String([.. header, .. blocks])}\"";
        var body = InboundFields.PushOf(InboundFields.Change.With("data", data).With("compressed", "true"));
        await AssertRefused(body, ErrorCode.DecompressionFailed, "changes[2].data");

        var before = GC.GetAllocatedBytesForCurrentThread();
        var reading = InboundRead.OutcomeOf(new PushReader(InboundRead.Hash, _zstd), new InboundPieces(body));
        Assert.True(reading.IsCompleted, "allocations are counted on this thread only");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_024 * 1_024);
    }

    [Fact]
    public async Task What_is_wrong_with_the_shape_is_told_before_a_bad_frame_and_that_before_a_wrong_checksum()
    {
        var change = InboundFields.Change.With("compressed", "true").With("checksum", "1");
        await AssertRefused(InboundFields.PushOf(change.Without("timestamp")), ErrorCode.InvalidMessage, "changes[2].timestamp");
        change = change.With("timestamp", "\"2025-11-24T10:30:00Z\"");
        await AssertRefused(InboundFields.PushOf(change), ErrorCode.DecompressionFailed, "changes[2].data");
    }

    public void Dispose() => _zstd.Dispose();

    private static string Integers(int count) => "[" + string.Join(',', Enumerable.Repeat("7", count)) + "]";

    private static string Base64(int count) => $"\"{Convert.ToBase64String(new byte[count])}\"";

    private Task AssertChangeRefused(string field, string value) =>
        AssertRefused(InboundFields.PushOf(InboundFields.Change.With(field, value)), ErrorCode.InvalidMessage, $"changes[2].{field}");

    private async Task AssertRefused(byte[] body, ErrorCode code, string details)
    {
        var refusal = await InboundRead.RefusalOf(new PushReader(InboundRead.Hash, _zstd), body);
        Assert.Equal((code, details), (refusal.Code, refusal.Details));
    }

    private async Task AssertAccepted(byte[] body) =>
        Assert.Null(await InboundRead.OutcomeOf(new PushReader(InboundRead.Hash, _zstd), new InboundPieces(body)));
}
