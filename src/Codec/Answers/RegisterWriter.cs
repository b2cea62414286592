using System.Buffers;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>Writes the answer to a registration (protocol 4.1).</summary>
public static class RegisterWriter
{
    /// <summary>Writes the answer.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="client">Who registered.</param>
    /// <param name="node">The client's current node.</param>
    /// <param name="serverNode">The journal's own node; null where the registration is only held, and no journal is known yet.</param>
    /// <param name="serverLsn">The client's position.</param>
    /// <param name="headLsn">The durable head; 0 where the registration is only held.</param>
    /// <param name="judgedLsn">The highest local number judged from that node.</param>
    /// <param name="judgedCounter">The highest counter judged from that node.</param>
    /// <param name="requestBytesMax">Bytes of a request body that this server takes.</param>
    public static void Write(
        IBufferWriter<byte> to,
        ClientId client,
        NodeId node,
        Guid? serverNode,
        long serverLsn,
        long headLsn,
        long judgedLsn,
        long judgedCounter,
        long requestBytesMax)
    {
        using var json = Json.Begin(to);
        json.WriteStartObject();
        json.WriteBoolean("success"u8, true);
        json.WriteString("client_id"u8, client.Value);
        json.WriteNumber("server_version"u8, Limits.ProtocolVersion);
        json.WriteNumber("server_lsn"u8, serverLsn);
        json.WriteNumber("head_lsn"u8, headLsn);
        Json.WriteServerNode(json, serverNode);
        Json.WriteClock(json, serverNode, serverLsn, node, judgedCounter);
        json.WriteNumber("last_local_lsn"u8, judgedLsn);
        json.WriteStartObject("limits"u8);
        json.WriteNumber("max_batch"u8, Limits.BatchChangesMax);
        json.WriteNumber("max_request_bytes"u8, requestBytesMax);
        json.WriteNumber("max_change_bytes"u8, Limits.DataBytesMax);
        json.WriteNumber("heartbeat_interval_secs"u8, Limits.HeartbeatIntervalSeconds);
        json.WriteNumber("heartbeat_timeout_secs"u8, Limits.HeartbeatTimeoutSeconds);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
