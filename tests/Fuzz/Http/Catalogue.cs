namespace HeliosSync.Fuzz.Http;

/// <summary>The errors that protocol 3 and 4 let each endpoint answer with, as status and code.</summary>
internal static class Catalogue
{
    private static readonly string[] OfBodies =
    [
        "400 INVALID_JSON", "400 INVALID_MESSAGE", "400 DECOMPRESSION_FAILED", "401 UNAUTHORIZED", "403 INSUFFICIENT_SCOPE",
        "403 CLIENT_MISMATCH", "405 METHOD_NOT_ALLOWED", "413 PAYLOAD_TOO_LARGE", "415 UNSUPPORTED_MEDIA_TYPE",
    ];

    private static readonly Dictionary<string, HashSet<string>> ByEndpoint = new()
    {
        ["register"] =
        [
            .. OfBodies, "400 UNSUPPORTED_VERSION", "403 QUOTA_EXCEEDED", "409 LSN_AHEAD_OF_SERVER", "409 NODE_REUSED",
            "410 RESYNC_REQUIRED",
        ],
        ["pull"] =
        [
            .. OfBodies, "400 INVALID_CONTINUATION_TOKEN", "400 CLIENT_NOT_REGISTERED", "409 LSN_AHEAD_OF_SERVER", "410 RESYNC_REQUIRED",
        ],
        ["push"] =
        [
            .. OfBodies, "400 CHECKSUM_MISMATCH", "400 CLIENT_NOT_REGISTERED", "409 CONFLICT", "409 MESSAGE_ID_REUSED",
            "409 LSN_AHEAD_OF_SERVER", "410 RESYNC_REQUIRED", "413 BATCH_TOO_LARGE",
        ],
        ["heartbeat"] = [.. OfBodies, "400 CLIENT_NOT_REGISTERED"],
        ["health"] = ["405 METHOD_NOT_ALLOWED"],
        ["nowhere"] = ["404 NOT_FOUND"],
    };

    /// <summary>What is refused as HTTP itself.</summary>
    private static readonly HashSet<string> OfHttp =
    [
        "400 INVALID_MESSAGE", "405 METHOD_NOT_ALLOWED", "408 INVALID_MESSAGE", "414 INVALID_MESSAGE", "431 INVALID_MESSAGE",
        "505 INVALID_MESSAGE",
    ];

    /// <summary>Whether the endpoint may answer so; an endpoint of null is one that cannot be told, and HTTP may be broken too.</summary>
    public static bool Allows(string? endpoint, string error) => endpoint is null
        ? OfHttp.Contains(error) || ByEndpoint.Values.Any(e => e.Contains(error))
        : ByEndpoint[endpoint].Contains(error);
}
