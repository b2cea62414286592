using System.Text;
using System.Text.RegularExpressions;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Property.Codec;

/// <summary>The bodies of register, pull and heartbeat (protocol 4.1, 4.2, 4.4): read as they mean, refused by name.</summary>
public sealed class InboundMessageTests
{
    private const string Node = "0b06e8ab-0000-4000-8000-00000000000a";

    [Fact]
    public async Task The_quick_starts_registration_is_read()
    {
        var register = await InboundRead.MessageOf(new RegisterReader(), InboundFields.Register.ToString());
        Assert.Equal(("my-client-123", "my-client-123", 0L), (register.Client.Value, register.Node.Value, register.LastKnownLsn));
        Assert.Null(register.LastLocalLsn);
        Assert.Null(register.ServerNode);
        Assert.False(register.OnlyIfAbsent);
        Assert.Equal(VectorClock.Empty, register.Clock);
        Assert.Equal([new MetadataEntry("device", "mobile")], register.Metadata);
    }

    [Fact]
    public async Task Every_field_of_a_registration_is_read_in_any_order()
    {
        var register = await InboundRead.MessageOf(new RegisterReader(), $$$"""
            {"node_id": "a:b#2", "server_node": "{{{Node}}}", "last_local_lsn": 9007199254740991,
             "metadata": {"z": "", "a": "é\u0041😀"},
             "vector_clock": {"clocks": {"{{{Node}}}": 7, "a:b": 0}}, "last_known_lsn": 5, "client_id": "a:b", "version": 1, "new": [{}],
             "type": "register_client"}
            """);
        Assert.Equal(("a:b", "a:b#2", 5L), (register.Client.Value, register.Node.Value, register.LastKnownLsn));
        Assert.Equal(Limits.SafeIntegerMax, register.LastLocalLsn);
        Assert.Equal(Node, register.ServerNode!.Value.Value);
        Assert.Equal([new ClockEntry(register.ServerNode.Value, 7)], register.Clock.Entries.ToArray());
        Assert.Equal([new MetadataEntry("a", "éA😀"), new MetadataEntry("z", "")], register.Metadata);
    }

    [Fact]
    public async Task Null_is_as_good_as_absent_for_what_is_optional()
    {
        var register = InboundFields.Register.With("vector_clock", "null").With("metadata", "null")
            .With("node_id", "null").With("last_local_lsn", "null").With("server_node", "null");
        var registered = await InboundRead.MessageOf(new RegisterReader(), register.ToString());
        Assert.Empty(registered.Metadata);
        Assert.Equal("my-client-123", registered.Node.Value);

        var pull = InboundFields.Pull.With("max_entries", "null").With("tables", "null").With("exclude_own", "null")
            .With("encoding", "null").With("accept_compressed", "null").With("wait_ms", "null").With("server_node", "null");
        var pulled = await InboundRead.MessageOf(new PullReader(), pull.ToString());
        var plain = new Pull(pulled.Message, pulled.Client, 0, Limits.PageEntriesMax, null, null, null, false, false, false);
        Assert.Equal(plain, pulled);
    }

    [Theory]
    [InlineData("type", "\"push_changes\"")]
    [InlineData("version", "\"1\"")]
    [InlineData("version", "1.0")]
    [InlineData("version", "null")]
    [InlineData("client_id", "\"a/b\"")]
    [InlineData("last_known_lsn", "-1")]
    [InlineData("last_known_lsn", "9007199254740992")]
    [InlineData("last_known_lsn", "null")]
    [InlineData("vector_clock", "{\"a\":1,\"a\":1}")]
    [InlineData("metadata", "[]")]
    [InlineData("metadata", "5")]
    [InlineData("metadata", "{\"a\":1}")]
    [InlineData("metadata", "{\"a\":null}")]
    [InlineData("metadata", "{\"a\":\"1\",\"a\":\"1\"}")]
    [InlineData("metadata", "{\"\":\"1\"}")]
    [InlineData("metadata", "{\"a\\u0000\":\"1\"}")]
    [InlineData("metadata", "{\"a\":\"\\u001b[31m\"}")]
    [InlineData("metadata", "{\"a\":\"x\\r\\ny\"}")]
    [InlineData("metadata", "{\"a\":\"\\u0085\"}")]
    [InlineData("node_id", "\"other\"")]
    [InlineData("node_id", "\"my-client-123#\"")]
    [InlineData("node_id", "\"my-client-1234\"")]
    [InlineData("node_id", "\"my-client-12#3\"")]
    [InlineData("node_id", "\"\"")]
    [InlineData("node_id", "5")]
    [InlineData("last_local_lsn", "-1")]
    [InlineData("server_node", "\"a b\"")]
    public async Task A_field_of_a_registration_that_is_none_is_refused_by_name(string field, string value) =>
        await AssertRefused(new RegisterReader(), InboundFields.Register.With(field, value), ErrorCode.InvalidMessage, field);

