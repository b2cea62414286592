using System.Buffers;
using System.Text.Json;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>A conflict of the log with all that the journal has of it (protocol 4.7).</summary>
/// <param name="Entry">The log's entry.</param>
/// <param name="Client">The change that met another version; its LSN is 0 where it was refused.</param>
/// <param name="Server">The version that it met.</param>
/// <param name="Base">The version that the change's author knew, where the journal still has it and it was found.</param>
/// <param name="SettledBy">The node that settled it; null where none did.</param>
public sealed record ConflictReport(
    ConflictEntry Entry, StoredChange Client, ServerChange Server, StoredChange? Base, NodeId? SettledBy);

/// <summary>Writes a page of the conflict log (protocol 4.7). Safe to use from many threads.</summary>
public sealed class ConflictWriter(ZstdFrames zstd)
{
    /// <summary>Writes the page.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="conflicts">Its conflicts, by id.</param>
    /// <param name="hasMore">Whether more follow.</param>
    /// <param name="nextSince">What to ask the next page with.</param>
    /// <param name="serverNode">The journal's own node.</param>
    public void Write(
        IBufferWriter<byte> to, IReadOnlyList<ConflictReport> conflicts, bool hasMore, long nextSince, Guid? serverNode)
    {
        using var json = Json.Begin(to);
        using var changes = new ChangeWriter(json, zstd, serverNode ?? default, default);
        var room = (long)Limits.ReportDataBytesMax;
        json.WriteStartObject();
        json.WriteStartArray("conflicts"u8);
        foreach (var conflict in conflicts)
        {
            Write(json, changes, conflict, ref room);
        }

        json.WriteEndArray();
        json.WriteBoolean("has_more"u8, hasMore);
        json.WriteNumber("next_since"u8, nextSince);
        Json.WriteServerNode(json, serverNode);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ChangeWriter changes, ConflictReport conflict, ref long room)
    {
        var entry = conflict.Entry;
        json.WriteStartObject();
        json.WriteNumber("id"u8, entry.Id);
        json.WriteString("status"u8, entry.State == ConflictState.Open ? "open"u8 : "settled"u8);
        json.WriteString("table"u8, conflict.Client.Table.Span);
        changes.WriteKey(conflict.Client.Key.Span);
        json.WriteString("conflict_type"u8, entry.Type.ToString());
        json.WriteString("policy"u8, ConflictPolicyNames.Of(entry.Policy));
        json.WriteString("resolution"u8, entry.Resolution.ToString());
        WriteTime(json, "at"u8, entry.AtMicros);
        Write(json, changes, "client_change"u8, conflict.Client, ref room);
        Write(json, changes, "server_change"u8, conflict.Server.Change, ref room, conflict.Server.DataOmitted);
        Write(json, changes, "base_change"u8, conflict.Base, ref room);
        WriteSettled(json, conflict);
        json.WriteEndObject();
    }

    private static void WriteSettled(Utf8JsonWriter json, ConflictReport conflict)
    {
        var entry = conflict.Entry;
        if (entry.State == ConflictState.Open)
        {
            json.WriteNull("settled"u8);
            return;
        }

        json.WriteStartObject("settled"u8);
        json.WriteString("how"u8, entry.State.ToString());
        WriteTime(json, "at"u8, entry.SettledMicros);
        json.WriteString("by"u8, conflict.SettledBy?.Value);
        if (entry.SettledLsn > 0)
        {
            json.WriteNumber("lsn"u8, entry.SettledLsn);
        }
        else
        {
            json.WriteNull("lsn"u8);
        }

        json.WriteEndObject();
    }

    /// <summary>A change; its data only as long as the answer has room for it (protocol 5.5).</summary>
    private static void Write(
        Utf8JsonWriter json, ChangeWriter changes, ReadOnlySpan<byte> name, StoredChange? change, ref long room, bool omitted = false)
    {
        json.WritePropertyName(name);
        if (change is not { } stored)
        {
            json.WriteNullValue();
            return;
        }

        omitted |= stored.DataBytes > room;
        room -= omitted ? 0 : stored.DataBytes;
        changes.Write(in stored, withData: !omitted);
    }

    private static void WriteTime(Utf8JsonWriter json, ReadOnlySpan<byte> name, long micros)
    {
        Span<byte> text = stackalloc byte[64];
        json.WriteString(name, text[..Rfc3339.Format(micros, text)]);
    }
}
