namespace HeliosSync.Host;

/// <summary>The endpoints for tokens: beside the protocol's own, framed like those.</summary>
internal static class TokenEndpoints
{
    /// <summary>The path that they are below.</summary>
    public const string BasePath = "/api/v1/auth";

    /// <summary>Adds what knows of tokens that are revoked, and makes pairs.</summary>
    public static IServiceCollection AddTokens(this IServiceCollection services)
    {
        services.AddSingleton(static s => new TokenIssuer(
            s.GetRequiredService<TokenMint>(), s.GetRequiredService<Settings>().Tokens, s.GetRequiredService<TimeProvider>()));
        services.AddSingleton<TokenKeeper>();
        services.AddHostedService(static s => s.GetRequiredService<TokenKeeper>());
        services.AddSingleton<RefreshEndpoint>();
        services.AddSingleton<RevokeEndpoint>();
        return services;
    }

    /// <summary>Maps them.</summary>
    public static void MapTokens(this IEndpointRouteBuilder routes)
    {
        var services = routes.ServiceProvider;
        var frame = services.GetRequiredService<RequestFrame>();
        var group = routes.MapGroup(BasePath);
        Endpoint[] endpoints =
        [
            new("/auth/token/refresh", HttpMethods.Post, Scopes.None, services.GetRequiredService<RefreshEndpoint>().HandleAsync),
            new("/auth/revoke", HttpMethods.Post, Scopes.Admin, services.GetRequiredService<RevokeEndpoint>().HandleAsync),
        ];
        foreach (var endpoint in endpoints)
        {
            group.Map(endpoint.Path["/auth".Length..], frame.Around(endpoint)).WithMetadata(endpoint);
        }

        group.Map("/{**rest}", frame.Around(RequestFrame.Nowhere));
        group.AllowAnonymous();
    }
}
