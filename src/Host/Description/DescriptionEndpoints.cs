using System.Security.Cryptography;
using Scalar.AspNetCore;

namespace HeliosSync.Host;

/// <summary>Puts the description of the server's endpoints into a program's routes.</summary>
public static class DescriptionEndpoints
{
    /// <summary>The path of the page that shows the description to people.</summary>
    public const string PagePath = "/docs";

    /// <summary>
    /// Maps the OpenAPI document at <c>/openapi/v1.json</c>, and Scalar's page over it at <see cref="PagePath"/>. Both tell nothing of a
    /// tenant and ask for no token. The page's script comes from this server; a policy of its own keeps it from asking any other.
    /// Needs <see cref="HeliosSyncBuilder.AddHeliosSync"/>.
    /// </summary>
    public static void MapHeliosSyncDescription(this IEndpointRouteBuilder routes)
    {
        var frame = routes.ServiceProvider.GetRequiredService<RequestFrame>();
        var document = routes.ServiceProvider.GetRequiredService<ApiDescription>();
        Endpoint[] described = [new(ApiDescription.Path, HttpMethods.Get, Scopes.None, document.HandleAsync)];
        routes.Map(ApiDescription.Path, frame.Around(described)).WithMetadata(described).AllowAnonymous();
        var page = routes.MapScalarApiReference(PagePath, Configure).AllowAnonymous();
        page.Finally(static endpoint =>
        {
            var inner = endpoint.RequestDelegate!;
            endpoint.RequestDelegate = http =>
            {
                http.Response.Headers[RequestIds.Header] = RequestIds.Of(http.Request.Headers);
                http.Response.Headers.XContentTypeOptions = "nosniff";
                return inner(http);
            };
        });
    }

    private static void Configure(ScalarOptions options, HttpContext http)
    {
        var nonce = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        http.Response.Headers.ContentSecurityPolicy =
            $"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
            + "font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        http.Response.Headers.CacheControl = "no-store";
        options.WithTitle("HeliosSync")
            .WithNonce(nonce)
            .AddDocument("v1", routePattern: ApiDescription.Path)
            .AddPreferredSecuritySchemes("bearer")
            .DisableDefaultFonts()
            .DisableTelemetry()
            .DisableAgent()
            .DisableMcp()
            .HideClientButton();
    }
}
