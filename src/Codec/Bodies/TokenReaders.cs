using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>A refresh token that is to be used.</summary>
/// <param name="Token">The token, as it was sent: nothing is known of it yet.</param>
/// <param name="MessageId">What the client calls this attempt, so that it can repeat it; null where it does not.</param>
public sealed record RefreshRequest(string Token, Guid? MessageId)
{
    /// <summary>Never with the token: a record's own text would have it, and end in a log.</summary>
    public override string ToString() => nameof(RefreshRequest);
}

/// <summary>What an administrator revokes: exactly one of the three.</summary>
/// <param name="Id">One token, by its <c>jti</c>.</param>
/// <param name="Client">All tokens of a client.</param>
/// <param name="All">Whether it is all tokens of the tenant.</param>
public sealed record RevokeRequest(string? Id, ClientId? Client, bool All)
{
    /// <summary>Bytes of a <c>jti</c> that can be revoked.</summary>
    public const int IdBytesMax = 256;
}

/// <summary>Reads the body of <c>POST /api/v1/auth/token/refresh</c> (docs/protocol.md 4.1).</summary>
public sealed class RefreshReader : MessageReader<RefreshRequest>
{
    private protected override MessageParser<RefreshRequest> Begin() => new RefreshParser();
}

/// <summary>Reads the body of <c>POST /api/v1/auth/revoke</c> (docs/protocol.md 4.2).</summary>
public sealed class RevokeReader : MessageReader<RevokeRequest>
{
    private protected override MessageParser<RevokeRequest> Begin() => new RevokeParser();
}
