using System.Text.Json;
using HeliosSync.Codec;
using HeliosSync.Domain;
using HeliosSync.Property.Codec;

namespace HeliosSync.Fuzz.Codec;

/// <summary>
/// The body of a message without changes: the same in any cut, taken just where a document-tree reference takes it, with the document
/// tree's values; and what was taken is the same when it is written plainly and read again.
/// </summary>
internal abstract class MessageTarget<T> : FuzzTarget
    where T : class
{
    public override int InputBytesMax => 2_048;

    public override IReadOnlyList<byte[]> Tokens => Bodies.JsonTokens;

    public override bool Run(byte[] input)
    {
        var (message, refusal) = Bodies.Read(input, Begin);
        Bodies.Agree(InboundReference.Judge(input, IsMessage), refusal);
        if (message is null)
        {
            return false;
        }

        var plain = JsonSerializer.SerializeToUtf8Bytes(Plain(message));
        var (again, why) = Bodies.Read(plain, Begin);
        Oracle.Holds(again is not null, $"what was taken is taken again: {why}");
        Oracle.Holds(JsonSerializer.SerializeToUtf8Bytes(Plain(again!)).AsSpan().SequenceEqual(plain), "it is the same when read again");
        SameScalars(input, plain);
        return true;
    }

    protected abstract MessageParser<T> Begin();

    protected abstract bool IsMessage(JsonElement root);

    /// <summary>The message in its fields; null where a field is absent.</summary>
    protected abstract Dictionary<string, object?> Plain(T message);

    /// <summary>The values that the body's own tree has are those that were read.</summary>
    private static void SameScalars(byte[] body, byte[] plain)
    {
        using var original = JsonDocument.Parse(body);
        using var read = JsonDocument.Parse(plain);
        foreach (var field in read.RootElement.EnumerateObject())
        {
            if (!original.RootElement.TryGetProperty(field.Name, out var value) || value.ValueKind == JsonValueKind.Null)
            {
                continue;
            }

            // A clock has a target of its own; the time of a heartbeat is checked and not kept.
            if (field.Name is "vector_clock" or "timestamp" || field.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Array)
            {
                continue;
            }

            var isClamped = field.Name == "max_entries" && value.GetInt64() > Limits.PageEntriesMax;
            Oracle.Holds(
                isClamped || string.Equals(value.ToString(), field.Value.ToString(), field.Name == "message_id"
                    ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal),
                $"{field.Name} is {value}, read as {field.Value}");
        }
    }
}

/// <summary>The body of a pull.</summary>
internal sealed class PullTarget : MessageTarget<Pull>
{
    private static readonly string[] Fields =
    [
        "type", "message_id", "client_id", "since_lsn",
        "max_entries", "continuation_token", "server_node", "tables", "exclude_own", "encoding", "accept_compressed", "wait_ms",
    ];

    public override string Name => "pull";

    public override int Share => 3;

    public override IEnumerable<byte[]> Seeds() =>
    [
        InboundFields.Pull.Bytes,
        InboundFields.Pull.With("tables", "[\"b\",\"a\",\"b\"]").With("exclude_own", "true").With("encoding", "\"base64\"").Bytes,
        InboundFields.Pull.With("accept_compressed", "true").With("wait_ms", "60000").With("server_node", "\"a#1\"")
            .Without("max_entries").Bytes,
        InboundFields.Pull.With("continuation_token", "\"\\u0041\u00e9\"").With("max_entries", "5000")
            .With("since_lsn", "9007199254740991").Bytes,
        InboundFields.Pull.With("tables", Tables(Limits.FilterTablesMax)).Bytes,
        InboundFields.Pull.With("tables", Tables(Limits.FilterTablesMax + 1)).Bytes,
    ];

    protected override MessageParser<Pull> Begin() => new PullParser();

    protected override bool IsMessage(JsonElement root) =>
        InboundReference.TryFields(root, Fields, 4, out var f)
        && InboundReference.IsText(f["type"], "^pull_request\\z")
        && InboundReference.IsText(f["message_id"], InboundReference.UuidPattern)
        && InboundReference.IsText(f["client_id"], InboundReference.ClientPattern)
        && InboundReference.IsInteger(f["since_lsn"], 0, Limits.SafeIntegerMax)
        && (!f.TryGetValue("max_entries", out var entries) || InboundReference.IsInteger(entries, 1, Limits.SafeIntegerMax))
        && (!f.TryGetValue("continuation_token", out var token) || (token.ValueKind == JsonValueKind.String
            && System.Text.Encoding.UTF8.GetByteCount(token.GetString()!) <= Limits.ContinuationTokenBytesMax))
        && (!f.TryGetValue("server_node", out var node) || InboundReference.IsText(node, InboundReference.NodePattern))
        && (!f.TryGetValue("tables", out var tables) || (tables.ValueKind == JsonValueKind.Array
            && tables.GetArrayLength() is >= 1 and <= Limits.FilterTablesMax
            && tables.EnumerateArray().All(static t => InboundReference.IsText(t, InboundReference.TablePattern))))
        && (!f.TryGetValue("exclude_own", out var own) || own.ValueKind is JsonValueKind.True or JsonValueKind.False)
        && (!f.TryGetValue("encoding", out var encoding) || InboundReference.IsText(encoding, "^(bytes|base64)\\z"))
        && (!f.TryGetValue("accept_compressed", out var compressed) || compressed.ValueKind is JsonValueKind.True or JsonValueKind.False)
        && (!f.TryGetValue("wait_ms", out var wait) || InboundReference.IsInteger(wait, 0, Limits.PullWaitMillisMax));

