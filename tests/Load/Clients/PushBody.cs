using System.Buffers;
using System.IO.Hashing;
using System.Text;
using System.Text.Json;

namespace HeliosSync.Load.Clients;

/// <summary>A batch that a client sends, under one message id, until it is answered (protocol 4.3).</summary>
/// <param name="FirstLocalLsn">Its changes have the local numbers from here on.</param>
/// <param name="Changes">How many.</param>
/// <param name="Body">The request's body.</param>
internal sealed record Batch(long FirstLocalLsn, int Changes, byte[] Body);

/// <summary>Writes the bodies of pushes.</summary>
internal sealed class PushBody(PushPlan plan)
{
    /// <summary>A client's batch. One call at a time.</summary>
    /// <param name="client">Whose.</param>
    /// <param name="firstLocalLsn">Local number of its first change.</param>
    /// <param name="batchChanges">How many; null: as many as planned.</param>
    public Batch Write(int client, long firstLocalLsn, int? batchChanges = null)
    {
        var changes = batchChanges ?? plan.BatchChanges;
        var name = Rows.ClientOf(client);
        var buffer = new ArrayBufferWriter<byte>(changes * (plan.DataBytes + 200));
        using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true });
        json.WriteStartObject();
        json.WriteString("type", "push_changes");
        json.WriteString("message_id", Guid.NewGuid());
        json.WriteString("client_id", name);
        json.WriteStartArray("changes");
        var now = DateTime.UtcNow;
        for (var i = 0; i < changes; i++)
        {
            WriteChange(json, client, name, firstLocalLsn + i, now);
        }

        json.WriteEndArray();
        json.WriteStartObject("vector_clock");
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        return new Batch(firstLocalLsn, changes, buffer.WrittenSpan.ToArray());
    }

    /// <summary>A batch of one insert of a row that every client writes, each with data of its own.</summary>
    public static Batch SameRow(int client, long localLsn)
    {
        var name = Rows.ClientOf(client);
        var data = Encoding.UTF8.GetBytes(name);
        byte[] content = [.. "same row"u8, .. data];
        return new Batch(localLsn, 1, Encoding.UTF8.GetBytes(
            $$$"""
            {"type":"push_changes","message_id":"{{{Guid.NewGuid()}}}","client_id":"{{{name}}}","vector_clock":{},
            "changes":[{"lsn":{{{localLsn}}},"table":"{{{Rows.Table}}}","operation":"Insert",
            "key":"{{{Convert.ToBase64String("same row"u8)}}}","data":"{{{Convert.ToBase64String(data)}}}",
            "vector_clock":{"{{{name}}}":{{{localLsn}}}},"timestamp":"2026-01-01T00:00:00Z",
            "checksum":{{{Crc32.HashToUInt32(content)}}},"compressed":false}]}
            """));
    }

    private void WriteChange(Utf8JsonWriter json, int client, string name, long localLsn, DateTime now)
    {
        var content = new byte[Rows.KeyBytes + plan.DataBytes];
        var key = content.AsSpan(0, Rows.KeyBytes);
        var data = content.AsSpan(Rows.KeyBytes);
        Rows.Fill(plan, client, localLsn, key, data);
        json.WriteStartObject();
        json.WriteNumber("lsn", localLsn);
        json.WriteString("table", Rows.Table);
        json.WriteString("operation", Rows.OperationOf(plan, localLsn));
        WriteBytes(json, "key", key);
        WriteBytes(json, "data", data);
        json.WriteStartObject("vector_clock");
        json.WriteNumber(name, localLsn);
        json.WriteEndObject();
        json.WriteString("timestamp", now);
        json.WriteNumber("checksum", Crc32.HashToUInt32(content));
        json.WriteBoolean("compressed", false);
        json.WriteEndObject();
    }

    private void WriteBytes(Utf8JsonWriter json, string name, ReadOnlySpan<byte> bytes)
    {
        if (plan.Base64)
        {
            json.WriteBase64String(name, bytes);
            return;
        }

        json.WriteStartArray(name);
        foreach (var b in bytes)
        {
            json.WriteNumberValue(b);
        }

        json.WriteEndArray();
    }
}
