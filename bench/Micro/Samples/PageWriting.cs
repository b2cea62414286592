using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Micro;

/// <summary>
/// A pull's answer of 1,000 changes, written from the events on: by ours, and by Utf8JsonWriter alone, whose text must be the same.
/// </summary>
internal sealed class PageWriting
{
    public const int Entries = 1_000;
    private const int AnswerBytesMax = 2 * 1_024 * 1_024;
    private const string Operations = "Insert";

    private static readonly JsonWriterOptions Options = new()
    {
        SkipValidation = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly ArrayBufferWriter<byte> _to = new(AnswerBytesMax);
    private readonly ArrayBufferWriter<byte> _again = new(AnswerBytesMax);
    private readonly PullWriter _writer = new(PushReading.Zstd);
    private readonly Journal _journal = new();
    private readonly Pull _pull;

    public PageWriting(bool base64, bool compressed = false, bool acceptCompressed = false)
    {
        foreach (var rows in Row.Make(Entries, isText: compressed).Chunk(100))
        {
            _journal.Store(rows, compressed);
        }

        _pull = Journal.PullOf(Entries, base64, acceptCompressed);
        Ours();
        ByUtf8JsonWriter();
        AreSame = compressed || _to.WrittenSpan.SequenceEqual(_again.WrittenSpan);
    }

    /// <summary>Whether both writers came to the same bytes.</summary>
    public bool AreSame { get; }

    /// <summary>Bytes of the answer.</summary>
    public long Length => AreSame ? _to.WrittenCount : throw new InvalidDataException("The two writers did not write the same.");

    /// <summary>The answer.</summary>
    public ReadOnlyMemory<byte> Answer => _to.WrittenMemory;

    public long Ours()
    {
        _to.ResetWrittenCount();
        _writer.Write(_to, _pull, Assemble(), Bodies.ServerNode, _journal.Head, token: null);
        return _to.WrittenCount;
    }

    public long ByUtf8JsonWriter()
    {
        _again.ResetWrittenCount();
        var page = Assemble();
        using var json = new Utf8JsonWriter(_again, Options);
        json.WriteStartObject();
        json.WriteString("type", "pull_response");
        json.WriteString("request_id", _pull.Message);
        json.WriteStartArray("changes");
        foreach (var change in page.Changes)
        {
            WriteChange(json, in change);
        }

        json.WriteEndArray();
        json.WriteNumber("server_lsn", page.ServerLsn);
        json.WriteBoolean("has_more", page.HasMore);
        json.WriteNull("continuation_token");
        json.WriteStartObject("vector_clock");
        json.WriteNumber(Bodies.ServerNode.ToString(), page.ServerLsn);
        json.WriteEndObject();
        json.WriteNumber("head_lsn", _journal.Head);
        json.WriteString("server_node", Bodies.ServerNode);
        json.WriteEndObject();
        json.Flush();
        return _again.WrittenCount;
    }

    private PageBuilder Assemble()
    {
        var page = new PageBuilder(_pull, 0, _journal.Head, _journal.Node);
        foreach (var pushed in _journal.Pushes)
        {
            page.Add(pushed);
        }

        return page;
    }

    private void WriteChange(Utf8JsonWriter json, in StoredChange change)
    {
        json.WriteStartObject();
        json.WriteNumber("lsn", change.Lsn);
        json.WriteString("table", Encoding.UTF8.GetString(change.Table.Span));
        json.WriteString("operation", Operations);
        WriteBytes(json, "key", change.Key.Span);
        WriteBytes(json, "data", change.Data.Span);
        json.WriteStartObject("vector_clock");
        json.WriteNumber(Bodies.ServerNode.ToString(), change.Lsn);
        json.WriteNumber(Encoding.UTF8.GetString(change.Author.Span), change.Counter);
        json.WriteEndObject();
        json.WriteString("timestamp", DateTime.UnixEpoch.AddMicroseconds(change.TimestampMicros));
        json.WriteNumber("checksum", change.Checksum);
        json.WriteBoolean("compressed", false);
        json.WriteString("author", Encoding.UTF8.GetString(change.Author.Span));
        json.WriteNumber("author_lsn", change.AuthorLsn);
        json.WriteEndObject();
    }

    private void WriteBytes(Utf8JsonWriter json, string name, ReadOnlySpan<byte> bytes)
    {
        if (_pull.Base64)
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
