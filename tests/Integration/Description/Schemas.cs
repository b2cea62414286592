using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;

namespace HeliosSync.Integration.Description;

/// <summary>
/// The schemas of the document, for validating. Those of answers are closed, so that a field that none of them names is a fault; those of
/// requests are left open, for unknown fields are ignored.
/// </summary>
internal static class Schemas
{
    private static readonly EvaluationOptions Options = new() { OutputFormat = OutputFormat.List, RequireFormatValidation = true };

    /// <summary>What does not hold of an answer, a line each.</summary>
    public static IEnumerable<string> FaultsOfAnswer(JsonNode schema, string json) => Faults(schema, json, closed: true);

    /// <summary>What does not hold of a request, a line each.</summary>
    public static IEnumerable<string> FaultsOfRequest(JsonNode schema, string json) => Faults(schema, json, closed: false);

    private static IEnumerable<string> Faults(JsonNode schema, string json, bool closed)
    {
        var whole = schema.DeepClone().AsObject();
        whole["$defs"] = Document.Root["components"]!["schemas"]!.DeepClone();
        Adapt(whole, closed);
        using var instance = JsonDocument.Parse(json);
        var results = JsonSchema.FromText(whole.ToJsonString()).Evaluate(instance.RootElement, Options);
        return results.IsValid
            ? []
            : results.Details!.Where(static d => d.Errors is { Count: > 0 })
                .SelectMany(static d => d.Errors!.Select(e => $"{d.InstanceLocation}: {e.Value} ({d.EvaluationPath})"));
    }

    private static void Adapt(JsonNode? node, bool closed)
    {
        if (node is JsonArray array)
        {
            foreach (var item in array)
            {
                Adapt(item, closed);
            }
        }

        if (node is not JsonObject here)
        {
            return;
        }

        if (here["$ref"] is JsonValue reference)
        {
            here["$ref"] = ((string)reference!).Replace("#/components/schemas/", "#/$defs/", StringComparison.Ordinal);
        }

        if (closed && here["properties"] is JsonObject && here["type"] is JsonValue)
        {
            here["additionalProperties"] = false;
        }

        foreach (var (_, value) in here.ToList())
        {
            Adapt(value, closed);
        }
    }
}
