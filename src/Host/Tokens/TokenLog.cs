using HeliosSync.Actors.Tokens;

namespace HeliosSync.Host;

/// <summary>What is logged of tokens: never one, nor a part of one.</summary>
internal static partial class TokenLog
{
    /// <summary>An administrator revoked tokens, and who that was.</summary>
    [LoggerMessage(
        EventId = 60,
        Level = LogLevel.Information,
        Message = "Tokens revoked tenant={Tenant} kind={Kind} client={Client} by={By} request_id={RequestId}")]
    public static partial void Revoked(ILogger logger, string tenant, RevokedKind kind, string? client, string by, string requestId);

    /// <summary>Two have the same refresh token: one of them may be a thief.</summary>
    [LoggerMessage(
        EventId = 61,
        Level = LogLevel.Warning,
        Message = "Refresh token came a second time, all tokens of its sign-in are revoked tenant={Tenant} client={Client}")]
    public static partial void Replayed(ILogger logger, string tenant, string client);

    /// <summary>What was asked was answered with 503.</summary>
    [LoggerMessage(EventId = 62, Level = LogLevel.Error, Message = "tokens.db cannot be written reason={Reason}")]
    public static partial void NotWritten(ILogger logger, string reason);

    /// <summary>What another process revokes is not heard of until this ends.</summary>
    [LoggerMessage(EventId = 63, Level = LogLevel.Error, Message = "tokens.db cannot be read reason={Reason}")]
    public static partial void NotRead(ILogger logger, string reason);
}
