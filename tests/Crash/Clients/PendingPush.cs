using System.Buffers;
using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using HeliosSync.Crash.History;

namespace HeliosSync.Crash.Clients;

/// <summary>A push as it was stored before it was sent: it is repeated in these very bytes.</summary>
/// <param name="What">As the history has it; its call number is that of no sending.</param>
/// <param name="Body">The request's body.</param>
internal sealed record PendingPush(PushSent What, byte[] Body)
{
    /// <summary>The endpoint that it is sent to: as a push, or to settle a conflict (protocol 10.3).</summary>
    public string Path => What.Settles is { } conflict ? ConflictPage.Resolve(conflict) : "push";
}

/// <summary>What a client knew of a row when it made a change (protocol 5.3); both may be missing.</summary>
internal readonly record struct Context(long? BaseLsn, long? Counter);

/// <summary>Writes bodies of requests.</summary>
internal static class Bodies
{
    private const string Timestamp = "2026-01-01T00:00:00Z";

    public static byte[] Register(string client, long lastKnown) => Write(json =>
    {
        json.WriteString("type", "register_client");
        json.WriteNumber("version", 1);
        json.WriteString("client_id", client);
        json.WriteNumber("last_known_lsn", lastKnown);
    });

    public static byte[] Pull(string client, long since, int entries, string? token, string? table, bool excludeOwn) => Write(json =>
    {
        json.WriteString("type", "pull_request");
        json.WriteString("message_id", Guid.NewGuid());
        json.WriteString("client_id", client);
        json.WriteNumber("since_lsn", since);
        json.WriteNumber("max_entries", entries);
        json.WriteString("continuation_token", token);
        json.WriteString("encoding", "base64");
        json.WriteBoolean("exclude_own", excludeOwn);
        if (table is not null)
        {
            json.WriteStartArray("tables");
            json.WriteStringValue(table);
            json.WriteEndArray();
        }
    });

    /// <summary>What stands is kept (protocol 10.3).</summary>
    public static byte[] KeepServer() => Write(json =>
    {
        json.WriteString("resolution", "keep_server");
        json.WriteString("message_id", Guid.NewGuid());
    });

    public static PendingPush Push(PushSent what, IReadOnlyList<Context> contexts, (string Node, long Lsn)? position)
    {
        var body = Write(json =>
        {
            json.WriteString("type", "push_changes");
            json.WriteString("message_id", what.Message);
            json.WriteString("client_id", what.Client);
            json.WriteBoolean("atomic", what.Atomic);
            json.WriteStartArray("changes");
            for (var i = 0; i < what.Changes.Count; i++)
            {
                WriteChange(json, what.Client, what.Changes[i], contexts[i]);
            }

            json.WriteEndArray();
            WriteClock(json, position);
        });
        return new PendingPush(what, body);
    }

    private static void WriteChange(Utf8JsonWriter json, string client, SentChange change, Context context)
    {
        var (key, data) = (Encoding.UTF8.GetBytes(change.Key), Encoding.UTF8.GetBytes(change.Data));
        json.WriteStartObject();
        json.WriteNumber("lsn", change.Lsn);
        json.WriteString("table", change.Table);
        json.WriteString("operation", change.Operation);
        json.WriteBase64String("key", key);
        json.WriteBase64String("data", data);
        WriteClock(json, context.Counter is { } counter ? (client, counter) : null);
        if (context.BaseLsn is { } known)
        {
            json.WriteNumber("base_lsn", known);
        }

        json.WriteString("timestamp", Timestamp);
        json.WriteNumber("checksum", Checksum(key, data));
        json.WriteEndObject();
    }

    /// <summary>CRC-32 over key and data (protocol 5.2).</summary>
    public static uint Checksum(byte[] key, byte[] data) => Crc32.HashToUInt32([.. key, .. data]);

    private static void WriteClock(Utf8JsonWriter json, (string Node, long Value)? entry)
    {
        json.WriteStartObject("vector_clock");
        if (entry is { Value: > 0 } at)
        {
            json.WriteNumber(at.Node, at.Value);
        }

        json.WriteEndObject();
    }

    private static byte[] Write(Action<Utf8JsonWriter> fields)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        fields(json);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
