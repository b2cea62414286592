using HeliosSync.Domain;

namespace HeliosSync.Host;

/// <summary>What a token allows (protocol 2).</summary>
[Flags]
internal enum Scopes
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary><c>sync:read</c>: pull, heartbeat, register.</summary>
    Read = 1,

    /// <summary><c>sync:write</c>: push.</summary>
    Write = 2,

    /// <summary><c>sync:admin</c>: conflict policies, to see all clients, and forget them.</summary>
    Admin = 4,

    /// <summary><c>refresh</c>: to get another token, and for nothing else.</summary>
    Refresh = 8,
}

/// <summary>Who calls, by a token that held.</summary>
/// <param name="Tenant">The tenant it belongs to.</param>
/// <param name="Client">The replica it speaks for.</param>
/// <param name="Scopes">What it may do.</param>
internal sealed record Caller(TenantId Tenant, ClientId Client, Scopes Scopes)
{
    /// <summary>What the token can be revoked by.</summary>
    public TokenMarks Marks { get; init; } = new(null, null, null, 0);
}

/// <summary>What a token can be revoked by, beside its tenant and client; and when that was last looked at.</summary>
/// <param name="id">Its <c>jti</c>; null where it has none.</param>
/// <param name="family">The sign-in that it grew from; null where that is not said.</param>
/// <param name="user">A refresh token's <c>sub</c>; null for others.</param>
/// <param name="issuedAt">Its <c>iat</c>, seconds since the Unix epoch; 0 where it has none.</param>
internal sealed class TokenMarks(string? id, string? family, string? user, long issuedAt)
{
    private long _clearedAt;

    /// <summary>Its <c>jti</c>; null where it has none.</summary>
    public string? Id => id;

    /// <summary>The sign-in that it grew from; null where that is not said.</summary>
    public string? Family => family;

    /// <summary>A refresh token's <c>sub</c>; null for others.</summary>
    public string? User => user;

    /// <summary>Its <c>iat</c>, seconds since the Unix epoch; 0 where it has none.</summary>
    public long IssuedAt => issuedAt;

    /// <summary>The generation of the table of revocations in which it was last looked for, and not found.</summary>
    public long ClearedAt
    {
        get => Volatile.Read(ref _clearedAt);
        set => Volatile.Write(ref _clearedAt, value);
    }
}

/// <summary>A token that held.</summary>
/// <param name="Caller">Who calls by it.</param>
/// <param name="From">It holds from then on, UTC.</param>
/// <param name="Until">It holds until then, UTC.</param>
internal sealed record GoodToken(Caller Caller, DateTime From, DateTime Until);

/// <summary>The scopes' names on the wire.</summary>
internal static class ScopeNames
{
    /// <summary>The scope of that name; none where the name is unknown, for a later version may know it.</summary>
    public static Scopes Parse(string name) => name switch
    {
        "sync:read" => Scopes.Read,
        "sync:write" => Scopes.Write,
        "sync:admin" => Scopes.Admin,
        "refresh" => Scopes.Refresh,
        _ => Scopes.None,
    };

    /// <summary>The names of all that are in there.</summary>
    public static IEnumerable<string> OfAll(Scopes scopes) =>
        Enum.GetValues<Scopes>().Where(scope => scope != Scopes.None && scopes.HasFlag(scope)).Select(Of);

    /// <summary>The name of one scope.</summary>
    public static string Of(Scopes scope) => scope switch
    {
        Scopes.Read => "sync:read",
        Scopes.Write => "sync:write",
        Scopes.Admin => "sync:admin",
        Scopes.Refresh => "refresh",
        _ => throw new ArgumentOutOfRangeException(nameof(scope)),
    };
}
