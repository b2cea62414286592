using HeliosSync.Domain;
using HeliosSync.Host;

// An application that also syncs: its own endpoints and HeliosSync's share one process and one port.
// JWT_SECRET, DATA_DIR and the other variables are read as by the server itself; what the code says comes last.
var builder = WebApplication.CreateBuilder(args);
builder.AddHeliosSync(options => options.AllowedTenants.Add("my-tenant"));

var app = builder.Build();
app.MapHeliosSync();

// The application signs its users in as it always did, and hands out the tokens that their replicas sync with.
// They renew the pair by themselves, at POST /api/v1/auth/token/refresh.
app.MapPost("/login/{client}", (string client, TokenIssuer issuer) =>
    TenantId.TryParse("my-tenant", out var tenant) && ClientId.TryParse(client, out var id)
        && issuer.IssuePair(tenant, id, ["sync:read", "sync:write"], user: client) is var pair
        ? Results.Json(new { access_token = pair.AccessToken, refresh_token = pair.RefreshToken })
        : Results.BadRequest());

await app.RunAsync();
