using HeliosSync.Domain;

namespace HeliosSync.Host;

/// <summary>The ways in which a body is refused before its JSON is looked at.</summary>
internal static class BodyRefusals
{
    /// <summary>No room in the budget.</summary>
    public static Refusal Overloaded { get; } = new(
        ErrorCode.Overloaded, "The server has too many requests in hand. Nothing was applied: send it again.");

    /// <summary>No room for one more request of that tenant.</summary>
    public static Refusal TenantOverloaded { get; } = new(
        ErrorCode.RateLimited, "The tenant has too many requests in hand. Nothing was applied: send it again.");

    /// <summary>Compressed bytes that are none.</summary>
    public static Refusal NotDecompressed(ContentCoding coding) =>
        new(ErrorCode.DecompressionFailed, $"The body cannot be decompressed as {ContentCodings.NameOf(coding)}.");

    /// <summary>Over the limit, as sent or decompressed.</summary>
    public static Refusal TooLarge(long bytesMax) =>
        new(ErrorCode.PayloadTooLarge, "The body is too large.", $"at most {bytesMax} bytes, as sent and decompressed");

    /// <summary>HTTP that is broken within the body.</summary>
    public static Refusal Broken { get; } = new(ErrorCode.InvalidJson, "The body ended early or is broken as HTTP.");

    /// <summary>Bytes that come more slowly than the server waits for.</summary>
    public static Refusal TooSlow { get; } = new(ErrorCode.InvalidJson, "The body came too slowly.");

    /// <summary>Another media type or charset.</summary>
    public static Refusal WrongMediaType { get; } =
        new(ErrorCode.UnsupportedMediaType, "The body must be JSON in UTF-8.", $"Content-Type: {MediaTypes.Json}");

    /// <summary>Another coding, or several.</summary>
    public static Refusal WrongCoding { get; } =
        new(ErrorCode.UnsupportedMediaType, "The body's Content-Encoding is unknown to this server.", $"one of {ContentCodings.Supported}");
}
