using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using HeliosSync.Load.Server;

namespace HeliosSync.Integration.Samples;

/// <summary>The sample of the README's "embed": built with the tests, run as a process of its own.</summary>
public sealed class CustomServerTests
{
    [Fact]
    public async Task The_sample_hands_out_a_pair_that_its_own_endpoints_take_and_renew()
    {
        var dataDir = Directory.CreateTempSubdirectory("heliossync-").FullName;
        var start = new ServerStart(dataDir, TestServer.Secret)
        {
            Program = "CustomServer",
            Variables = new Dictionary<string, string> { ["ASPNETCORE_URLS"] = "http://127.0.0.1:0" },
        };
        await using var server = await ServerProcess.StartAsync(start, CancellationToken.None);
        using var http = new HttpClient { BaseAddress = server.Address };
        var login = await http.PostAsync(new Uri("login/phone", UriKind.Relative), null);
        var pair = (await login.Content.ReadFromJsonAsync<JsonObject>())!;
        var renewed = await http.PostAsJsonAsync(
            "api/v1/auth/token/refresh", new JsonObject { ["refresh_token"] = (string?)pair["refresh_token"] });
        var next = (await renewed.Content.ReadFromJsonAsync<JsonObject>())!;
        Assert.NotEqual((string?)pair["refresh_token"], (string?)next["refresh_token"]);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (string?)next["access_token"]);
        using var register = new StringContent(
            """{"type":"register_client","version":1,"client_id":"phone","last_known_lsn":0,"vector_clock":{}}""",
            Encoding.UTF8,
            "application/json");
        var registered = await http.PostAsync(new Uri("api/v1/sync/register", UriKind.Relative), register);
        Assert.Equal(HttpStatusCode.OK, registered.StatusCode);
        Assert.Contains("\"server_node\":\"", await registered.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(0, await server.StopAsync(CancellationToken.None));
        Directory.Delete(dataDir, recursive: true);
    }
}
