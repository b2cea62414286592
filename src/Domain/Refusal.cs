namespace HeliosSync.Domain;

/// <summary>The ways to be wrong: the error catalogue of protocol section 3.</summary>
public enum ErrorCode
{
    /// <summary>The body is not one JSON value in UTF-8.</summary>
    InvalidJson,

    /// <summary>The JSON is not a message of the protocol; details name the field and the entry's index.</summary>
    InvalidMessage,

    /// <summary>The message is of a protocol version that this server does not speak.</summary>
    UnsupportedVersion,

    /// <summary>An entry's checksum is not that of its key and data.</summary>
    ChecksumMismatch,

    /// <summary>The continuation token was not made for this pull.</summary>
    InvalidContinuationToken,

    /// <summary>The client has not registered with this tenant.</summary>
    ClientNotRegistered,

    /// <summary>A compressed body or entry cannot be decompressed, or grows past its limit.</summary>
    DecompressionFailed,

    /// <summary>No token, or one that does not hold.</summary>
    Unauthorized,

    /// <summary>The token lacks the scope that this call needs.</summary>
    InsufficientScope,

    /// <summary>The body names another client than the token.</summary>
    ClientMismatch,

    /// <summary>The token's tenant is not on this server's list.</summary>
    TenantNotAllowed,

    /// <summary>A bound on what one tenant or client may keep is reached.</summary>
    QuotaExceeded,

    /// <summary>No such path, or nothing of the name in it.</summary>
    NotFound,

    /// <summary>The path exists, for another method.</summary>
    MethodNotAllowed,

    /// <summary>The body is not JSON in UTF-8, or is encoded in a way that this server does not know.</summary>
    UnsupportedMediaType,

    /// <summary>An atomic push met a conflict; nothing of it was applied.</summary>
    Conflict,

    /// <summary>The message id was used for other content.</summary>
    MessageIdReused,

    /// <summary>A position or clock is above the journal's head: it comes from another journal.</summary>
    LsnAheadOfServer,

    /// <summary>The conflict was settled before.</summary>
    AlreadySettled,

    /// <summary>A node's local numbers went back: its state was lost or restored, and it needs a new node.</summary>
    NodeReused,

    /// <summary>A newer stream of the same client has taken this one's place.</summary>
    StreamReplaced,

    /// <summary>The journal is another one than the client knew.</summary>
    ResyncRequired,

    /// <summary>The body is larger than the server takes.</summary>
    PayloadTooLarge,

    /// <summary>The push has more than 1,000 changes.</summary>
    BatchTooLarge,

    /// <summary>A bug of the server.</summary>
    InternalError,

    /// <summary>The caller sends more than it may.</summary>
    RateLimited,

    /// <summary>The server has too much in hand; nothing was applied.</summary>
    Overloaded,

    /// <summary>The journal could not be written or read; for a push, the outcome is open.</summary>
    StorageUnavailable,
}

/// <summary>A refusal: a value, never an exception.</summary>
/// <param name="Code">Which way to be wrong.</param>
/// <param name="Message">One sentence for a person.</param>
/// <param name="Details">What exactly, for a program or a person; may be null.</param>
public sealed record Refusal(ErrorCode Code, string Message, string? Details = null);
