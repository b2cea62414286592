using FsCheck.Xunit;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Property.Codec;

/// <summary>The rows of bad-inputs.md on the fields of a push: refused with code and details, however the body is cut.</summary>
public sealed class InboundRefusalTests : IDisposable
{
    private readonly ZstdFrames _zstd = new();

    [Theory]
    [InlineData("lsn", "0")]
    [InlineData("lsn", "-1")]
    [InlineData("lsn", "-0")]
    [InlineData("lsn", "9007199254740992")]
    [InlineData("lsn", "18446744073709551616")]
    [InlineData("lsn", "18446744073709551617000000000000000000")]
    [InlineData("lsn", "1.0")]
    [InlineData("lsn", "1e3")]
    [InlineData("lsn", "\"5\"")]
    [InlineData("lsn", "true")]
    [InlineData("lsn", "[1]")]
    [InlineData("lsn", "{}")]
    [InlineData("lsn", "12")]
    [InlineData("checksum", "4294967296")]
    [InlineData("checksum", "-1")]
    [InlineData("checksum", "3420316008.0")]
    [InlineData("checksum", "\"3420316008\"")]
    [InlineData("base_lsn", "-1")]
    [InlineData("base_lsn", "9007199254740992")]
    [InlineData("base_lsn", "\"1\"")]
    [InlineData("compressed", "1")]
    [InlineData("compressed", "\"false\"")]
    [InlineData("operation", "\"insert\"")]
    [InlineData("operation", "\"Insert \"")]
    [InlineData("operation", "\"\"")]
    [InlineData("operation", "1")]
    public async Task An_integer_flag_or_operation_that_is_none_is_refused_by_name(string field, string value) =>
        await AssertChangeRefused(field, value);

    [Theory]
    [InlineData("\"\"")]
    [InlineData("\"a b\"")]
    [InlineData("\"a/b\"")]
    [InlineData("\"tasks'; DROP TABLE tasks; --\"")]
    [InlineData("\"é\"")]
    [InlineData("\"a\\u0000\"")]
    [InlineData("\"\\u202E\"")]
    [InlineData("\"a\\r\\n\"")]
    [InlineData("\"\\u001b[31m\"")]
    [InlineData("5")]
    public async Task A_table_outside_the_alphabet_is_refused(string value) => await AssertChangeRefused("table", value);

    [Theory]
    [InlineData("key", "[]")]
    [InlineData("key", "\"\"")]
    [InlineData("key", "[256]")]
    [InlineData("key", "[1,2,256]")]
    [InlineData("key", "[-1]")]
    [InlineData("key", "[-0]")]
    [InlineData("key", "[1.5]")]
    [InlineData("key", "[1.0]")]
    [InlineData("key", "[1e0]")]
    [InlineData("key", "[\"1\"]")]
    [InlineData("key", "[\"]\"]")]
    [InlineData("key", "[null]")]
    [InlineData("key", "[[1]]")]
    [InlineData("key", "[{}]")]
    [InlineData("key", "{}")]
    [InlineData("key", "5")]
    [InlineData("key", "true")]
    [InlineData("key", "\"AQID\\n\"")]
    [InlineData("key", "\"AQI\"")]
    [InlineData("key", "\"AQJ=\"")]
    [InlineData("key", "\"-_-_\"")]
    [InlineData("data", "[256]")]
    [InlineData("data", "[10,20,30,-1]")]
    [InlineData("data", "[10,20,true]")]
    [InlineData("data", "\"ChQ\"")]
    [InlineData("data", "\"Ch Qe\"")]
    public async Task A_key_or_data_that_is_no_bytes_is_refused(string field, string value) => await AssertChangeRefused(field, value);

    [Theory]
    [InlineData("[]")]
    [InlineData("5")]
    [InlineData("\"\"")]
    [InlineData("{\"a\":-1}")]
    [InlineData("{\"a\":9007199254740992}")]
    [InlineData("{\"a\":1.0}")]
    [InlineData("{\"a\":\"1\"}")]
    [InlineData("{\"a\":null}")]
    [InlineData("{\"a\":1,\"a\":2}")]
    [InlineData("{\"a\":0,\"b\":1,\"\\u0061\":0}")]
    [InlineData("{\"\":1}")]
    [InlineData("{\"a b\":1}")]
    [InlineData("{\"a#\":1}")]
    [InlineData("{\"a#b#c\":1}")]
    [InlineData("{\"é\":1}")]
    [InlineData("{\"clocks\":1}")]
    [InlineData("{\"clocks\":null}")]
    [InlineData("{\"clocks\":{},\"a\":1}")]
    [InlineData("{\"a\":1,\"clocks\":{}}")]
    [InlineData("{\"clocks\":{\"clocks\":{}}}")]
    [InlineData("{\"clocks\":{},\"clocks\":{}}")]
    public async Task A_clock_that_is_none_is_refused_in_a_change_and_in_the_message(string clock)
    {
        await AssertChangeRefused("vector_clock", clock);
        await AssertRefused(InboundFields.Push.With("vector_clock", clock).Bytes, ErrorCode.InvalidMessage, "vector_clock");
    }

    [Theory]
    [InlineData("\"2025-11-24T10:30:00\"")]
    [InlineData("\"2025-13-24T10:30:00Z\"")]
    [InlineData("\"10000-01-01T00:00:00Z\"")]
    [InlineData("1700000000000")]
    [InlineData("\"\"")]
    public async Task A_timestamp_that_is_none_is_refused(string value) => await AssertChangeRefused("timestamp", value);

