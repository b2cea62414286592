using System.Text.Json;
using HeliosSync.Codec;
using HeliosSync.Domain;
using HeliosSync.Property.Codec;

namespace HeliosSync.Fuzz.Codec;

/// <summary>
/// The body of a push, changes and all: the same in any cut, taken just where the document-tree reference takes it, with the values that
/// the document tree has; and what was taken, written anew in another style, is the same push.
/// </summary>
internal sealed class PushTarget : FuzzTarget
{
    private readonly ZstdFrames _zstd = new();
    private readonly KeyedHash _hash = new(new byte[KeyedHash.KeyBytes]);

    public override string Name => "push";

    public override int Share => 4;

    public override IReadOnlyList<byte[]> Tokens => Bodies.JsonTokens;

    public override IEnumerable<byte[]> Seeds() =>
        Enumerable.Range(0, 40).Select(static seed => new InboundText(seed).Write(InboundPush.Of(seed)))
            .Append(InboundText.Plain(InboundPush.QuickStart)).Where(body => body.Length <= InputBytesMax);

    public override bool Run(byte[] input)
    {
        var (batch, refusal) = Read(input);
        Bodies.Agree(InboundReference.Judge(input, _zstd), refusal);
        if (batch is null)
        {
            return false;
        }

        using (batch)
        {
            SameValues(input, batch.Push);
            var meant = Meant(batch.Push);
            var (again, _) = Read(new InboundText(input.Length).Write(meant));
            Oracle.Holds(again is not null, "what was taken and is written anew is taken");
            using (again)
            {
                meant.AssertIs(again!.Push, _hash);
                Oracle.Same(batch.Push.Digest, again.Push.Digest, "the digest does not depend on how a push is written");
            }
        }

        return true;
    }

    private (PushBatch? Value, Refusal? Refusal) Read(byte[] body) => Bodies.Read(body, () => new PushParser(_hash, _zstd));

    /// <summary>What the reader gave is what the document tree has.</summary>
    private static void SameValues(byte[] body, Push push)
    {
        using var document = JsonDocument.Parse(body);
        var root = document.RootElement;
        Oracle.Same(root.GetProperty("client_id").GetString(), push.Client.Value, "client_id");
        Oracle.Same(root.GetProperty("message_id").GetGuid(), push.Message, "message_id");
        var changes = root.GetProperty("changes");
        Oracle.Same(changes.GetArrayLength(), push.Changes.Length, "the number of changes");
        for (var i = 0; i < push.Changes.Length; i++)
        {
            SameValues(changes[i], in push.Changes.Span[i]);
        }
    }

    private static void SameValues(JsonElement change, in PushedChange read)
    {
        Oracle.Same(change.GetProperty("lsn").GetInt64(), read.LocalLsn, "lsn");
        Oracle.Same(change.GetProperty("table").GetString(), read.Table, "table");
        Oracle.Same(change.GetProperty("operation").GetString(), read.Operation.ToString(), "operation");
        Oracle.Same(change.GetProperty("checksum").GetUInt32(), read.Checksum, "checksum");
        InboundReference.TryBytes(change.GetProperty("key"), out var key);
        InboundReference.TryBytes(change.GetProperty("data"), out var data);
        Oracle.Holds(read.Key.Span.SequenceEqual(key) && read.Data.Span.SequenceEqual(data), "key and data are the body's");
        Oracle.Same(Optional(change, "base_lsn") is { } lsn ? lsn.GetInt64() : 0, read.BaseLsn, "base_lsn");
        Oracle.Same(Optional(change, "compressed")?.GetBoolean() ?? false, read.Compressed, "compressed");
        JsonClocks.SameEntries(Optional(change, "vector_clock"), read.Clock);
    }

    private static JsonElement? Optional(JsonElement change, string name) =>
        change.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>The push as a writer of bodies means it: data uncompressed.</summary>
    private InboundPush Meant(Push push) => new(
        push.Message, push.Client.Value, [.. push.Changes.ToArray().Select(Meant)], JsonClocks.Entries(push.Clock), push.ServerNode?.Value,
        push.Atomic);

    private InboundChange Meant(PushedChange change)
    {
        var data = change.Data.ToArray();
        if (change.Compressed)
        {
            data = new byte[change.DataBytes];
            var isTaken = _zstd.TryUnwrap(change.Data.Span, data, out var written);
            Oracle.Holds(isTaken && written == data.Length, "a taken frame has its length");
        }

        return new InboundChange(
            change.LocalLsn, change.Table, change.Operation, change.Key.ToArray(), data, JsonClocks.Entries(change.Clock), change.BaseLsn,
            change.TimestampMicros);
    }
}
