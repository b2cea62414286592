using System.Diagnostics;
using System.Text;
using System.Text.Json;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>Reads the body of a registration (protocol 4.1). Its metadata come out in the order of their names.</summary>
internal sealed class RegisterParser : MessageParser<Register>
{
    private const int Type = 0, Version = 1, Client = 2, LastKnownLsn = 3, Clock = 4, Metadata = 5;
    private const int Node = 6, LastLocalLsn = 7, ServerNode = 8;

    private static readonly FieldSet Fields = new(
        ["type", "version", "client_id", "last_known_lsn"],
        ["vector_clock", "metadata", "node_id", "last_local_lsn", "server_node"]);

    private readonly ClockReader _clocks = new(new NameTable());
    private readonly SortedDictionary<string, string> _metadata = new(StringComparer.Ordinal);
    private ClientId _client;
    private NodeId _node;
    private long _lastKnownLsn;
    private long _lastLocalLsn;
    private VectorClock _clock = VectorClock.Empty;
    private NodeId _serverNode;

    public RegisterParser()
        : base(Fields, "register_client")
    {
    }

    /// <inheritdoc/>
    public override Register Take() => new(
        _client,
        IsPresent(Node) ? _node : NodeId.Of(_client),
        _lastKnownLsn,
        IsPresent(LastLocalLsn) ? _lastLocalLsn : null,
        _clock,
        IsPresent(ServerNode) ? _serverNode : null,
        [.. _metadata.Select(static entry => new MetadataEntry(entry.Key, entry.Value))]);

    /// <inheritdoc/>
    protected override bool TakeField(int field, ref JsonCursor cursor) => field switch
    {
        Type => TakeType(ref cursor),
        Version => TakeVersion(ref cursor),
        Client => MessageFields.TakeClient(ref cursor, "client_id", out _client),
        LastKnownLsn => cursor.TakeInteger("last_known_lsn", 0, Limits.SafeIntegerMax, out _lastKnownLsn),
        Clock => _clocks.Read(ref cursor, "vector_clock", out _clock),
        Metadata => TakeMetadata(ref cursor),
        Node => MessageFields.TakeNode(ref cursor, "node_id", out _node),
        LastLocalLsn => cursor.TakeInteger("last_local_lsn", 0, Limits.SafeIntegerMax, out _lastLocalLsn),
        ServerNode => MessageFields.TakeNode(ref cursor, "server_node", out _serverNode),
        _ => throw new UnreachableException(),
    };

    /// <inheritdoc/>
    protected override bool TakeEnd(ref JsonCursor cursor) =>
        !IsPresent(Node) || _node.IsOf(_client) || cursor.RefuseField("node_id", "must be the client_id, or the client_id, # and a suffix");

    private static bool TakeVersion(ref JsonCursor cursor) =>
        cursor.TakeInteger("version", 0, Limits.SafeIntegerMax, out var version)
        && (version == Limits.ProtocolVersion || cursor.Refuse(
            ErrorCode.UnsupportedVersion, $"This server speaks version {Limits.ProtocolVersion} of the protocol.", "version"));

    private bool TakeMetadata(ref JsonCursor cursor)
    {
        if (cursor.Token != JsonTokenType.StartObject)
        {
            return cursor.RefuseField("metadata", "must be an object of strings");
        }

        // More bytes may have been needed the last time, in the middle of the object.
        _metadata.Clear();
        while (true)
        {
            if (!cursor.Read())
            {
                return false;
            }

            if (cursor.Token == JsonTokenType.EndObject)
            {
                return true;
            }

            if (!TakeEntry(ref cursor))
            {
                return false;
            }
        }
    }

    private bool TakeEntry(ref JsonCursor cursor)
    {
        if (_metadata.Count == Limits.MetadataEntriesMax)
        {
            return cursor.RefuseField("metadata", $"has more than {Limits.MetadataEntriesMax} entries");
        }

        if (!TryText(cursor.Text, Limits.MetadataNameCharsMax, out var name) || name.Length == 0)
        {
            return cursor.RefuseField("metadata", $"has a name that is not 1 to {Limits.MetadataNameCharsMax} printable characters");
        }

        if (!cursor.Read())
        {
            return false;
        }

        if (cursor.Token != JsonTokenType.String || !TryText(cursor.Text, Limits.MetadataValueCharsMax, out var value))
        {
            return cursor.RefuseField("metadata", $"has a value that is not up to {Limits.MetadataValueCharsMax} printable characters");
        }

        return _metadata.TryAdd(name, value) || cursor.RefuseField("metadata", "has a name twice");
    }

    /// <summary>Text of up to so many UTF-16 code units (what most languages call a string's length) without control characters.</summary>
    private static bool TryText(ReadOnlySpan<byte> utf8, int charsMax, out string text)
    {
        const int Utf8BytesPerCharMax = 3;
        text = utf8.Length <= charsMax * Utf8BytesPerCharMax ? Encoding.UTF8.GetString(utf8) : "";
        return utf8.Length <= charsMax * Utf8BytesPerCharMax && text.Length <= charsMax && !text.Any(char.IsControl);
    }
}
