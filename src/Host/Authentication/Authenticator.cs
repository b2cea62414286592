using System.Text;
using HeliosSync.Actors.Tokens;
using HeliosSync.Domain;
using Microsoft.AspNetCore.Authentication;
using Microsoft.IdentityModel.Tokens;

namespace HeliosSync.Host;

/// <summary>Judges a request's token, before anything of its body is read (protocol 2).</summary>
internal sealed class Authenticator(
    Settings settings,
    BearerSetup bearer,
    KnownTokens known,
    RateLimits rates,
    TokenKeeper keeper,
    SyncService service,
    TimeProvider time)
{
    private const string RevokedReason = "The token was revoked: get a new one.";

    /// <summary>Characters of the <c>jti</c> and the family of a refresh token: they are stored.</summary>
    private const int IdCharsMax = 128;

    /// <summary>Seconds after which a token is too old, whatever its own end: revocations are not kept longer.</summary>
    private static readonly long AgeMax = (long)TokenStore.Kept.TotalSeconds;

    /// <summary>Who calls; or why not, with <c>WWW-Authenticate</c> set in the answer.</summary>
    public async ValueTask<(GoodToken? Token, Refusal? Refusal)> AuthenticateAsync(HttpContext http, Scopes needed)
    {
        var header = http.Request.Headers.Authorization is [{ } only] ? only : "";
        if (known.Find(header) is not { } good)
        {
            var (judged, unfit) = await JudgeAsync(http, isRefresh: false);
            if (judged is null)
            {
                return (null, unfit);
            }

            known.Add(header, judged);
            good = judged;
        }

        var caller = good.Caller;
        if (keeper.IsRevoked(caller))
        {
            return (good, Revoked(http));
        }

        if (NotServed(caller) is { } notServed)
        {
            return (good, notServed);
        }

        if (caller.Scopes.HasFlag(needed))
        {
            return (good, null);
        }

        var scope = ScopeNames.Of(needed);
        Challenge(http, "insufficient_scope", $"This call needs the scope {scope}.", scope);
        return (good, new Refusal(ErrorCode.InsufficientScope, $"This call needs the scope {scope}.", $"scope: {scope}"));
    }

    /// <summary>
    /// Who wants a new pair of tokens, by a refresh token; or why not. Whether it is revoked is told where it is used. It is not
    /// remembered: it comes once.
    /// </summary>
    public async ValueTask<(GoodToken? Token, Refusal? Refusal)> AuthenticateRefreshAsync(HttpContext http, string token)
    {
        http.Features.Set(new OfferedToken($"Bearer {token}"));
        var (good, refusal) = await JudgeAsync(http, isRefresh: true);
        if (good is null)
        {
            return (null, refusal);
        }

        var marks = good.Caller.Marks;
        return marks.Id is null || marks.Id.Length > IdCharsMax || marks.Family?.Length > IdCharsMax
            ? (null, Invalid(http, "The refresh token has no jti, or one that is too long."))
            : (good, NotServed(good.Caller));
    }

    /// <summary>The refusal of a revoked token, with <c>WWW-Authenticate</c> set in the answer.</summary>
    public static Refusal Revoked(HttpContext http) => Invalid(http, RevokedReason);

    /// <summary>The refusal of a token that does not hold, with <c>WWW-Authenticate</c> set in the answer.</summary>
    public static Refusal Invalid(HttpContext http, string reason)
    {
        Challenge(http, "invalid_token", reason);
        return new Refusal(ErrorCode.Unauthorized, reason);
    }

    /// <summary>A token that is not known, or why it is none; an address that shows too many of those is turned away.</summary>
    private async ValueTask<(GoodToken? Token, Refusal? Refusal)> JudgeAsync(HttpContext http, bool isRefresh)
    {
        if (rates.AdmitStranger(http) is { } tooMany)
        {
            return (null, tooMany);
        }

        await service.Server.Work.GiveWayAsync();
        var result = await bearer.JudgeAsync(http);
        var good = result.Succeeded ? http.Features.Get<GoodToken>() : null;
        var refusal = good is null ? Unauthorized(http, result) : Unfit(http, good, isRefresh);
        if (refusal is not null)
        {
            rates.NoteStranger(http);
        }

        return (refusal is null ? good : null, refusal);
    }

    /// <summary>Why a token that is signed as it should be, and holds by its times, is not taken; null where it is.</summary>
    private Refusal? Unfit(HttpContext http, GoodToken good, bool isRefresh)
    {
        if (good.Caller.Scopes.HasFlag(Scopes.Refresh) != isRefresh)
        {
            return Invalid(http, isRefresh ? "An access token is no refresh token." : "A refresh token is no access token.");
        }

        var now = time.GetUtcNow();
        var issuedAt = good.Caller.Marks.IssuedAt;
        if (BearerSetup.IsEarly(DateTimeOffset.FromUnixTimeSeconds(issuedAt).UtcDateTime, now.UtcDateTime))
        {
            // It would slip through every revocation of what was issued up to now.
            return Invalid(http, "The token's iat is ahead.");
        }

        return issuedAt != 0 && now.ToUnixTimeSeconds() - issuedAt > AgeMax
            ? Invalid(http, "The token is older than a token may be.")
            : null;
    }

    private Refusal? NotServed(Caller caller) => settings.Tenants is { } tenants && !tenants.Contains(caller.Tenant)
        ? new Refusal(ErrorCode.TenantNotAllowed, "The token's tenant is not served here.")
        : null;

    private static Refusal Unauthorized(HttpContext http, AuthenticateResult result)
    {
        if (result.None)
        {
            const string None = "This call needs a token.";
            Challenge(http, "invalid_request", None);
            return new Refusal(ErrorCode.Unauthorized, None, "Send it as Authorization: Bearer <token>.");
        }

        return Invalid(http, ReasonOf(result.Failure));
    }

    /// <summary>Our own words for the library's: its messages may carry parts of the token.</summary>
    private static string ReasonOf(Exception? failure) => failure switch
    {
        AuthenticationFailureException ours => ours.Message,
        SecurityTokenExpiredException => "The token has expired.",
        SecurityTokenNotYetValidException => "The token is not valid yet.",
        SecurityTokenInvalidIssuerException => $"The token's issuer is not {BearerSetup.Issuer}.",
        SecurityTokenInvalidAudienceException => $"The token's audience is not {BearerSetup.Audience}.",
        _ => "The token's signature does not hold.",
    };

    private static void Challenge(HttpContext http, string error, string description, string? scope = null)
    {
        var header = new StringBuilder("Bearer realm=\"heliossync\", error=\"").Append(error)
            .Append("\", error_description=\"").Append(description).Append('"');
        if (scope is not null)
        {
            header.Append(", scope=\"").Append(scope).Append('"');
        }

        http.Response.Headers.WWWAuthenticate = header.ToString();
    }
}