    [Fact]
    public async Task The_longest_client_and_node_are_read_and_longer_ones_refused()
    {
        var client = new string('c', Limits.ClientIdCharsMax);
        var node = $"{client}#{new string('s', Limits.NodeSuffixCharsMax)}";
        var register = InboundFields.Register.With("client_id", $"\"{client}\"").With("node_id", $"\"{node}\"")
            .With("server_node", $"\"{node}\"");
        var registered = await InboundRead.MessageOf(new RegisterReader(), register.ToString());
        Assert.Equal((client, node, node), (registered.Client.Value, registered.Node.Value, registered.ServerNode!.Value.Value));
        foreach (var (field, value) in new[] { ("server_node", $"{node}s"), ("node_id", $"{node}s"), ("client_id", $"{client}c") })
        {
            await AssertRefused(new RegisterReader(), register.With(field, $"\"{value}\""), ErrorCode.InvalidMessage, field);
            register.With(field, $"\"{value[..^1]}\"");
        }
    }

    /// <summary>Every byte at every place of one.</summary>
    [Fact]
    public async Task A_uuid_is_read_just_where_it_has_the_form_of_one()
    {
        const string Good = "550e8400-E29B-41d4-a716-446655440000";
        for (var i = 0; i < Good.Length * 256; i++)
        {
            var text = $"{Good[..(i / 256)]}{(char)(i % 256)}{Good[((i / 256) + 1)..]}";
            var body = Encoding.Latin1.GetBytes(InboundFields.Pull.With("message_id", $"\"{text}\"").ToString());
            var refusal = await InboundRead.OutcomeOf(new PullReader(), new InboundPieces(body));
            Assert.True(Regex.IsMatch(text, InboundReference.UuidPattern) == refusal is null, $"{text}: {refusal}");
        }
    }

    [Theory]
    [InlineData("2")]
    [InlineData("0")]
    [InlineData("9007199254740991")]
    public async Task Another_version_of_the_protocol_is_refused_as_that(string version) => await AssertRefused(
        new RegisterReader(), InboundFields.Register.With("version", version), ErrorCode.UnsupportedVersion, "version");

    [Fact]
    public async Task Metadata_are_read_at_their_limits_and_refused_above_them()
    {
        static string Entries(int count, int nameChars, int valueChars) => "{" + string.Join(',', Enumerable.Range(0, count).Select(
            i => $"\"{i.ToString().PadLeft(nameChars, 'é')}\":\"{new string('é', valueChars)}\"")) + "}";
        var whole = InboundFields.Register.With("metadata", Entries(32, 64, 512));
        Assert.Equal(32, (await InboundRead.MessageOf(new RegisterReader(), whole.ToString())).Metadata.Count);
        foreach (var entries in new[] { Entries(33, 2, 1), Entries(1, 65, 1), Entries(1, 1, 513), Entries(1, 1, 1_000_000) })
        {
            await AssertRefused(new RegisterReader(), whole.With("metadata", entries), ErrorCode.InvalidMessage, "metadata");
        }
    }

    /// <summary>A character of one UTF-16 code unit takes up to three bytes.</summary>
    [Fact]
    public async Task The_longest_metadata_of_the_widest_characters_are_read_whole()
    {
        var entry = new MetadataEntry(new string('€', Limits.MetadataNameCharsMax), new string('€', Limits.MetadataValueCharsMax));
        var register = InboundFields.Register.With("metadata", $"{{\"{entry.Name}\":\"{entry.Value}\"}}");
        Assert.Equal([entry], (await InboundRead.MessageOf(new RegisterReader(), register.ToString())).Metadata);
    }

