using System.Diagnostics;
using System.Text.Json;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>What makes a push one that settles a conflict (protocol 4.7).</summary>
/// <param name="Id">The conflict.</param>
/// <param name="Client">Who calls: a word without a change need not say so.</param>
/// <param name="Message">The message id of a word that brings none.</param>
internal sealed record Settlement(long Id, ClientId Client, Guid Message);

/// <summary>
/// Reads the body of a push (protocol 4.3), or of one that settles a conflict (4.7). Owns its buffers until <see cref="Take"/> gives them
/// to the batch.
/// </summary>
internal sealed class PushParser : MessageParser<PushBatch>
{
    private const int Type = 0, Message = 1, Client = 2, Changes = 3, Clock = 4, ServerNode = 5, Atomic = 6;
    private const int Resolution = 7;

    private static readonly FieldSet Fields = new(
        ["type", "message_id", "client_id", "changes"], ["vector_clock", "server_node", "atomic"]);

    private static readonly FieldSet SettlingFields = new(
        [], ["type", "message_id", "client_id", "changes", "vector_clock", "server_node", "atomic", "resolution"]);

    private readonly BatchBuffers _buffers = new();
    private readonly Settlement? _settles;
    private readonly ChangeReader _changes;
    private readonly ClockReader _clocks;
    private PushDigest _digest;
    private bool _isTaken;
    private Guid _message;
    private ClientId _client;
    private VectorClock _clock = VectorClock.Empty;
    private NodeId _serverNode;
    private bool _atomic;

    public PushParser(KeyedHash hash, ZstdFrames zstd, Settlement? settles = null)
        : base(settles is null ? Fields : SettlingFields, "push_changes")
    {
        _settles = settles;
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
        var settles = _settles?.Id ?? 0;
        var push = new Push(_message, _client, _clock, serverNode, _atomic, _buffers.Changes, _digest.Finish(_atomic, settles))
        {
            Settles = settles,
        };
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
        Resolution => cursor.TakeText("resolution", out var word)
            && (word.SequenceEqual("keep_server"u8) || cursor.RefuseField("resolution", "must be keep_server")),
        _ => throw new UnreachableException(),
    };

    /// <inheritdoc/>
    protected override bool TakeElement(ref JsonCursor cursor)
    {
        if (cursor.Entry == Limits.BatchChangesMax)
        {
            return cursor.Refuse(ErrorCode.BatchTooLarge, $"A push has at most {Limits.BatchChangesMax} changes.", "changes");
        }

        if (_settles is not null && cursor.Entry > 0)
        {
            return RefuseNotOne(ref cursor);
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
    protected override bool TakeEnd(ref JsonCursor cursor) => _settles is null
        ? !_buffers.Changes.IsEmpty || cursor.RefuseField("changes", "must have at least one entry")
        : TakeSettling(ref cursor, _settles);

    /// <summary>A change with all that a push has, or a word; of the word, what is not said is taken from the call.</summary>
    private bool TakeSettling(ref JsonCursor cursor, Settlement settles)
    {
        if (IsPresent(Resolution))
        {
            _message = IsPresent(Message) ? _message : settles.Message;
            _client = IsPresent(Client) ? _client : settles.Client;
            return !IsPresent(Changes) || cursor.RefuseField("resolution", "goes without changes");
        }

        foreach (var field in (ReadOnlySpan<int>)[Type, Message, Client, Changes])
        {
            if (!IsPresent(field))
            {
                return cursor.RefuseField(SettlingFields[field], "is missing or null, and there is no resolution");
            }
        }

        return !_buffers.Changes.IsEmpty || RefuseNotOne(ref cursor);
    }

    private static bool RefuseNotOne(ref JsonCursor cursor)
    {
        cursor.Entry = -1;
        return cursor.RefuseField("changes", "must have one entry, which settles the conflict");
    }
}