    [Fact]
    public async Task Each_required_field_of_a_change_missing_or_null_is_named()
    {
        foreach (var field in new[] { "lsn", "table", "operation", "key", "data", "timestamp", "checksum" })
        {
            await AssertRefused(InboundFields.PushOf(InboundFields.Change.Without(field)), ErrorCode.InvalidMessage, $"changes[2].{field}");
            await AssertChangeRefused(field, "null");
        }
    }

    [Fact]
    public async Task Each_required_field_of_a_push_missing_or_null_is_named()
    {
        foreach (var field in new[] { "type", "message_id", "client_id", "changes" })
        {
            await AssertRefused(InboundFields.Push.Without(field).Bytes, ErrorCode.InvalidMessage, field);
            await AssertRefused(InboundFields.Push.With(field, "null").Bytes, ErrorCode.InvalidMessage, field);
        }
    }

    [Fact]
    public async Task A_known_field_twice_is_refused_at_either_level_even_where_one_is_null_or_escaped()
    {
        foreach (var field in new[] { "lsn", "key", "data", "vector_clock", "compressed" })
        {
            var change = InboundFields.Change;
            await AssertRefused(InboundFields.PushOf(change.Also(field, "null")), ErrorCode.InvalidMessage, $"changes[2].{field}");
        }

        await AssertRefused(InboundFields.PushOf(InboundFields.Change.Also("ls\\u006e", "1")), ErrorCode.InvalidMessage, "changes[2].lsn");
        await AssertRefused(InboundFields.Push.Also("changes", "[]").Bytes, ErrorCode.InvalidMessage, "changes");
        await AssertRefused(InboundFields.Push.With("atomic", "null").Also("atomic", "true").Bytes, ErrorCode.InvalidMessage, "atomic");
    }

    [Theory]
    [InlineData("type", "\"pull_request\"")]
    [InlineData("type", "\"push_changes \"")]
    [InlineData("type", "5")]
    [InlineData("message_id", "\"660e8400e29b41d4a716446655440001\"")]
    [InlineData("message_id", "\"{660e8400-e29b-41d4-a716-446655440001}\"")]
    [InlineData("message_id", "\"660e8400-e29b-41d4-a716-44665544000g\"")]
    [InlineData("message_id", "\"660e8400-e29b-41d4-a716-4466554400010\"")]
    [InlineData("message_id", "\"0x0e8400-e29b-41d4-a716-446655440001\"")]
    [InlineData("message_id", "5")]
    [InlineData("client_id", "\"\"")]
    [InlineData("client_id", "\"../x\"")]
    [InlineData("client_id", "\"a#b\"")]
    [InlineData("client_id", "\"clocks\"")]
    [InlineData("client_id", "\"a\\r\\nb\"")]
    [InlineData("client_id", "\"\\u001b[31m\"")]
    [InlineData("client_id", "\"\\u202Eabc\"")]
    [InlineData("client_id", "5")]
    [InlineData("server_node", "\"not a node\"")]
    [InlineData("server_node", "5")]
    [InlineData("atomic", "1")]
    [InlineData("atomic", "\"true\"")]
    [InlineData("changes", "{}")]
    [InlineData("changes", "5")]
    [InlineData("changes", "[]")]
    public async Task A_field_of_the_message_that_is_none_is_refused_by_name(string field, string value) =>
        await AssertRefused(InboundFields.Push.With(field, value).Bytes, ErrorCode.InvalidMessage, field);

    [Theory]
    [InlineData("null")]
    [InlineData("5")]
    [InlineData("[]")]
    [InlineData("\"x\"")]
    public async Task An_entry_that_is_no_object_is_refused_by_index(string entry) => await AssertRefused(
        InboundFields.Push.With("changes", $"[{InboundFields.Change},{entry}]").Bytes, ErrorCode.InvalidMessage, "changes[1]");

    [Fact]
    public async Task A_local_number_twice_in_a_batch_is_refused_wherever_it_stands()
    {
        static string Changes(params int[] lsns) =>
            "[" + string.Join(',', lsns.Select(static n => InboundFields.Change.With("lsn", $"{n}"))) + "]";
        await AssertRefused(InboundFields.Push.With("changes", Changes(1, 1)).Bytes, ErrorCode.InvalidMessage, "changes[1].lsn");
        await AssertRefused(InboundFields.Push.With("changes", Changes(5, 9, 7, 5)).Bytes, ErrorCode.InvalidMessage, "changes[3].lsn");
        await AssertAccepted(InboundFields.Push.With("changes", Changes(5, 9, 7, 6, 10)).Bytes);
    }

    [Property]
    public void A_local_number_is_taken_once_in_whatever_order_they_come(byte[] numbers)
    {
        const int Few = 10;
        var (lsns, all) = (new LocalLsns(), new HashSet<long>());
        Assert.Equal(numbers.Select(n => all.Add(n % Few)), numbers.Select(n => lsns.TryAdd(n % Few)));
    }

    [Fact]
    public async Task A_delete_with_data_is_refused()
    {
        await AssertRefused(
            InboundFields.PushOf(InboundFields.Change.With("operation", "\"Delete\"")), ErrorCode.InvalidMessage, "changes[2].data");
        await AssertAccepted(InboundFields.PushOf(
            InboundFields.Change.With("operation", "\"Delete\"").With("data", "[]").With("checksum", "1438416925")));
    }

    [Fact]
    public async Task A_wrong_checksum_is_answered_with_lsn_expected_and_received_value() => await AssertRefused(
        InboundFields.PushOf(InboundFields.Change.With("checksum", "987654321")),
        ErrorCode.ChecksumMismatch,
        "changes[2]: lsn 1, expected 3420316008, received 987654321");

    public void Dispose() => _zstd.Dispose();

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
