using System.Text;
using HeliosSync.Domain;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace HeliosSync.Host;

/// <summary>Makes access tokens (protocol 2); for pairs there is <see cref="TokenIssuer"/>.</summary>
/// <param name="secret">What they are signed with.</param>
/// <param name="keyId">The secret's name; null where it has none.</param>
/// <param name="time">The clock that they are dated by.</param>
public sealed class TokenMint(string secret, string? keyId, TimeProvider time)
{
    /// <summary>How long an access token lives where nobody says otherwise.</summary>
    public static TimeSpan DefaultLifetime { get; } = TimeSpan.FromHours(1);

    /// <summary>The claim that names the sign-in which a token grew from.</summary>
    internal const string Family = "family";

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
        return Mint(new TokenDraft(tenant, client, [.. scopes], user, Guid.NewGuid().ToString("D"), null, now, now + lifetime));
    }

    /// <summary>The token that is drafted. The same draft makes the same token, as long as the key is the same.</summary>
    internal string Mint(TokenDraft draft)
    {
        var claims = new Dictionary<string, object>
        {
            ["sub"] = draft.User,
            ["tenant_id"] = draft.Tenant.Value,
            ["client_id"] = draft.Client.Value,
            ["jti"] = draft.Id,
            ["scopes"] = draft.Scopes,
        };
        if (draft.FamilyId is not null)
        {
            claims[Family] = draft.FamilyId;
        }

        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = BearerSetup.Issuer,
            Audience = BearerSetup.Audience,
            IssuedAt = draft.From,
            NotBefore = draft.From,
            Expires = draft.Until,
            SigningCredentials = _credentials,
            Claims = claims,
        });
    }
}

/// <summary>What a token is to say.</summary>
/// <param name="Tenant">The tenant.</param>
/// <param name="Client">The client.</param>
/// <param name="Scopes">Names of scopes.</param>
/// <param name="User">Whose it is.</param>
/// <param name="Id">Its <c>jti</c>.</param>
/// <param name="FamilyId">The sign-in that it grew from; null for a token without a pair.</param>
/// <param name="From">When it was issued, UTC.</param>
/// <param name="Until">Until when it holds, UTC.</param>
internal sealed record TokenDraft(
    TenantId Tenant, ClientId Client, string[] Scopes, string User, string Id, string? FamilyId, DateTime From, DateTime Until);
