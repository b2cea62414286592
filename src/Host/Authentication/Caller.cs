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
internal sealed record Caller(TenantId Tenant, ClientId Client, Scopes Scopes);

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
