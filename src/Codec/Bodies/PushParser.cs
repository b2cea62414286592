using System.Diagnostics;
using System.Text.Json;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>Reads the body of a push (protocol 4.3). Owns its buffers until <see cref="Take"/> gives them to the batch.</summary>
internal sealed class PushParser : MessageParser<PushBatch>
{
    private const int Type = 0, Message = 1, Client = 2, Changes = 3, Clock = 4, ServerNode = 5, Atomic = 6;

    private static readonly FieldSet Fields = new(
        ["type", "message_id", "client_id", "changes"], ["vector_clock", "server_node", "atomic"]);

    private readonly BatchBuffers _buffers = new();
    private readonly ChangeReader _changes;
    private readonly ClockReader _clocks;
    private PushDigest _digest;
    private bool _isTaken;
    private Guid _message;
    private ClientId _client;
    private VectorClock _clock = VectorClock.Empty;
    private NodeId _serverNode;
    private bool _atomic;

    public PushParser(KeyedHash hash, ZstdFrames zstd)
        : base(Fields, "push_changes")
    {
        var names = new NameTable();
        _changes = new ChangeReader(hash, zstd, _buffers.Payload, names);
        _clocks = new ClockReader(names);
        _digest = new PushDigest(hash);
    }

    /// <inheritdoc/>
    public override PushBatch Take()
    {
        _isTaken = true;
        var serverNode = IsPresent(ServerNode) ? _serverNode : (NodeId?)null;
        var push = new Push(_message, _client, _clock, serverNode, _atomic, _buffers.Changes, _digest.Finish(_atomic));
        return new PushBatch(push, _buffers);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _changes.Dispose();
        if (!_isTaken)
        {
            _isTaken = true;
            _buffers.Dispose();
        }

        base.Dispose();
    }

    /// <inheritdoc/>
    protected override bool TakeField(int field, ref JsonCursor cursor) => field switch
    {
        Type => TakeType(ref cursor),
        Message => MessageFields.TakeUuid(ref cursor, "message_id", out _message),
        Client => MessageFields.TakeClient(ref cursor, "client_id", out _client),
        Changes => cursor.Token == JsonTokenType.StartArray || cursor.RefuseField("changes", "must be an array"),
        Clock => _clocks.Read(ref cursor, "vector_clock", out _clock),
        ServerNode => MessageFields.TakeNode(ref cursor, "server_node", out _serverNode),
        Atomic => cursor.TakeBoolean("atomic", out _atomic),
        _ => throw new UnreachableException(),
    };

    /// <inheritdoc/>
    protected override bool TakeElement(ref JsonCursor cursor)
    {
        if (cursor.Entry == Limits.BatchChangesMax)
        {
            return cursor.Refuse(ErrorCode.BatchTooLarge, $"A push has at most {Limits.BatchChangesMax} changes.", "changes");
        }

        if (!_changes.Read(ref cursor, out var change))
        {
            return false;
        }

        _buffers.Add(in change);
        _digest.Add(in change);
        return true;
    }

    /// <inheritdoc/>
    protected override bool TakeEnd(ref JsonCursor cursor) =>
        !_buffers.Changes.IsEmpty || cursor.RefuseField("changes", "must have at least one entry");
}
