using System.Diagnostics;
using System.Text;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>Reads the body that uses a refresh token (docs/protocol.md 4.1).</summary>
internal sealed class RefreshParser() : MessageParser<RefreshRequest>(Fields, "")
{
    private const int Token = 0, MessageId = 1;

    private static readonly FieldSet Fields = new(["refresh_token"], ["message_id"]);

    private string _token = "";
    private Guid? _messageId;

    /// <inheritdoc/>
    public override RefreshRequest Take() => new(_token, _messageId);

    /// <inheritdoc/>
    protected override bool TakeField(int field, ref JsonCursor cursor)
    {
        switch (field)
        {
            case Token:
                var isText = cursor.TakeText("refresh_token", out var text);
                _token = Encoding.UTF8.GetString(text);
                return isText;
            case MessageId:
                var isTaken = MessageFields.TakeUuid(ref cursor, "message_id", out var id);
                _messageId = isTaken ? id : null;
                return isTaken;
            default:
                throw new UnreachableException();
        }
    }
}

/// <summary>Reads the body that revokes tokens (docs/protocol.md 4.2).</summary>
internal sealed class RevokeParser() : MessageParser<RevokeRequest>(Fields, "")
{
    private const int Id = 0, Client = 1, All = 2;

    private static readonly FieldSet Fields = new([], ["jti", "client_id", "all"]);

    private string? _id;
    private ClientId? _client;
    private bool _all;

    /// <inheritdoc/>
    public override RevokeRequest Take() => new(_id, _client, _all);

    /// <inheritdoc/>
    protected override bool TakeField(int field, ref JsonCursor cursor)
    {
        switch (field)
        {
            case Id:
                return TakeId(ref cursor);
            case Client:
                var isTaken = MessageFields.TakeClient(ref cursor, "client_id", out var client);
                _client = isTaken ? client : null;
                return isTaken;
            case All:
                return cursor.TakeBoolean("all", out _all) && (_all || cursor.RefuseField("all", "can only be true"));
            default:
                throw new UnreachableException();
        }
    }

    /// <inheritdoc/>
    protected override bool TakeEnd(ref JsonCursor cursor) =>
        (IsPresent(Id) ? 1 : 0) + (IsPresent(Client) ? 1 : 0) + (IsPresent(All) ? 1 : 0) == 1
        || cursor.Refuse(ErrorCode.InvalidMessage, "Exactly one of jti, client_id and all says what is revoked.", "jti, client_id, all");

    private bool TakeId(ref JsonCursor cursor)
    {
        if (!cursor.TakeText("jti", out var text))
        {
            return false;
        }

        if (text.Length is 0 or > RevokeRequest.IdBytesMax)
        {
            return cursor.RefuseField("jti", $"must have 1 to {RevokeRequest.IdBytesMax} bytes");
        }

        _id = Encoding.UTF8.GetString(text);
        return true;
    }
}