    [Fact]
    public async Task The_quick_starts_pull_is_read()
    {
        var pull = await InboundRead.MessageOf(new PullReader(), InboundFields.Pull.ToString());
        Assert.Equal(
            new Pull(Guid.Parse("550e8400-e29b-41d4-a716-446655440000"), pull.Client, 0, 100, null, null, null, false, false, false), pull);
        Assert.Equal("my-client-123", pull.Client.Value);
    }

    [Fact]
    public async Task Every_field_of_a_pull_is_read_and_its_tables_are_sorted_and_told_once()
    {
        var pull = await InboundRead.MessageOf(new PullReader(), $$"""
            {"wait_ms": 60000, "accept_compressed": true, "encoding": "base64", "exclude_own": true, "tables": ["b", "a", "B", "a"],
             "server_node": "{{Node}}", "continuation_token": "AbC-_", "max_entries": 1001, "since_lsn": 9007199254740991,
             "client_id": "c", "message_id": "550E8400-E29B-41D4-A716-446655440000", "type": "pull_request"}
            """);
        Assert.Equal((Limits.SafeIntegerMax, 1_000, "AbC-_"), (pull.SinceLsn, pull.MaxEntries, pull.ContinuationToken));
        Assert.Equal(["B", "a", "b"], pull.Tables);
        Assert.True(pull is { ExcludeOwn: true, Base64: true, AcceptCompressed: true, WaitMillis: 60_000 });
        Assert.Equal(Node, pull.ServerNode!.Value.Value);
    }

    [Theory]
    [InlineData("type", "\"pull_changes\"")]
    [InlineData("message_id", "\"x\"")]
    [InlineData("message_id", "null")]
    [InlineData("client_id", "null")]
    [InlineData("since_lsn", "null")]
    [InlineData("since_lsn", "-1")]
    [InlineData("since_lsn", "1.5")]
    [InlineData("max_entries", "0")]
    [InlineData("max_entries", "-5")]
    [InlineData("max_entries", "\"10\"")]
    [InlineData("max_entries", "9007199254740992")]
    [InlineData("continuation_token", "5")]
    [InlineData("tables", "[]")]
    [InlineData("tables", "\"a\"")]
    [InlineData("tables", "[\"a\", 5]")]
    [InlineData("tables", "[\"a\", null]")]
    [InlineData("tables", "[\"a b\"]")]
    [InlineData("tables", "[\"\"]")]
    [InlineData("tables", "[[\"a\"]]")]
    [InlineData("exclude_own", "1")]
    [InlineData("encoding", "\"hex\"")]
    [InlineData("encoding", "\"Base64\"")]
    [InlineData("accept_compressed", "\"true\"")]
    [InlineData("wait_ms", "60001")]
    [InlineData("wait_ms", "-1")]
    [InlineData("wait_ms", "\"1\"")]
    [InlineData("server_node", "[]")]
    public async Task A_field_of_a_pull_that_is_none_is_refused_by_name(string field, string value) =>
        await AssertRefused(new PullReader(), InboundFields.Pull.With(field, value), ErrorCode.InvalidMessage, field);

    [Fact]
    public async Task A_pull_names_up_to_64_tables()
    {
        static string Names(int count) => "[" + string.Join(',', Enumerable.Range(0, count).Select(static i => $"\"t{i % 60}\"")) + "]";
        var pull = await InboundRead.MessageOf(new PullReader(), InboundFields.Pull.With("tables", Names(64)).ToString());
        Assert.Equal(60, pull.Tables!.Count);
        await AssertRefused(new PullReader(), InboundFields.Pull.With("tables", Names(65)), ErrorCode.InvalidMessage, "tables");
    }

    [Fact]
    public async Task A_token_longer_than_any_of_ours_is_refused_unread() => await AssertRefused(
        new PullReader(),
        InboundFields.Pull.With("continuation_token", $"\"{new string('A', 1_000_000)}\""),
        ErrorCode.InvalidContinuationToken,
        "continuation_token");

