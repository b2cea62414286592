using System.Text;
using System.Text.Json.Nodes;

namespace HeliosSync.Integration.Protocol.Rig;

/// <summary>Values out of JSON, by name: a field that is missing or of another kind fails the test that asks for it.</summary>
internal static class Values
{
    public static long Long(this JsonObject json, string name) => json.Field(name).GetValue<long>();

    public static bool Flag(this JsonObject json, string name) => json.Field(name).GetValue<bool>();

    public static string Text(this JsonObject json, string name) => json.Field(name).GetValue<string>();

    public static string? TextOrNull(this JsonObject json, string name) =>
        json.TryGetPropertyValue(name, out var value) ? value?.GetValue<string>() : throw Missing(json, name);

    public static JsonObject Object(this JsonObject json, string name) => json.Field(name).AsObject();

    public static JsonObject[] Objects(this JsonObject json, string name) =>
        [.. json.Field(name).AsArray().Select(static item => item!.AsObject())];

    public static List<long> Longs(this JsonObject json, string name) =>
        [.. json.Field(name).AsArray().Select(static item => item!.GetValue<long>())];

    /// <summary>A vector clock, sorted by node, so that two are easily compared.</summary>
    public static SortedDictionary<string, long> Clock(this JsonObject json, string name = "vector_clock") =>
        new(json.Object(name).ToDictionary(static e => e.Key, static e => e.Value!.GetValue<long>()), StringComparer.Ordinal);

    /// <summary>A key or data, whether it is an array of integers or base64.</summary>
    public static byte[] Bytes(this JsonObject json, string name) => json.Field(name) switch
    {
        JsonArray integers => [.. integers.Select(static i => checked((byte)i!.GetValue<int>()))],
        var text => Convert.FromBase64String(text.GetValue<string>()),
    };

    public static string KeyText(this JsonObject change) => Encoding.UTF8.GetString(change.Bytes("key"));

    public static string DataText(this JsonObject change) => Encoding.UTF8.GetString(change.Bytes("data"));

    /// <summary>The names of the fields, sorted: what an answer has, and nothing else.</summary>
    public static IEnumerable<string> Names(this JsonObject json) => json.Select(static field => field.Key).Order(StringComparer.Ordinal);

    /// <summary>This object with those fields put over its own.</summary>
    public static JsonObject With(this JsonObject json, JsonObject? more)
    {
        foreach (var (name, value) in more ?? [])
        {
            json[name] = value?.DeepClone();
        }

        return json;
    }

    /// <summary>This object without that field.</summary>
    public static JsonObject Without(this JsonObject json, string name)
    {
        Assert.True(json.Remove(name), $"There is no {name} to leave out.");
        return json;
    }

    private static JsonNode Field(this JsonObject json, string name) => json[name] ?? throw Missing(json, name);

    private static InvalidOperationException Missing(JsonObject json, string name) => new($"There is no {name} in {json.ToJsonString()}");
}
