using System.Text;
using System.Text.Json;
using FsCheck.Xunit;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Property.Codec;

/// <summary>The small answers, and the arrays of integers in the large ones.</summary>
public sealed class AnswerTests
{
    [Fact]
    public void A_registration_is_answered_in_these_very_bytes() => Assert.Equal(
        AnswerSamples.OneLine("""
            {"success":true,"client_id":"a","server_version":1,"server_lsn":3,"head_lsn":9,
            "server_node":"5e5e5e5e-0000-4000-8000-000000000001","vector_clock":{"5e5e5e5e-0000-4000-8000-000000000001":3,"a#1":8},
            "last_local_lsn":5,"limits":{"max_batch":1000,"max_request_bytes":8388608,"max_change_bytes":262144,
            "heartbeat_interval_secs":20,"heartbeat_timeout_secs":60}}
            """),
        AnswerSamples.Text(to => RegisterWriter.Write(
            to, Tiny.Client("a"), Tiny.Node("a#1"), Tiny.ServerGuid, 3, 9, 5, 8, Limits.RequestBytesMax)));

    [Fact]
    public void A_held_registration_knows_no_server_node()
    {
        var answer = AnswerSamples.Parsed(
            to => RegisterWriter.Write(to, Tiny.Client("a"), Tiny.Node("a"), null, 0, 0, 0, 0, 1),
            "success", "client_id", "server_version", "server_lsn", "head_lsn", "server_node", "vector_clock", "last_local_lsn", "limits");
        Assert.Equal(JsonValueKind.Null, answer.GetProperty("server_node").ValueKind);
        Assert.Empty(AnswerSamples.Clock(answer.GetProperty("vector_clock")));
    }

    [Fact]
    public void A_heartbeat_is_answered_in_these_very_bytes() => Assert.Equal(
        """{"success":true,"timestamp":1700000000000,"head_lsn":9}""",
        AnswerSamples.Text(to => HeartbeatWriter.Write(to, 1_700_000_000_000, 9)));

    [Fact]
    public void Health_is_the_quick_starts_answer() => Assert.Equal(
        """{"status":"healthy","version":1,"uptime_secs":10,"registered_clients":0,"timestamp":1700000000000}""",
        AnswerSamples.Text(to => HealthWriter.Write(to, 10, 0, 1_700_000_000_000, unsafeSynchronousOff: false)));

    [Fact]
    public void Health_says_that_acknowledged_changes_may_be_lost_where_they_may() => Assert.EndsWith(
        ""","unsafe_synchronous_off":true}""",
        AnswerSamples.Text(to => HealthWriter.Write(to, 10, 0, 1_700_000_000_000, unsafeSynchronousOff: true)),
        StringComparison.Ordinal);

    [Fact]
    public void An_error_is_these_very_bytes() => Assert.Equal(
        """{"error":"No.","code":"INVALID_MESSAGE","details":null,"request_id":"r"}""",
        AnswerSamples.Text(to => ErrorWriter.Write(to, "INVALID_MESSAGE", "No.", null, "r")));

    /// <summary>Details may quote what a client sent.</summary>
    [Theory]
    [InlineData("\"},{\\", "\"},{\\")]
    [InlineData("line\nend\0\u001f", "line\nend\0\u001f")]
    [InlineData("<script>'&+ größe \U0001F600", "<script>'&+ größe \U0001F600")]
    public void An_error_quotes_any_text_in_valid_json(string text, string read)
    {
        var body = AnswerSamples.Parsed(
            to => ErrorWriter.Write(to, "INVALID_MESSAGE", text, text, text), "error", "code", "details", "request_id");
        Assert.Equal(read, body.GetProperty("error").GetString());
        Assert.Equal(read, body.GetProperty("details").GetString());
        Assert.Equal(read, body.GetProperty("request_id").GetString());
    }

    /// <summary>Half of a pair is no Unicode; an attribute could not hold it.</summary>
    [Fact]
    public void An_error_quotes_half_a_surrogate_pair_as_the_replacement_character()
    {
        var body = AnswerSamples.Parsed(
            to => ErrorWriter.Write(to, "INVALID_MESSAGE", "half \ud83d", null, "r"), "error", "code", "details", "request_id");
        Assert.Equal("half \ufffd", body.GetProperty("error").GetString());
    }

    [Fact]
    public void An_array_of_every_byte_value_is_as_written_by_hand()
    {
        byte[] all = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        Assert.Equal("[" + string.Join(',', Enumerable.Range(0, 256)) + "]", Array(all));
        Assert.All(all, one => Assert.Equal($"[{one}]", Array([one])));
        Assert.Equal("[]", Array([]));
    }

    [Property]
    public void An_array_of_integers_is_as_written_by_hand(byte[] bytes) => Assert.Equal("[" + string.Join(',', bytes) + "]", Array(bytes));

    private static string Array(byte[] bytes)
    {
        var to = new byte[IntegerArrayWriter.BytesMax(bytes.Length)];
        return Encoding.ASCII.GetString(to, 0, IntegerArrayWriter.Write(bytes, to));
    }
}
