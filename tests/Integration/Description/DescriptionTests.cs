using System.Net;
using System.Text.Json.Nodes;
using HeliosSync.Domain;
using HeliosSync.Host;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace HeliosSync.Integration.Description;

/// <summary>The OpenAPI document and the server say the same.</summary>
public sealed class DescriptionTests(TestServer server) : IClassFixture<TestServer>
{
    /// <summary>Of the routes themselves, wherever they were mapped: an endpoint that is not described is found here.</summary>
    [Fact]
    public void Every_endpoint_is_described_with_the_scope_that_it_asks_for_and_no_other_is()
    {
        var described = Document.Operations.Values.Select(static o => $"{o.Name}: {string.Join(", ", o.Security)}");
        Assert.Equal(Mapped().Order(), described.Order());
    }

    [Fact]
    public void Every_error_code_stands_in_the_document_with_the_status_that_it_has()
    {
        var known = Document.Root["components"]!["schemas"]!["ErrorCode"]!["enum"]!.AsArray().Select(static c => (string)c!);
        Assert.Equal(Statuses.Keys.Order(), known.Order());
        Assert.All(Document.Operations.Values, static o =>
        {
            var statuses = o.Codes.Select(static c => Statuses[c]).Append(200).Distinct().Order();
            Assert.Equal(statuses, o.Answers.Select(static a => a.Status).Order());
        });
        // Another method is no operation of the document, so it describes no answer to one.
        var told = Document.Operations.Values.SelectMany(static o => o.Codes).Append("METHOD_NOT_ALLOWED").Distinct();
        Assert.Equal(Statuses.Keys.Order(), told.Order());
    }

    [Fact]
    public void Whatever_asks_to_come_back_is_described_with_the_header_that_says_when()
    {
        var retried = Enum.GetValues<ErrorCode>().Select(ErrorCatalogue.Of).Where(static e => e.Retry)
            .Select(static e => e.Status).ToHashSet();
        Assert.All(Document.Operations.Values.SelectMany(static o => o.Answers), answer =>
            Assert.Equal(retried.Contains(answer.Status), answer.Answer["headers"]!["Retry-After"] is not null));
    }

    [Fact]
    public async Task The_server_gives_the_document_and_a_reader_of_openapi_finds_no_fault_in_it()
    {
        using var response = await server.Http.GetAsync(new Uri(server.Address, "/openapi/v1.json"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.True(response.Headers.Contains("X-Request-ID"));
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(text), Document.Root));
        var read = OpenApiDocument.Parse(text, OpenApiConstants.Json);
        Assert.Empty(read.Diagnostic!.Errors.Select(static e => $"{e.Pointer}: {e.Message}"));
        Assert.Equal(OpenApiSpecVersion.OpenApi3_1, read.Diagnostic.SpecificationVersion);
        Assert.Equal(Document.Root["paths"]!.AsObject().Count, read.Document!.Paths.Count);
    }

    [Theory]
    [InlineData("POST", "openapi/v1.json", HttpStatusCode.MethodNotAllowed)]
    [InlineData("GET", "openapi/v2.json", HttpStatusCode.NotFound)]
    public async Task What_is_not_there_has_the_error_body(string method, string path, HttpStatusCode status)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(server.Address, path));
        using var response = await server.Http.SendAsync(request);
        Assert.Equal(status, response.StatusCode);
        Assert.Empty(Schemas.FaultsOfAnswer(
            new JsonObject { ["$ref"] = "#/components/schemas/Error" }, await response.Content.ReadAsStringAsync()));
    }

    private static Dictionary<string, int> Statuses { get; } =
        Enum.GetValues<ErrorCode>().Select(ErrorCatalogue.Of).ToDictionary(static e => e.Name, static e => e.Status);

    private IEnumerable<string> Mapped()
    {
        var routes = server.Services.GetServices<EndpointDataSource>().SelectMany(static s => s.Endpoints).OfType<RouteEndpoint>();
        foreach (var route in routes)
        {
            var path = "/" + route.RoutePattern.RawText!.TrimStart('/');
            // The catch-alls are there to say 404, and Scalar's page is for people.
            if (path.Contains("{**", StringComparison.Ordinal) || path.StartsWith(DescriptionEndpoints.PagePath, StringComparison.Ordinal))
            {
                continue;
            }

            var endpoints = route.Metadata.OfType<Endpoint>().ToList();
            Assert.True(endpoints.Count > 0, $"{path} is mapped without its endpoints as metadata: nobody can tell what it takes.");
            foreach (var endpoint in endpoints)
            {
                string[] ways = endpoint.HeldWithoutToken ? [ScopeOf(endpoint), ""]
                    : endpoint.Scope == Scopes.None ? []
                    : [ScopeOf(endpoint)];
                yield return $"{endpoint.Method} {path}: {string.Join(", ", ways)}";
            }
        }
    }

    private static string ScopeOf(Endpoint endpoint) => endpoint.Scope switch
    {
        Scopes.Read => "sync:read",
        Scopes.Write => "sync:write",
        Scopes.Admin => "sync:admin",
        _ => "refresh",
    };
}
