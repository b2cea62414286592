using System.Buffers;
using System.Text.Json;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>Writes the answers to whoever administers a tenant's clients (docs/protocol.md 6.6).</summary>
public static class FleetWriter
{
    /// <summary>Writes a page of clients.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="members">The clients.</param>
    /// <param name="live">Which of them are live.</param>
    /// <param name="hasMore">Whether there are others behind them.</param>
    /// <param name="registeredClients">How many clients the tenant has.</param>
    /// <param name="headLsn">The head.</param>
    /// <param name="serverNode">The journal's own node; null where there is none yet.</param>
    /// <param name="atMicros">When this was so: microseconds since the Unix epoch.</param>
    public static void Write(
        IBufferWriter<byte> to,
        IReadOnlyList<FleetMember> members,
        IReadOnlySet<ClientId> live,
        bool hasMore,
        int registeredClients,
        long headLsn,
        Guid? serverNode,
        long atMicros)
    {
        ArgumentNullException.ThrowIfNull(members);
        ArgumentNullException.ThrowIfNull(live);
        using var json = Json.Begin(to);
        json.WriteStartObject();
        json.WriteStartArray("clients"u8);
        foreach (var member in members)
        {
            Write(json, member, live.Contains(member.Client), headLsn, atMicros);
        }

        json.WriteEndArray();
        json.WriteBoolean("has_more"u8, hasMore);
        json.WriteString("next_after"u8, hasMore ? members[^1].Client.Value : null);
        json.WriteNumber("registered_clients"u8, registeredClients);
        json.WriteNumber("head_lsn"u8, headLsn);
        Json.WriteServerNode(json, serverNode);
        WriteTime(json, "as_of"u8, atMicros);
        json.WriteEndObject();
    }

    /// <summary>Writes that a client was forgotten.</summary>
    public static void WriteForgotten(IBufferWriter<byte> to, ClientId client)
    {
        using var json = Json.Begin(to);
        json.WriteStartObject();
        json.WriteBoolean("success"u8, true);
        json.WriteString("client_id"u8, client.Value);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, FleetMember member, bool live, long headLsn, long atMicros)
    {
        json.WriteStartObject();
        json.WriteString("client_id"u8, member.Client.Value);
        json.WriteString("node"u8, member.Node.Value);
        json.WriteStartObject("metadata"u8);
        foreach (var entry in member.Metadata)
        {
            json.WriteString(entry.Name, entry.Value);
        }

        json.WriteEndObject();
        WriteTime(json, "registered_at"u8, member.RegisteredMicros);
        WriteTime(json, "last_seen"u8, member.SeenMicros);
        json.WriteBoolean("live"u8, live);
        WriteNumber(json, "position"u8, member.Position);
        WriteNumber(json, "changes_behind"u8, headLsn - member.Position);
        WriteNumber(json, "unacknowledged_ms"u8, UnacknowledgedMillis(member, headLsn, atMicros));
        json.WriteNumber("conflicts"u8, member.Conflicts);
        json.WriteEndObject();
    }

    /// <summary>0 for a client that is not behind, null where it is not known.</summary>
    private static long? UnacknowledgedMillis(FleetMember member, long headLsn, long atMicros) =>
        member.Position == headLsn ? 0
        : member.BehindSinceMicros is { } since ? Math.Max(0, atMicros - since) / 1_000
        : null;

    private static void WriteNumber(Utf8JsonWriter json, ReadOnlySpan<byte> name, long? number)
    {
        if (number is { } known)
        {
            json.WriteNumber(name, known);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static void WriteTime(Utf8JsonWriter json, ReadOnlySpan<byte> name, long? micros)
    {
        if (micros is not { } known)
        {
            json.WriteNull(name);
            return;
        }

        Span<byte> text = stackalloc byte[Rfc3339.TextBytesMax];
        json.WriteString(name, text[..Rfc3339.Format(known, text)]);
    }
}
