using System.Text;
using HeliosSync.Domain;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace HeliosSync.Host;

/// <summary>Makes access tokens (protocol 2).</summary>
/// <param name="secret">What they are signed with.</param>
/// <param name="keyId">The secret's name; null where it has none.</param>
/// <param name="time">The clock that they are dated by.</param>
public sealed class TokenMint(string secret, string? keyId, TimeProvider time)
{
    /// <summary>How long an access token lives where nobody says otherwise.</summary>
    public static TimeSpan DefaultLifetime { get; } = TimeSpan.FromHours(1);

    private readonly SigningCredentials _credentials = new(
        new SymmetricSecurityKey(Encoding.UTF8.GetBytes(secret)) { KeyId = keyId }, SecurityAlgorithms.HmacSha256);

    /// <summary>A token for one client of one tenant.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="client">The client.</param>
    /// <param name="scopes">Names of scopes, such as <c>sync:read</c>.</param>
    /// <param name="lifetime">How long it holds, from now.</param>
    /// <param name="user">Whose it is (<c>sub</c>).</param>
    public string Mint(TenantId tenant, ClientId client, IEnumerable<string> scopes, TimeSpan lifetime, string user)
    {
        var now = time.GetUtcNow().UtcDateTime;
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = BearerSetup.Issuer,
            Audience = BearerSetup.Audience,
            IssuedAt = now,
            NotBefore = now,
            Expires = now + lifetime,
            SigningCredentials = _credentials,
            Claims = new Dictionary<string, object>
            {
                ["sub"] = user,
                ["tenant_id"] = tenant.Value,
                ["client_id"] = client.Value,
                ["jti"] = Guid.NewGuid().ToString("D"),
                ["scopes"] = scopes.ToArray(),
            },
        });
    }
}
