using HeliosSync.Domain;

namespace HeliosSync.Actors.Tokens;

/// <summary>What a revocation is of. The numbers are stored.</summary>
public enum RevokedKind
{
    /// <summary>One token, by its <c>jti</c>.</summary>
    Token = 0,

    /// <summary>All tokens of one client that were issued up to then.</summary>
    Client = 1,

    /// <summary>All tokens of a tenant that were issued up to then.</summary>
    Tenant = 2,

    /// <summary>All tokens that grew from one sign-in: a refresh token of it came a second time.</summary>
    Family = 3,
}

/// <summary>What is to be revoked; always within one tenant.</summary>
/// <param name="Tenant">The tenant.</param>
/// <param name="Kind">What the id is of.</param>
/// <param name="Id">The <c>jti</c>, the client's id or the family; empty for a whole tenant.</param>
public readonly record struct Revocation(TenantId Tenant, RevokedKind Kind, string Id);

/// <summary>What the store knows a token by.</summary>
/// <param name="Tenant">Its tenant.</param>
/// <param name="Client">Its client.</param>
/// <param name="Id">Its <c>jti</c>; null where it has none, and cannot be revoked by it.</param>
/// <param name="Family">What it grew from; null where that is not said.</param>
/// <param name="IssuedAt">Its <c>iat</c>, seconds since the Unix epoch; 0 where it has none: then every revocation is younger.</param>
public readonly record struct TokenName(TenantId Tenant, ClientId Client, string? Id, string? Family, long IssuedAt);

/// <summary>A revocation as it is kept.</summary>
/// <param name="What">What is revoked.</param>
/// <param name="UpTo">Tokens with an <c>iat</c> up to this second are; the greatest number where it does not depend on that.</param>
/// <param name="Until">When it can be dropped, seconds since the Unix epoch: no token that it is of holds any more.</param>
internal readonly record struct Revoked(Revocation What, long UpTo, long Until);
