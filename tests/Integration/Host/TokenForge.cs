using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace HeliosSync.Integration.Hosting;

/// <summary>Makes tokens by hand, so that nothing stops them from being wrong. The signature is right, but for another secret.</summary>
internal static class TokenForge
{
    public const string GoodHeader = """{"alg":"HS256","typ":"JWT"}""";

    /// <summary>Claims that hold at <see cref="Now"/>, before the last brace.</summary>
    public static string GoodClaims =>
        "\"iss\":\"heliosdb-sync\",\"aud\":\"heliosdb-client\","
        + $"\"exp\":{Now + 3600},\"iat\":{Now},\"nbf\":{Now},\"sub\":\"u\",\"jti\":\"1\","
        + "\"tenant_id\":\"demo\",\"client_id\":\"my-client-123\",\"scopes\":[\"sync:read\",\"sync:write\"]";

    /// <summary>Seconds since the Unix epoch.</summary>
    public static long Now => DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    /// <summary>A token of that header and payload.</summary>
    public static string Sign(string header, string payload, string secret = TestServer.Secret) =>
        Sign(Encoding.UTF8.GetBytes(header), Encoding.UTF8.GetBytes(payload), secret);

    /// <summary>A token of those bytes.</summary>
    public static string Sign(byte[] header, byte[] payload, string secret = TestServer.Secret)
    {
        var signed = $"{Base64Url.EncodeToString(header)}.{Base64Url.EncodeToString(payload)}";
        return $"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.ASCII.GetBytes(signed)))}";
    }

    /// <summary>The good claims with one of them left out.</summary>
    public static string Without(string claim) =>
        "{" + string.Join(',', GoodClaims.Split(",\"").Select((c, i) => i == 0 ? c : $"\"{c}")
            .Where(c => !c.StartsWith($"\"{claim}\"", StringComparison.Ordinal) && (claim != "scopes" || !c.EndsWith(']')))) + "}";

    /// <summary>The good claims with one of them replaced by a JSON value.</summary>
    public static string With(string claim, string json) => Without(claim)[..^1] + $",\"{claim}\":{json}}}";
}
