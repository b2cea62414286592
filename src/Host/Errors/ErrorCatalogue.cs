using System.Diagnostics;
using HeliosSync.Domain;

namespace HeliosSync.Host;

/// <summary>How a way to be wrong looks on the wire (protocol 3).</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Name">The <c>code</c> of the error body.</param>
/// <param name="Retry">Whether the answer says when to come back (<c>Retry-After</c>).</param>
public readonly record struct ErrorShape(int Status, string Name, bool Retry = false);

/// <summary>The error catalogue of protocol 3: the one place where a code gets its status and its name.</summary>
public static class ErrorCatalogue
{
    /// <summary>Status and name of a code.</summary>
    public static ErrorShape Of(ErrorCode code) => code switch
    {
        ErrorCode.InvalidJson => new(400, "INVALID_JSON"),
        ErrorCode.InvalidMessage => new(400, "INVALID_MESSAGE"),
        ErrorCode.UnsupportedVersion => new(400, "UNSUPPORTED_VERSION"),
        ErrorCode.ChecksumMismatch => new(400, "CHECKSUM_MISMATCH"),
        ErrorCode.InvalidContinuationToken => new(400, "INVALID_CONTINUATION_TOKEN"),
        ErrorCode.ClientNotRegistered => new(400, "CLIENT_NOT_REGISTERED"),
        ErrorCode.DecompressionFailed => new(400, "DECOMPRESSION_FAILED"),
        ErrorCode.Unauthorized => new(401, "UNAUTHORIZED"),
        ErrorCode.InsufficientScope => new(403, "INSUFFICIENT_SCOPE"),
        ErrorCode.ClientMismatch => new(403, "CLIENT_MISMATCH"),
        ErrorCode.TenantNotAllowed => new(403, "TENANT_NOT_ALLOWED"),
        ErrorCode.QuotaExceeded => new(403, "QUOTA_EXCEEDED"),
        ErrorCode.NotFound => new(404, "NOT_FOUND"),
        ErrorCode.MethodNotAllowed => new(405, "METHOD_NOT_ALLOWED"),
        ErrorCode.Conflict => new(409, "CONFLICT"),
        ErrorCode.MessageIdReused => new(409, "MESSAGE_ID_REUSED"),
        ErrorCode.LsnAheadOfServer => new(409, "LSN_AHEAD_OF_SERVER"),
        ErrorCode.AlreadySettled => new(409, "ALREADY_SETTLED"),
        ErrorCode.NodeReused => new(409, "NODE_REUSED"),
        ErrorCode.StreamReplaced => new(409, "STREAM_REPLACED"),
        ErrorCode.ResyncRequired => new(410, "RESYNC_REQUIRED"),
        ErrorCode.PayloadTooLarge => new(413, "PAYLOAD_TOO_LARGE"),
        ErrorCode.BatchTooLarge => new(413, "BATCH_TOO_LARGE"),
        ErrorCode.UnsupportedMediaType => new(415, "UNSUPPORTED_MEDIA_TYPE"),
        ErrorCode.RateLimited => new(429, "RATE_LIMITED", Retry: true),
        ErrorCode.InternalError => new(500, "INTERNAL_ERROR"),
        ErrorCode.Overloaded => new(503, "OVERLOADED", Retry: true),
        ErrorCode.StorageUnavailable => new(503, "STORAGE_UNAVAILABLE", Retry: true),
        _ => throw new UnreachableException($"The error catalogue has no {code}."),
    };
}
