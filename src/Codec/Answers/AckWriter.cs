using System.Buffers;
using System.Text.Json;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>Writes the answer to a judged push out of its event (protocol 4.3, 5.5). Safe to use from many threads.</summary>
public sealed class AckWriter(ZstdFrames zstd)
{
    /// <summary>Writes the acknowledgement of a push that was not refused.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="pushedEvent">Bytes of the event that holds the outcome.</param>
    /// <param name="serverChanges">The versions that its conflicts met, by LSN: all of them.</param>
    /// <param name="serverLsn">The safe position (protocol 5.4).</param>
    /// <param name="headLsn">The durable head.</param>
    /// <param name="serverNode">The journal's own node.</param>
    /// <param name="node">The client's current node.</param>
    /// <param name="judgedCounter">The highest counter judged from that node.</param>
    public void Write(
        IBufferWriter<byte> to,
        ReadOnlyMemory<byte> pushedEvent,
        IReadOnlyDictionary<long, ServerChange> serverChanges,
        long serverLsn,
        long headLsn,
        Guid serverNode,
        NodeId node,
        long judgedCounter)
    {
        var view = new PushedView(pushedEvent);
        using var json = Json.Begin(to);
        json.WriteStartObject();
        json.WriteString("type"u8, "push_ack"u8);
        json.WriteString("request_id"u8, view.Message);
        WriteAccepted(json, in view);
        WriteConflicts(json, in view, serverChanges, serverNode);
        WriteSettled(json, view.Settled());
        json.WriteNumber("server_lsn"u8, serverLsn);
        json.WriteNumber("head_lsn"u8, headLsn);
        Json.WriteClock(json, serverNode, serverLsn, node, judgedCounter);
        json.WriteEndObject();
    }

    /// <summary>Writes the error body of an atomic push that met a conflict: 409 <c>CONFLICT</c> with the reports (protocol 4.3).</summary>
    /// <param name="to">Where to.</param>
    /// <param name="pushedEvent">Bytes of the event that holds the outcome.</param>
    /// <param name="serverChanges">The versions that its conflicts met, by LSN: all of them.</param>
    /// <param name="serverNode">The journal's own node.</param>
    /// <param name="requestId">The request's id, as <c>X-Request-ID</c> has it.</param>
    public void WriteRefused(
        IBufferWriter<byte> to,
        ReadOnlyMemory<byte> pushedEvent,
        IReadOnlyDictionary<long, ServerChange> serverChanges,
        Guid serverNode,
        string requestId)
    {
        var view = new PushedView(pushedEvent);
        var conflicts = 0;
        foreach (var outcome in view.Outcomes())
        {
            conflicts += outcome.Verdict == Verdict.Conflicting ? 1 : 0;
        }

        using var json = Json.Begin(to);
        json.WriteStartObject();
        ErrorWriter.WriteFields(
            json,
            "CONFLICT",
            "The push is atomic and met a conflict: nothing of it was applied.",
            $"{conflicts} of {view.ChangeCount} changes conflict",
            requestId);
        WriteConflicts(json, in view, serverChanges, serverNode);
        json.WriteEndObject();
    }

    private static void WriteAccepted(Utf8JsonWriter json, in PushedView view)
    {
        var superseded = 0;
        json.WriteStartArray("accepted_lsns"u8);
        foreach (var outcome in view.Outcomes())
        {
            if (IsAcknowledged(outcome.Verdict))
            {
                json.WriteNumberValue(outcome.LocalLsn);
                superseded += outcome.Verdict == Verdict.Superseded ? 1 : 0;
            }
        }

        json.WriteEndArray();
        json.WriteStartArray("assigned_lsns"u8);
        foreach (var outcome in view.Outcomes())
        {
            if (IsAcknowledged(outcome.Verdict))
            {
                json.WriteNumberValue(outcome.Lsn);
            }
        }

        json.WriteEndArray();
        if (superseded > 0)
        {
            WriteSuperseded(json, in view);
        }
    }

