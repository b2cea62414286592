using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using HeliosSync.Host;
using HeliosSync.Integration.Documentation;
using Microsoft.Extensions.DependencyInjection;

namespace HeliosSync.Integration.Description;

/// <summary>The examples of the OpenAPI document, sent to a new server in their order, are answered as it describes them.</summary>
public sealed partial class DescribedExampleTests
{
    [Fact]
    public async Task Every_example_gets_the_answer_that_stands_with_it_and_fits_its_schema()
    {
        await using var server = await TestServer.StartAsync();
        var answers = new ShownAnswers();
        var wrong = new List<string>();
        foreach (var (id, example) in Document.Story)
        {
            var operation = Document.Operations.Values.Single(o => o.Id == id);
            var shown = operation.Shown.Single(s => s.Name == example);
            var (status, given) = await SendAsync(server, operation, shown, answers);
            var faults = status == shown.Status
                ? Differences(answers, shown.Value, given).Concat(Schemas.FaultsOfAnswer(SchemaOf(shown), DataOf(given)))
                : [$"{status} instead of {shown.Status}: {given}"];
            wrong.AddRange(faults.Select(fault => $"{id}, {example}: {fault}"));
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void Every_operation_and_each_of_its_examples_is_in_the_story()
    {
        var shown = Document.Operations.Values.SelectMany(static o => o.Shown.Select(s => (o.Id, s.Name)));
        Assert.Equal(shown.Order(), Document.Story.Order());
        var silent = Document.Operations.Values.Where(static o => !o.Shown.Any()).Select(static o => o.Name);
        // The document does not show itself.
        Assert.Equal(["GET /openapi/v1.json"], silent);
    }

    [Fact]
    public void Every_body_that_is_shown_fits_its_schema()
    {
        var wrong = Document.Operations.Values.Where(static o => o.Node["requestBody"] is not null)
            .SelectMany(static o => o.Shown.SelectMany(s => Schemas
                .FaultsOfRequest(o.Node["requestBody"]!["content"]!["application/json"]!["schema"]!, o.BodyOf(s.Name)!)
                .Select(fault => $"{o.Id}, {s.Name}: {fault}")));
        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData("""{"success":true,"timestamp":1,"head_lsn":2,"new":3}""")]
    [InlineData("""{"success":true,"timestamp":1}""")]
    [InlineData("""{"success":true,"timestamp":1,"head_lsn":"2"}""")]
    [InlineData("""{"success":false,"timestamp":1,"head_lsn":2}""")]
    public void An_answer_that_is_not_as_described_is_seen(string answer) =>
        Assert.NotEmpty(Schemas.FaultsOfAnswer(new JsonObject { ["$ref"] = "#/components/schemas/HeartbeatAnswer" }, answer));

    /// <summary>Times of the server, and what hangs on them, need only be there.</summary>
    private static IEnumerable<string> Differences(ShownAnswers answers, string shown, string given) =>
        answers.Differences(DataOf(shown), DataOf(given)).Where(static d => !OfTime().IsMatch(d));

    /// <summary>Of an event of a stream, what it brings; the rest of it is <see cref="Protocol.StreamTests"/>' affair.</summary>
    private static string DataOf(string answer) =>
        answer.StartsWith("id: ", StringComparison.Ordinal) ? answer.Split("data: ")[1] : answer;

    private static string RefreshToken(TestServer server) => server.Services.GetRequiredService<TokenIssuer>()
        .IssuePair(Ids.Tenant("demo"), Ids.Client("phone-a"), ["sync:read", "sync:write"], "tester").RefreshToken;

    private static JsonNode SchemaOf(ShownAnswer shown) => shown.Media == "text/event-stream"
        ? new JsonObject { ["$ref"] = "#/components/schemas/Page" }
        : shown.Schema;

    private static async Task<(int Status, string Answer)> SendAsync(
        TestServer server, Operation operation, ShownAnswer shown, ShownAnswers answers)
    {
        var address = new Uri(server.Address, operation.AddressOf(shown.Name));
        using var request = new HttpRequestMessage(new HttpMethod(operation.Method), address);
        if (operation.BodyOf(shown.Name) is { } body)
        {
            // No token can stand in a document: it would have run out.
            var real = answers.Real(body).Replace("REFRESH-TOKEN", RefreshToken(server), StringComparison.Ordinal);
            request.Content = new StringContent(real, Encoding.UTF8, "application/json");
        }

        if (shown.Client is { } client)
        {
            var scopes = client == "ops" ? "sync:admin" : "sync:read,sync:write";
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", server.Token(client, scopes: scopes));
        }

        using var response = await server.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.True(response.Headers.Contains("X-Request-ID"), operation.Name);
        Assert.Equal(shown.Media, response.Content.Headers.ContentType!.MediaType);
        if (shown.Media == "application/json")
        {
            return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
        }

        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        return ((int)response.StatusCode, $"{await reader.ReadLineAsync()}\n{await reader.ReadLineAsync()}\n\n");
    }

    [GeneratedRegex(
        "^[^:]*/(registered_at|last_seen|as_of|at|unacknowledged_ms|bytes|bytes_removed|issued_up_to|access_token|refresh_token): ")]
    private static partial Regex OfTime();
}
