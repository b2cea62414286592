using System.Buffers;
using System.Text.Json;

namespace HeliosSync.Micro;

/// <summary>Bodies of pushes as a client sends them.</summary>
internal static class Bodies
{
    public const string Client = "client-1";

    public static readonly Guid ServerNode = new("6f9619ff-8b86-4d01-b42d-00cf4fc964ff");

    /// <summary>A push of these rows as updates of the version at <paramref name="baseLsn"/>; 0: as inserts.</summary>
    public static byte[] Push(ReadOnlySpan<Row> rows, bool base64, long baseLsn = 0, int message = 1)
    {
        var to = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(to))
        {
            json.WriteStartObject();
            json.WriteString("type", "push_changes");
            json.WriteString("message_id", new Guid(message, 0, 0, new byte[8]));
            json.WriteString("client_id", Client);
            json.WriteStartArray("changes");
            for (var i = 0; i < rows.Length; i++)
            {
                WriteChange(json, rows[i], i + 1, base64, baseLsn);
            }

            json.WriteEndArray();
            WriteClock(json, baseLsn);
            json.WriteEndObject();
        }

        return to.WrittenSpan.ToArray();
    }

    /// <summary>The same bytes in pieces as Kestrel's pipe holds them.</summary>
    public static ReadOnlySequence<byte> InSegments(ReadOnlyMemory<byte> body)
    {
        const int SegmentBytes = 4_096;
        var first = new Segment(body[..Math.Min(SegmentBytes, body.Length)], 0);
        var last = first;
        for (var at = SegmentBytes; at < body.Length; at += SegmentBytes)
        {
            last = last.Append(body.Slice(at, Math.Min(SegmentBytes, body.Length - at)), at);
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private static void WriteChange(Utf8JsonWriter json, Row row, long lsn, bool base64, long baseLsn)
    {
        json.WriteStartObject();
        json.WriteNumber("lsn", lsn);
        json.WriteString("table", Row.Table);
        json.WriteString("operation", baseLsn == 0 ? "Insert" : "Update");
        WriteBytes(json, "key", row.Key, base64);
        WriteBytes(json, "data", row.Data, base64);
        WriteClock(json, baseLsn, lsn);
        json.WriteString("timestamp", "2025-11-24T10:30:00.123456Z");
        json.WriteNumber("checksum", row.Checksum);
        json.WriteEndObject();
    }

    private static void WriteBytes(Utf8JsonWriter json, string name, byte[] bytes, bool base64)
    {
        if (base64)
        {
            json.WriteBase64String(name, bytes);
            return;
        }

        json.WritePropertyName(name);
        json.WriteRawValue($"[{string.Join(',', bytes)}]");
    }

    private static void WriteClock(Utf8JsonWriter json, long serverLsn, long counter = 0)
    {
        json.WriteStartObject("vector_clock");
        if (serverLsn > 0)
        {
            json.WriteNumber(ServerNode.ToString(), serverLsn);
        }

        if (counter > 0)
        {
            json.WriteNumber(Client, counter);
        }

        json.WriteEndObject();
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long before) => (Memory, RunningIndex) = (memory, before);

        public Segment Append(ReadOnlyMemory<byte> memory, long before)
        {
            var next = new Segment(memory, before);
            Next = next;
            return next;
        }
    }
}
