using System.Buffers;
using System.Text.Json;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>Writes the answers of the endpoints for tokens (docs/protocol.md 4.1 and 4.2).</summary>
public static class TokenWriter
{
    /// <summary>Writes a pair of tokens.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="accessToken">The access token.</param>
    /// <param name="accessSeconds">How long it holds from now on.</param>
    /// <param name="refreshToken">The refresh token.</param>
    /// <param name="refreshSeconds">How long it holds from now on.</param>
    public static void WritePair(
        IBufferWriter<byte> to, string accessToken, long accessSeconds, string refreshToken, long refreshSeconds)
    {
        using var json = Json.Begin(to);
        json.WriteStartObject();
        WritePair(json, accessToken, accessSeconds, refreshToken, refreshSeconds);
        json.WriteEndObject();
    }

    /// <summary>Writes a pair's fields.</summary>
    public static void WritePair(
        Utf8JsonWriter json, string accessToken, long accessSeconds, string refreshToken, long refreshSeconds)
    {
        ArgumentNullException.ThrowIfNull(json);
        json.WriteString("access_token"u8, accessToken);
        json.WriteString("token_type"u8, "Bearer"u8);
        json.WriteNumber("expires_in"u8, accessSeconds);
        json.WriteString("refresh_token"u8, refreshToken);
        json.WriteNumber("refresh_expires_in"u8, refreshSeconds);
    }

    /// <summary>Writes what was revoked.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="tenant">The tenant.</param>
    /// <param name="asked">What was asked.</param>
    /// <param name="issuedUpTo">The last second whose tokens are revoked, since the Unix epoch; null for one token.</param>
    public static void WriteRevoked(IBufferWriter<byte> to, TenantId tenant, RevokeRequest asked, long? issuedUpTo)
    {
        using var json = Json.Begin(to);
        json.WriteStartObject();
        WriteRevoked(json, tenant, asked, issuedUpTo);
        json.WriteEndObject();
    }

    /// <summary>Writes the fields that say what was revoked.</summary>
    public static void WriteRevoked(Utf8JsonWriter json, TenantId tenant, RevokeRequest asked, long? issuedUpTo)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(asked);
        json.WriteBoolean("success"u8, true);
        json.WriteString("tenant_id"u8, tenant.Value);
        json.WriteString("client_id"u8, asked.Client?.Value);
        json.WriteString("jti"u8, asked.Id);
        if (issuedUpTo is not { } seconds)
        {
            json.WriteNull("issued_up_to"u8);
            return;
        }

        Span<byte> text = stackalloc byte[Rfc3339.TextBytesMax];
        json.WriteString("issued_up_to"u8, text[..Rfc3339.Format(seconds * 1_000_000, text)]);
    }
}
