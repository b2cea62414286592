using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace HeliosSync.Load.Server;

/// <summary>
/// Makes access tokens (protocol 2), by hand: the tool speaks to the server as a stranger would, and shares no code with it here.
/// </summary>
public sealed class ServerTokens
{
    /// <summary>Longer than any run takes.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(6);

    /// <summary>The secret, made for this run alone.</summary>
    public string Secret { get; } = Convert.ToBase64String(RandomNumberGenerator.GetBytes(48));

    /// <summary>A token for one client of one tenant.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="client">The client.</param>
    /// <param name="scopes">What it allows; null: to read and to write.</param>
    public string Mint(string tenant, string client, string? scopes = null)
    {
        var allowed = scopes is null ? "\"sync:read\",\"sync:write\"" : $"\"{scopes}\"";
        var now = DateTimeOffset.UtcNow;
        var (from, to) = (now.ToUnixTimeSeconds(), (now + Lifetime).ToUnixTimeSeconds());
        var head = Part("""{"alg":"HS256","typ":"JWT"}""");
        var body = Part(
            $$"""
            {"iss":"heliosdb-sync","aud":"heliosdb-client","sub":"load","tenant_id":"{{tenant}}","client_id":"{{client}}",
            "iat":{{from}},"nbf":{{from}},"exp":{{to}},"jti":"{{Guid.NewGuid()}}","scopes":[{{allowed}}]}
            """);
        var signed = $"{head}.{body}";
        var signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.ASCII.GetBytes(signed));
        return $"{signed}.{Base64Url.EncodeToString(signature)}";
    }

    private static string Part(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
}
