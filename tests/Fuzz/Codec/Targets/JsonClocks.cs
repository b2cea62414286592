using System.Text.Json;
using HeliosSync.Domain;

namespace HeliosSync.Fuzz.Codec;

/// <summary>Clocks beside the document tree that they came from.</summary>
internal static class JsonClocks
{
    public static Dictionary<string, long> Entries(VectorClock clock) =>
        clock.Entries.ToArray().ToDictionary(static e => e.Node.Value, static e => e.Counter);

    /// <summary>The clock has the element's entries above 0, and no others; no element is the empty clock.</summary>
    public static void SameEntries(JsonElement? element, VectorClock clock)
    {
        var entries = element ?? default;
        if (element is { } given && given.TryGetProperty("clocks", out var inner))
        {
            entries = inner;
        }

        IEnumerable<(string, long)> expected = element is null
            ? []
            : entries.EnumerateObject().Select(static e => (e.Name, Value: e.Value.GetInt64())).Where(static e => e.Value > 0)
                .OrderBy(static e => e.Name, StringComparer.Ordinal);
        var read = clock.Entries.ToArray().Select(static e => (e.Node.Value, e.Counter));
        Oracle.Holds(expected.SequenceEqual(read), "a clock has the body's entries");
    }
}
