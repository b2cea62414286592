using System.Buffers;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>Writes what a compaction did, or would do (docs/protocol.md 6.8).</summary>
public static class CompactionWriter
{
    /// <summary>Writes the answer.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="dryRun">Whether nothing was changed.</param>
    /// <param name="horizonLsn">The horizon; 0 where nothing is old enough.</param>
    /// <param name="headLsn">The head.</param>
    /// <param name="figures">What was found up to the horizon.</param>
    /// <param name="lagging">Clients whose position is below the horizon or unknown.</param>
    /// <param name="hasMoreLagging">Whether there are others.</param>
    public static void Write(
        IBufferWriter<byte> to,
        bool dryRun,
        long horizonLsn,
        long headLsn,
        CompactionFigures figures,
        IReadOnlyList<FleetMember> lagging,
        bool hasMoreLagging)
    {
        ArgumentNullException.ThrowIfNull(figures);
        ArgumentNullException.ThrowIfNull(lagging);
        using var json = Json.Begin(to);
        json.WriteStartObject();
        json.WriteBoolean("success"u8, true);
        json.WriteBoolean("dry_run"u8, dryRun);
        json.WriteNumber("horizon_lsn"u8, horizonLsn);
        json.WriteNumber("head_lsn"u8, headLsn);
        json.WriteNumber("changes"u8, figures.Changes);
        json.WriteNumber("changes_removed"u8, figures.ChangesRemoved);
        json.WriteNumber("events"u8, figures.Events);
        json.WriteNumber("events_removed"u8, figures.EventsRemoved);
        json.WriteNumber("events_rewritten"u8, figures.EventsRewritten);
        json.WriteNumber("bytes"u8, figures.Bytes);
        json.WriteNumber("bytes_removed"u8, figures.BytesRemoved);
        json.WriteStartArray("tables"u8);
        foreach (var (name, table) in figures.Tables.OrderBy(static t => t.Key, StringComparer.Ordinal))
        {
            json.WriteStartObject();
            json.WriteString("table"u8, name);
            json.WriteNumber("changes"u8, table.Changes);
            json.WriteNumber("changes_removed"u8, table.Removed);
            json.WriteNumber("bytes_removed"u8, table.RemovedBytes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("lagging_clients"u8);
        foreach (var member in lagging)
        {
            json.WriteStartObject();
            json.WriteString("client_id"u8, member.Client.Value);
            if (member.Position is { } position)
            {
                json.WriteNumber("position"u8, position);
            }
            else
            {
                json.WriteNull("position"u8);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteBoolean("has_more_lagging_clients"u8, hasMoreLagging);
        json.WriteEndObject();
    }
}