    private static void WriteSuperseded(Utf8JsonWriter json, in PushedView view)
    {
        json.WriteStartArray("superseded_lsns"u8);
        foreach (var outcome in view.Outcomes())
        {
            if (outcome.Verdict == Verdict.Superseded)
            {
                json.WriteNumberValue(outcome.LocalLsn);
            }
        }

        json.WriteEndArray();
    }

    /// <summary>The conflicts that the push settled, where it settled any (protocol 4.7).</summary>
    private static void WriteSettled(Utf8JsonWriter json, ConflictSettled[]? settled)
    {
        if (settled is null)
        {
            return;
        }

        json.WriteStartArray("settled_conflicts"u8);
        foreach (ref readonly var conflict in settled.AsSpan())
        {
            json.WriteNumberValue(conflict.Id);
        }

        json.WriteEndArray();
    }

    private void WriteConflicts(
        Utf8JsonWriter json, in PushedView view, IReadOnlyDictionary<long, ServerChange> serverChanges, Guid serverNode)
    {
        using var changes = new ChangeWriter(json, zstd, serverNode, default);
        var dataBytes = 0L;
        json.WriteStartArray("conflicts"u8);
        foreach (var outcome in view.Outcomes())
        {
            if (outcome.Conflict == ConflictType.None)
            {
                continue;
            }

            // Many changes of a batch may meet the same version, so what the answer holds is counted here again (protocol 5.5).
            var (change, omitted) = serverChanges[outcome.MetLsn];
            omitted |= dataBytes + change.DataBytes > Limits.ReportDataBytesMax;
            dataBytes += omitted ? 0 : change.DataBytes;
            WriteConflict(json, changes, in outcome, in change, omitted);
        }

        json.WriteEndArray();
    }

    /// <summary>One report (protocol 5.5).</summary>
    private static void WriteConflict(
        Utf8JsonWriter json, ChangeWriter changes, in StoredOutcome outcome, in StoredChange serverChange, bool omitted)
    {
        json.WriteStartObject();
        json.WriteNumber("lsn"u8, outcome.LocalLsn);
        json.WriteString("table"u8, outcome.Table.Span);
        changes.WriteKey(outcome.Key.Span);
        json.WriteString("conflict_type"u8, outcome.Conflict.ToString());
        json.WriteString("description"u8, Describe(in outcome));
        json.WriteString("resolution"u8, outcome.Resolution.ToString());
        json.WritePropertyName("server_change"u8);
        changes.Write(in serverChange, withData: !omitted);
        json.WriteEndObject();
    }

    private static bool IsAcknowledged(Verdict verdict) =>
        verdict is Verdict.Accepted or Verdict.Repeated or Verdict.Superseded or Verdict.Converged;

    private static string Describe(in StoredOutcome outcome) => outcome.Resolution switch
    {
        Resolution.ClientWon =>
            $"The change does not know LSN {outcome.MetLsn} and won over it by the policy {ConflictPolicyNames.Of(outcome.Policy)}.",
        Resolution.ServerWon =>
            $"LSN {outcome.MetLsn}, which this change does not know, stands by the policy {ConflictPolicyNames.Of(outcome.Policy)}.",
        _ => Describe(outcome.Conflict, outcome.MetLsn),
    };

    private static string Describe(ConflictType conflict, long lsn) => conflict switch
    {
        ConflictType.UniqueConstraintViolation =>
            $"The row was made before, at LSN {lsn}: merge both, and push the result with base_lsn {lsn}.",
        ConflictType.ConcurrentUpdate =>
            $"The row was changed at LSN {lsn}, which this change does not know: merge both, and push the result with base_lsn {lsn}.",
        ConflictType.DeletedOnServer =>
            $"The row was deleted at LSN {lsn}, which this change does not know: drop it, or push it again with base_lsn {lsn}.",
        _ => $"The row was changed at LSN {lsn}, which this delete does not know: keep the row, or push it again with base_lsn {lsn}.",
    };
}
