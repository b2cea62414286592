using System.Text;
using HeliosSync.Domain;
using Microsoft.AspNetCore.Authentication;
using Microsoft.IdentityModel.Tokens;

namespace HeliosSync.Host;

/// <summary>Judges a request's token, before anything of its body is read (protocol 2).</summary>
internal sealed class Authenticator(
    Settings settings, BearerSetup bearer, KnownTokens known, RateLimits rates, SyncService service)
{
    /// <summary>Who calls; or why not, with <c>WWW-Authenticate</c> set in the answer.</summary>
    public async ValueTask<(GoodToken? Token, Refusal? Refusal)> AuthenticateAsync(HttpContext http, Scopes needed)
    {
        var header = http.Request.Headers.Authorization is [{ } only] ? only : "";
        if (known.Find(header) is not { } good)
        {
            if (rates.AdmitStranger(http) is { } tooMany)
            {
                return (null, tooMany);
            }

            await service.Server.Work.GiveWayAsync();
            var result = await bearer.JudgeAsync(http);
            if (!result.Succeeded || http.Features.Get<GoodToken>() is not { } judged)
            {
                rates.NoteStranger(http);
                return (null, Unauthorized(http, result));
            }

            known.Add(header, judged);
            good = judged;
        }

        var caller = good.Caller;

        if (settings.Tenants is { } tenants && !tenants.Contains(caller.Tenant))
        {
            return (good, new Refusal(ErrorCode.TenantNotAllowed, "The token's tenant is not served here."));
        }

        if (caller.Scopes.HasFlag(needed))
        {
            return (good, null);
        }

        var scope = ScopeNames.Of(needed);
        Challenge(http, "insufficient_scope", $"This call needs the scope {scope}.", scope);
        return (good, new Refusal(ErrorCode.InsufficientScope, $"This call needs the scope {scope}.", $"scope: {scope}"));
    }

    private static Refusal Unauthorized(HttpContext http, AuthenticateResult result)
    {
        if (result.None)
        {
            const string None = "This call needs a token.";
            Challenge(http, "invalid_request", None);
            return new Refusal(ErrorCode.Unauthorized, None, "Send it as Authorization: Bearer <token>.");
        }

        var reason = ReasonOf(result.Failure);
        Challenge(http, "invalid_token", reason);
        return new Refusal(ErrorCode.Unauthorized, reason);
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
