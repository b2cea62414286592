using Microsoft.AspNetCore.Cors.Infrastructure;

namespace HeliosSync.Host;

/// <summary>
/// Lets scripts of the configured web pages call the server (Fetch standard, CORS). Without any, which is the default, browsers keep
/// answers from all of them. No cookies are ever used, so credentials in CORS's sense are not allowed.
/// </summary>
internal static class Cors
{
    /// <summary>Browsers keep the answer to a preflight so long at most.</summary>
    private static readonly TimeSpan PreflightKept = TimeSpan.FromHours(2);

    private static readonly string[] Sent =
    [
        "Authorization", "Content-Type", "Content-Encoding", "Accept", "Last-Event-ID", RequestIds.Header,
    ];

    private static readonly string[] Read =
    [
        "Retry-After", RequestIds.Header, "RateLimit", "RateLimit-Policy", "WWW-Authenticate",
    ];

    /// <summary>Answers preflights, and marks answers to such pages. Before the endpoints, so that a preflight needs no token.</summary>
    public static void UseCors(this WebApplication app, IReadOnlyList<string> origins)
    {
        if (origins.Count > 0)
        {
            app.UseCors(policy => Allow(policy, origins));
        }
    }

    private static void Allow(CorsPolicyBuilder policy, IReadOnlyList<string> origins)
    {
        _ = origins.Contains(WebOrigins.All) ? policy.AllowAnyOrigin() : policy.WithOrigins([.. origins]);
        policy
            .WithMethods(HttpMethods.Get, HttpMethods.Post, HttpMethods.Put, HttpMethods.Delete)
            .WithHeaders(Sent)
            .WithExposedHeaders(Read)
            .SetPreflightMaxAge(PreflightKept);
    }
}
