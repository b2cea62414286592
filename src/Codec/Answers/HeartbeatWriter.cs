using System.Buffers;

namespace HeliosSync.Codec;

/// <summary>Writes the answer to a heartbeat (protocol 4.4).</summary>
public static class HeartbeatWriter
{
    /// <summary>Writes the answer.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="timestampMillis">The server's time: milliseconds since the Unix epoch.</param>
    /// <param name="headLsn">The durable head.</param>
    public static void Write(IBufferWriter<byte> to, long timestampMillis, long headLsn)
    {
        using var json = Json.Begin(to);
        json.WriteStartObject();
        json.WriteBoolean("success"u8, true);
        json.WriteNumber("timestamp"u8, timestampMillis);
        json.WriteNumber("head_lsn"u8, headLsn);
        json.WriteEndObject();
    }
}
