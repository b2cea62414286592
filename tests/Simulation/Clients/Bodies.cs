using System.Buffers;
using System.Text.Json;

namespace HeliosSync.Simulation;

/// <summary>Writes the requests' JSON, as a client of some other make would.</summary>
internal static class Bodies
{
    public static byte[] Register(string client, State state, Traits traits, bool tellsLocalLsn, long lastKnown)
    {
        using var body = new Body();
        body.Json.WriteString("type", "register_client");
        body.Json.WriteNumber("version", 1);
        body.Json.WriteString("client_id", client);
        body.Json.WriteNumber("last_known_lsn", lastKnown);
        if (state.Node != client)
        {
            body.Json.WriteString("node_id", state.Node);
        }

        if (tellsLocalLsn)
        {
            body.Json.WriteNumber("last_local_lsn", state.LocalLsn);
        }

        body.ServerNode(traits.NamesServerNode ? state.ServerNode : null);
        return body.End();
    }

    public static byte[] Pull(string client, Guid message, State state, Traits traits, long since, string? token)
    {
        using var body = new Body();
        body.Json.WriteString("type", "pull_request");
        body.Json.WriteString("message_id", message);
        body.Json.WriteString("client_id", client);
        body.Json.WriteNumber("since_lsn", since);
        body.Json.WriteNumber("max_entries", traits.PageEntries);
        body.Json.WriteString("continuation_token", token);
        body.ServerNode(traits.NamesServerNode ? state.ServerNode : null);
        if (traits.Filter is { } table)
        {
            body.Json.WriteStartArray("tables");
            body.Json.WriteStringValue(table);
            body.Json.WriteEndArray();
        }

        body.Json.WriteBoolean("exclude_own", traits.ExcludesOwn);
        body.Json.WriteString("encoding", traits.Base64 ? "base64" : "bytes");
        body.Json.WriteBoolean("accept_compressed", traits.AcceptsCompressed);
        return body.End();
    }

    public static byte[] Push(string client, Guid message, State state, Traits traits, Clock clock, IReadOnlyList<Edit> edits, bool atomic)
    {
        using var body = new Body();
        body.Json.WriteString("type", "push_changes");
        body.Json.WriteString("message_id", message);
        body.Json.WriteString("client_id", client);
        body.Clock(clock);
        body.ServerNode(traits.NamesServerNode ? state.ServerNode : null);
        body.Json.WriteBoolean("atomic", atomic);
        body.Json.WriteStartArray("changes");
        foreach (var edit in edits)
        {
            Change(body, edit, traits.Base64);
        }

        body.Json.WriteEndArray();
        return body.End();
    }

    public static byte[] Heartbeat(string client, long timestampMillis, long position)
    {
        using var body = new Body();
        body.Json.WriteString("type", "heartbeat");
        body.Json.WriteString("client_id", client);
        body.Json.WriteNumber("timestamp", timestampMillis);
        body.Json.WriteNumber("current_lsn", position);
        return body.End();
    }

    private static void Change(Body body, Edit edit, bool base64)
    {
        body.Json.WriteStartObject();
        body.Json.WriteNumber("lsn", edit.LocalLsn);
        body.Json.WriteString("table", edit.Row.Table);
        body.Json.WriteString("operation", edit.Operation.ToString());
        body.Bytes("key", [edit.Row.Key], base64);
        body.Bytes("data", edit.Sent, base64);
        body.Clock(edit.Clock);
        if (edit.BaseLsn > 0)
        {
            body.Json.WriteNumber("base_lsn", edit.BaseLsn);
        }

        body.Json.WriteString("timestamp", DateTimeOffset.UnixEpoch.AddMicroseconds(edit.TimestampMicros));
        body.Json.WriteNumber("checksum", edit.Checksum);
        body.Json.WriteBoolean("compressed", edit.Compressed);
        body.Json.WriteEndObject();
    }

    private sealed class Body : IDisposable
    {
        private readonly ArrayBufferWriter<byte> _bytes = new(512);

        public Body()
        {
            Json = new Utf8JsonWriter(_bytes);
            Json.WriteStartObject();
        }

        public Utf8JsonWriter Json { get; }

        public void ServerNode(string? node)
        {
            if (node is not null)
            {
                Json.WriteString("server_node", node);
            }
        }

        public void Clock(Clock clock)
        {
            Json.WriteStartObject("vector_clock");
            foreach (var (node, value) in clock.Entries)
            {
                Json.WriteNumber(node, value);
            }

            Json.WriteEndObject();
        }

        public void Bytes(string name, ReadOnlySpan<byte> bytes, bool base64)
        {
            if (base64)
            {
                Json.WriteBase64String(name, bytes);
                return;
            }

            Json.WriteStartArray(name);
            foreach (var b in bytes)
            {
                Json.WriteNumberValue(b);
            }

            Json.WriteEndArray();
        }

        public byte[] End()
        {
            Json.WriteEndObject();
            Json.Flush();
            return _bytes.WrittenSpan.ToArray();
        }

        public void Dispose() => Json.Dispose();
    }
}
