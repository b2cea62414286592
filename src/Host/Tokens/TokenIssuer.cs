using HeliosSync.Domain;

namespace HeliosSync.Host;

/// <summary>What a client syncs with, and what it gets the next such pair by.</summary>
/// <param name="AccessToken">The access token.</param>
/// <param name="AccessLifetime">How long that holds from now on.</param>
/// <param name="RefreshToken">The refresh token: good for one use, at <c>POST /api/v1/auth/token/refresh</c>, and for nothing else.</param>
/// <param name="RefreshLifetime">How long that holds from now on.</param>
public sealed record TokenPair(string AccessToken, TimeSpan AccessLifetime, string RefreshToken, TimeSpan RefreshLifetime)
{
    /// <summary>Never with the tokens: a record's own text would have them, and end in a log.</summary>
    public override string ToString() => nameof(TokenPair);
}

/// <summary>
/// Makes pairs of an access token and a refresh token, for a program that signs its users in itself. It is among the services that
/// <see cref="HeliosSyncBuilder.AddHeliosSync"/> adds. Nothing is stored: what is signed is good. Thread-safe.
/// </summary>
public sealed class TokenIssuer
{
    private readonly TokenMint _mint;
    private readonly TokenSettings _settings;
    private readonly TimeProvider _time;

    internal TokenIssuer(TokenMint mint, TokenSettings settings, TimeProvider time) =>
        (_mint, _settings, _time) = (mint, settings, time);

    /// <summary>The pair of a new sign-in.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="client">The client.</param>
    /// <param name="scopes">
    /// What the access token allows, and every later one: <c>sync:read</c>, <c>sync:write</c>, <c>sync:admin</c>. Others throw
    /// <see cref="ArgumentException"/>.
    /// </param>
    /// <param name="user">Whose they are (<c>sub</c>).</param>
    /// <param name="accessLifetime">How long this access token holds; as configured where null.</param>
    public TokenPair IssuePair(
        TenantId tenant, ClientId client, IEnumerable<string> scopes, string user, TimeSpan? accessLifetime = null)
    {
        string[] names = [.. scopes];
        if (Array.Find(names, static n => ScopeNames.Parse(n) is Scopes.None or Scopes.Refresh) is { } wrong)
        {
            throw new ArgumentException($"{wrong} is no scope of an access token.", nameof(scopes));
        }

        // The first refresh token of a family is the one whose jti is the family's name.
        var family = Guid.NewGuid().ToString("D");
        var now = Seconds(_time.GetUtcNow());
        return Pair(new Grant(tenant, client, names, user, family), family, now, now, accessLifetime ?? _settings.AccessLifetime);
    }

    /// <summary>The next pair of the one who calls by a refresh token: it allows no more than that does.</summary>
    /// <param name="caller">Who calls.</param>
    /// <param name="id">The <c>jti</c> of the next refresh token.</param>
    /// <param name="issuedAt">Its <c>iat</c>, seconds since the Unix epoch.</param>
    internal TokenPair Renew(Caller caller, string id, long issuedAt)
    {
        string[] names = [.. ScopeNames.OfAll(caller.Scopes & ~Scopes.Refresh)];
        var marks = caller.Marks;
        return Pair(
            new Grant(caller.Tenant, caller.Client, names, marks.User ?? caller.Client.Value, marks.Family ?? marks.Id!),
            id,
            DateTimeOffset.FromUnixTimeSeconds(issuedAt),
            Seconds(_time.GetUtcNow()),
            _settings.AccessLifetime);
    }

    private TokenPair Pair(Grant grant, string id, DateTimeOffset refreshFrom, DateTimeOffset now, TimeSpan accessLifetime)
    {
        var refreshUntil = refreshFrom + _settings.RefreshLifetime;
        return new TokenPair(
            Mint(grant, grant.Scopes, Guid.NewGuid().ToString("D"), now, now + accessLifetime),
            accessLifetime,
            Mint(grant, [.. grant.Scopes, ScopeNames.Of(Scopes.Refresh)], id, refreshFrom, refreshUntil),
            refreshUntil - now);
    }

    private string Mint(Grant grant, string[] scopes, string id, DateTimeOffset from, DateTimeOffset until) => _mint.Mint(
        new TokenDraft(grant.Tenant, grant.Client, scopes, grant.User, id, grant.Family, from.UtcDateTime, until.UtcDateTime));

    /// <summary>A token's times have whole seconds.</summary>
    private static DateTimeOffset Seconds(DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());

    /// <summary>What both tokens of a pair say.</summary>
    private sealed record Grant(TenantId Tenant, ClientId Client, string[] Scopes, string User, string Family);
}
