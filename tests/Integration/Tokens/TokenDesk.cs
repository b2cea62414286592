using System.Net.Http.Json;
using System.Text.Json.Nodes;
using HeliosSync.Host;
using HeliosSync.Integration.Protocol.Rig;
using Microsoft.Extensions.DependencyInjection;

namespace HeliosSync.Integration.Tokens;

/// <summary>A server's endpoints for tokens, as a client sees them.</summary>
internal sealed class TokenDesk(TestServer server)
{
    public const string All = "sync:read,sync:write,sync:admin";

    /// <summary>The pair of a new sign-in.</summary>
    public TokenPair SignIn(string client = "c", string tenant = "a", string scopes = "sync:read,sync:write") =>
        server.Services.GetRequiredService<TokenIssuer>()
            .IssuePair(Ids.Tenant(tenant), Ids.Client(client), scopes.Split(','), "someone");

    /// <summary>A client with that token; the server need not know it.</summary>
    public Device Device(string token, string client = "c") => new(server.Http, client, token);

    public Device Admin(string tenant = "a") => Device(server.Token("admin", tenant, All), "admin");

    public Task<Answer> RefreshAsync(string token, Guid? messageId = null, JsonObject? with = null)
    {
        var body = new JsonObject { ["refresh_token"] = token };
        if (messageId is { } id)
        {
            body["message_id"] = id.ToString("D");
        }

        return PostAsync("token/refresh", body.With(with), null);
    }

    public Task<Answer> RevokeAsync(JsonObject body, string? token = null) =>
        PostAsync("revoke", body, token ?? server.Token("admin", "a", "sync:admin"));

    public async Task<Answer> PostAsync(string path, JsonObject body, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server.Address, $"/api/v1/auth/{path}"));
        request.Content = JsonContent.Create(body);
        await request.Content.LoadIntoBufferAsync();
        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        }

        using var response = await server.Http.SendAsync(request);
        return await Answer.OfAsync(response);
    }

    /// <summary>Whether a token is taken: 200, or 401 as it has to be.</summary>
    public async Task<bool> HoldsAsync(string token, string client = "c")
    {
        var answer = await Device(token, client).RegisterAsync();
        if (answer.Status != 200)
        {
            answer.Refused(401, "UNAUTHORIZED");
        }

        return answer.Status == 200;
    }
}