    protected override Dictionary<string, object?> Plain(Pull message) => new()
    {
        ["type"] = "pull_request",
        ["message_id"] = message.Message,
        ["client_id"] = message.Client.Value,
        ["since_lsn"] = message.SinceLsn,
        ["max_entries"] = message.MaxEntries,
        ["continuation_token"] = message.ContinuationToken,
        ["server_node"] = message.ServerNode?.Value,
        ["tables"] = message.Tables,
        ["exclude_own"] = message.ExcludeOwn,
        ["encoding"] = message.Base64 ? "base64" : "bytes",
        ["accept_compressed"] = message.AcceptCompressed,
    };

    private static string Tables(int count) => "[" + string.Join(',', Enumerable.Range(0, count).Select(static i => $"\"t{i}\"")) + "]";
}

/// <summary>The body of a registration.</summary>
internal sealed class RegisterTarget : MessageTarget<Register>
{
    private static readonly string[] Fields =
    [
        "type", "version", "client_id", "last_known_lsn", "vector_clock", "metadata", "node_id", "last_local_lsn", "server_node",
    ];

    public override string Name => "register";

    public override int Share => 3;

    public override IEnumerable<byte[]> Seeds() =>
    [
        InboundFields.Register.Bytes,
        InboundFields.Register.With("node_id", "\"my-client-123#2\"").With("last_local_lsn", "7").With("server_node", "\"x\"").Bytes,
        InboundFields.Register.With("vector_clock", "{\"clocks\":{\"a\":1,\"b\":0}}")
            .With("metadata", "{\"b\":\"\u00e9\",\"a\":\"\"}").Bytes,
        InboundFields.Register.With("metadata", "{" + string.Join(',', MostMetadata) + "}").Bytes,
    ];

    private static IEnumerable<string> MostMetadata => Enumerable.Range(0, Limits.MetadataEntriesMax).Select(static i => $"\"n{i}\":\"v\"");

    protected override MessageParser<Register> Begin() => new RegisterParser();

    protected override bool IsMessage(JsonElement root) =>
        InboundReference.TryFields(root, Fields, 4, out var f)
        && InboundReference.IsText(f["type"], "^register_client\\z")
        && InboundReference.IsInteger(f["version"], 1, 1)
        && InboundReference.IsText(f["client_id"], InboundReference.ClientPattern)
        && InboundReference.IsInteger(f["last_known_lsn"], 0, Limits.SafeIntegerMax)
        && (!f.TryGetValue("vector_clock", out var clock) || InboundReference.IsClock(clock))
        && (!f.TryGetValue("metadata", out var metadata) || IsMetadata(metadata))
        && (!f.TryGetValue("node_id", out var node) || (InboundReference.IsText(node, InboundReference.NodePattern)
            && node.GetString()!.Split('#')[0] == f["client_id"].GetString()))
        && (!f.TryGetValue("last_local_lsn", out var local) || InboundReference.IsInteger(local, 0, Limits.SafeIntegerMax))
        && (!f.TryGetValue("server_node", out var server) || InboundReference.IsText(server, InboundReference.NodePattern));

    protected override Dictionary<string, object?> Plain(Register message) => new()
    {
        ["type"] = "register_client",
        ["version"] = 1,
        ["client_id"] = message.Client.Value,
        ["last_known_lsn"] = message.LastKnownLsn,
        ["vector_clock"] = JsonClocks.Entries(message.Clock),
        ["metadata"] = message.Metadata.ToDictionary(static e => e.Name, static e => e.Value),
        ["node_id"] = message.Node.Value,
        ["last_local_lsn"] = message.LastLocalLsn,
        ["server_node"] = message.ServerNode?.Value,
    };

    private static bool IsMetadata(JsonElement metadata) =>
        metadata.ValueKind == JsonValueKind.Object
        && metadata.EnumerateObject().Count() <= Limits.MetadataEntriesMax
        && metadata.EnumerateObject().Select(static e => e.Name).Distinct().Count() == metadata.EnumerateObject().Count()
        && metadata.EnumerateObject().All(static e =>
            e.Name.Length is >= 1 and <= Limits.MetadataNameCharsMax && !e.Name.Any(char.IsControl)
            && e.Value.ValueKind == JsonValueKind.String
            && e.Value.GetString()!.Length <= Limits.MetadataValueCharsMax && !e.Value.GetString()!.Any(char.IsControl));
}

/// <summary>The body of a heartbeat.</summary>
internal sealed class HeartbeatTarget : MessageTarget<Heartbeat>
{
    private static readonly string[] Fields = ["type", "client_id", "timestamp", "current_lsn"];

    public override string Name => "heartbeat";

    public override IEnumerable<byte[]> Seeds() =>
    [
        InboundFields.Heartbeat.Bytes,
        InboundFields.Heartbeat.With("current_lsn", "9007199254740991").With("x", "[{\"type\":null}]").Bytes,
        InboundFields.Heartbeat.With("current_lsn", "null").Also("current_lsn", "1").Bytes,
    ];

    protected override MessageParser<Heartbeat> Begin() => new HeartbeatParser();

    protected override bool IsMessage(JsonElement root) =>
        InboundReference.TryFields(root, Fields, 4, out var f)
        && InboundReference.IsText(f["type"], "^heartbeat\\z")
        && InboundReference.IsText(f["client_id"], InboundReference.ClientPattern)
        && InboundReference.IsInteger(f["timestamp"], 0, Limits.SafeIntegerMax)
        && InboundReference.IsInteger(f["current_lsn"], 0, Limits.SafeIntegerMax);

    protected override Dictionary<string, object?> Plain(Heartbeat message) => new()
    {
        ["type"] = "heartbeat",
        ["client_id"] = message.Client.Value,
        ["timestamp"] = 0,
        ["current_lsn"] = message.CurrentLsn,
    };
}
