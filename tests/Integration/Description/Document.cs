using System.Text.Json.Nodes;
using HeliosSync.Integration.Documentation;

namespace HeliosSync.Integration.Description;

/// <summary>The committed OpenAPI document.</summary>
internal static class Document
{
    public static string Text { get; } = File.ReadAllText(Path.Combine(Page.Root, "src/Host/Description/openapi.json"));

    public static JsonNode Root { get; } = JsonNode.Parse(Text)!;

    /// <summary>Its operations, by method and path: <c>POST /api/v1/sync/push</c>.</summary>
    public static IReadOnlyDictionary<string, Operation> Operations { get; } = Root["paths"]!.AsObject()
        .SelectMany(static path => path.Value!.AsObject()
            .Select(method => new Operation(method.Key.ToUpperInvariant(), path.Key, method.Value!)))
        .ToDictionary(static o => o.Name);

    /// <summary>The examples in the order in which they are one story: an operation's id, and the example's name.</summary>
    public static IReadOnlyList<(string Operation, string Example)> Story { get; } =
        [.. Root["x-story"]!.AsArray().Select(static step => ((string)step![0]!, (string)step[1]!))];

    /// <summary>What a <c>$ref</c> stands for; the node itself where it is none.</summary>
    public static JsonNode Resolve(JsonNode node)
    {
        if ((string?)node["$ref"] is not { } reference)
        {
            return node;
        }

        return reference.Split('/').Skip(1).Aggregate(Root, static (at, name) => at[name]!);
    }
}

/// <summary>One operation of the document.</summary>
internal sealed record Operation(string Method, string Path, JsonNode Node)
{
    public string Name => $"{Method} {Path}";

    public string Id => (string)Node["operationId"]!;

    /// <summary>The codes of the errors that it may be answered with.</summary>
    public IEnumerable<string> Codes => Node["x-error-codes"]!.AsArray().Select(static c => (string)c!);

    /// <summary>The scopes that a token needs, a set for each way to be let in: an empty one for none.</summary>
    public IEnumerable<string> Security => Node["security"]!.AsArray().Select(static way =>
        string.Join(' ', way!.AsObject().SelectMany(static scheme => scheme.Value!.AsArray()).Select(static s => (string)s!)));

    /// <summary>Its answers: status and what is said of it.</summary>
    public IEnumerable<(int Status, JsonNode Answer)> Answers => Node["responses"]!.AsObject()
        .Select(static r => (int.Parse(r.Key, System.Globalization.CultureInfo.InvariantCulture), Document.Resolve(r.Value!)));

    /// <summary>The answers that are shown: status, name, media type, its schema, the example.</summary>
    public IEnumerable<ShownAnswer> Shown => Answers.SelectMany(static a => a.Answer["content"]!.AsObject().SelectMany(media =>
        (media.Value!["examples"]?.AsObject() ?? []).Select(e =>
            new ShownAnswer(a.Status, e.Key, media.Key, media.Value["schema"]!, e.Value!))));

    /// <summary>The request's body that is shown under that name; null where there is none.</summary>
    public string? BodyOf(string example) =>
        Node["requestBody"]?["content"]!["application/json"]!["examples"]?[example]?["value"]!.ToJsonString();

    /// <summary>The path and query with the parameters that are shown under that name.</summary>
    public string AddressOf(string example)
    {
        var (path, query) = (Path, new List<string>());
        foreach (var parameter in Node["parameters"]?.AsArray() ?? [])
        {
            if (parameter!["examples"]?[example]?["value"]?.ToString() is not { } value)
            {
                continue;
            }

            var name = (string)parameter["name"]!;
            if ((string)parameter["in"]! == "path")
            {
                path = path.Replace($"{{{name}}}", value, StringComparison.Ordinal);
            }
            else
            {
                query.Add($"{name}={value}");
            }
        }

        return query.Count == 0 ? path : $"{path}?{string.Join('&', query)}";
    }
}

/// <summary>An answer that the document shows.</summary>
internal sealed record ShownAnswer(int Status, string Name, string Media, JsonNode Schema, JsonNode Example)
{
    /// <summary>Who asked: a client of the tenant demo, <c>ops</c> with <c>sync:admin</c> alone; null without a token.</summary>
    public string? Client => (string?)Example["x-client"];

    public string Value => Media == "application/json" ? Example["value"]!.ToJsonString() : (string)Example["value"]!;
}
