using System.Buffers;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>Writes what a server that is well says of its health (protocol 4.6); one that is not answers with an error.</summary>
public static class HealthWriter
{
    /// <summary>Writes the answer.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="uptimeSeconds">Seconds since the start.</param>
    /// <param name="registeredClients">Durable registrations over all tenants.</param>
    /// <param name="timestampMillis">The server's time: milliseconds since the Unix epoch.</param>
    /// <param name="unsafeSynchronousOff">Whether acknowledged changes may be lost in a power cut: said only where it is so.</param>
    public static void Write(
        IBufferWriter<byte> to, long uptimeSeconds, long registeredClients, long timestampMillis, bool unsafeSynchronousOff)
    {
        using var json = Json.Begin(to);
        json.WriteStartObject();
        json.WriteString("status"u8, "healthy"u8);
        json.WriteNumber("version"u8, Limits.ProtocolVersion);
        json.WriteNumber("uptime_secs"u8, uptimeSeconds);
        json.WriteNumber("registered_clients"u8, registeredClients);
        json.WriteNumber("timestamp"u8, timestampMillis);
        if (unsafeSynchronousOff)
        {
            json.WriteBoolean("unsafe_synchronous_off"u8, true);
        }

        json.WriteEndObject();
    }
}