    [Fact]
    public async Task The_quick_starts_heartbeat_is_read()
    {
        var heartbeat = await InboundRead.MessageOf(new HeartbeatReader(), InboundFields.Heartbeat.ToString());
        Assert.Equal(("my-client-123", 10L), (heartbeat.Client.Value, heartbeat.CurrentLsn));
    }

    [Theory]
    [InlineData("type", "\"beat\"")]
    [InlineData("client_id", "\"\"")]
    [InlineData("timestamp", "null")]
    [InlineData("timestamp", "\"2025-11-24T10:30:00Z\"")]
    [InlineData("timestamp", "-1")]
    [InlineData("timestamp", "1.7e12")]
    [InlineData("current_lsn", "null")]
    [InlineData("current_lsn", "9007199254740992")]
    public async Task A_field_of_a_heartbeat_that_is_none_is_refused_by_name(string field, string value) =>
        await AssertRefused(new HeartbeatReader(), InboundFields.Heartbeat.With(field, value), ErrorCode.InvalidMessage, field);

    [Theory]
    [InlineData("{}")]
    [InlineData("}")]
    [InlineData("x")]
    [InlineData("\0")]
    public async Task Anything_behind_a_message_is_refused(string behind)
    {
        byte[] Behind(InboundFields message) => System.Text.Encoding.UTF8.GetBytes($"{message}{behind}");
        Refusal[] refusals =
        [
            await InboundRead.RefusalOf(new RegisterReader(), Behind(InboundFields.Register)),
            await InboundRead.RefusalOf(new PullReader(), Behind(InboundFields.Pull)),
            await InboundRead.RefusalOf(new HeartbeatReader(), Behind(InboundFields.Heartbeat)),
        ];
        Assert.All(refusals, static r => Assert.Equal(ErrorCode.InvalidJson, r.Code));
    }

    [Theory]
    [InlineData("type", "5")]
    [InlineData("message_id", "5")]
    [InlineData("max_entries", "0")]
    [InlineData("continuation_token", "5")]
    [InlineData("tables", "[5]")]
    [InlineData("encoding", "5")]
    [InlineData("encoding", "\"hex\"")]
    public async Task What_stands_behind_the_first_fault_of_a_pull_changes_nothing(string field, string value) =>
        await AssertStands(new PullReader(), field, value);

    [Theory]
    [InlineData("version", "2")]
    [InlineData("vector_clock", "5")]
    [InlineData("metadata", "{\"a\":5}")]
    [InlineData("metadata", "{\"a\":\"\\ud800\"}")]
    public async Task What_stands_behind_the_first_fault_of_a_registration_changes_nothing(string field, string value) =>
        await AssertStands(new RegisterReader(), field, value);

    [Fact]
    public async Task Every_required_field_is_named_where_it_is_missing()
    {
        foreach (var field in new[] { "type", "version", "client_id", "last_known_lsn" })
        {
            await AssertRefused(new RegisterReader(), InboundFields.Register.Without(field), ErrorCode.InvalidMessage, field);
        }

        foreach (var field in new[] { "type", "message_id", "client_id", "since_lsn" })
        {
            await AssertRefused(new PullReader(), InboundFields.Pull.Without(field), ErrorCode.InvalidMessage, field);
        }

        foreach (var field in new[] { "type", "client_id", "timestamp", "current_lsn" })
        {
            await AssertRefused(new HeartbeatReader(), InboundFields.Heartbeat.Without(field), ErrorCode.InvalidMessage, field);
        }
    }

    /// <summary>Asserts that a body that begins with this field is refused alike, whether or not JSON follows.</summary>
    private static async Task AssertStands<T>(MessageReader<T> reader, string field, string value)
        where T : class
    {
        var refusal = await InboundRead.RefusalOf(reader, System.Text.Encoding.UTF8.GetBytes($"{{\"{field}\":{value} }}"));
        Assert.Equal(refusal, await InboundRead.RefusalOf(reader, System.Text.Encoding.UTF8.GetBytes($"{{\"{field}\":{value} !")));
    }

    private static async Task AssertRefused<T>(MessageReader<T> reader, InboundFields body, ErrorCode code, string details)
        where T : class
    {
        var refusal = await InboundRead.RefusalOf(reader, body.Bytes);
        Assert.Equal((code, details), (refusal.Code, refusal.Details));
    }
}
