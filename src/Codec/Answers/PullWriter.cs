using System.Buffers;
using System.Text.Json;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>Writes the answer to a pull (protocol 4.2). Safe to use from many threads.</summary>
public sealed class PullWriter(ZstdFrames zstd)
{
    /// <summary>Writes the answer.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="pull">The request.</param>
    /// <param name="page">Its page.</param>
    /// <param name="serverNode">The journal's own node.</param>
    /// <param name="headLsn">The durable head.</param>
    /// <param name="token">What asks for the next page; null where there is none.</param>
    public void Write(IBufferWriter<byte> to, Pull pull, PageBuilder page, Guid serverNode, long headLsn, string? token)
    {
        using var json = Json.Begin(to);
        json.WriteStartObject();
        json.WriteString("type"u8, "pull_response"u8);
        json.WriteString("request_id"u8, pull.Message);
        WriteChanges(json, pull, page, serverNode);
        json.WriteNumber("server_lsn"u8, page.ServerLsn);
        json.WriteBoolean("has_more"u8, page.HasMore);
        json.WriteString("continuation_token"u8, page.HasMore ? token : null);

        // A filtered page's position holds for its filter only, so its clock must not claim it (protocol 4.2, tables).
        Json.WriteClock(json, serverNode, pull.Tables is null ? page.ServerLsn : 0, node: null, judgedCounter: 0);
        json.WriteNumber("head_lsn"u8, headLsn);
        Json.WriteServerNode(json, serverNode);
        json.WriteEndObject();
    }

    private void WriteChanges(Utf8JsonWriter json, Pull pull, PageBuilder page, Guid serverNode)
    {
        using var changes = new ChangeWriter(json, zstd, serverNode, new ChangeForm(pull.Base64, pull.AcceptCompressed));
        json.WriteStartArray("changes"u8);
        for (var i = 0; i < page.Stored.Count; i++)
        {
            changes.Write(in page.Stored[i]);
        }

        json.WriteEndArray();
    }
}
