using System.Text.Json;

namespace HeliosSync.Integration.Documentation;

/// <summary>
/// Compares the answers that a page shows with those that the server gives. What a server makes up (its node, tokens, request ids)
/// may differ, but each shown text must stand for the same real one all over the page; times of the server need only be there.
/// </summary>
internal sealed class ShownAnswers
{
    private readonly Dictionary<string, string> _real = [];

    /// <summary>A request as it must be sent for the shown one: with the real texts for those that the page shows.</summary>
    public string Real(string request) => _real.Aggregate(request, static (r, pair) => r.Replace(pair.Key, pair.Value,
        StringComparison.Ordinal));

    /// <summary>Where the two differ: empty where the page is right.</summary>
    public IReadOnlyList<string> Differences(string shown, string given)
    {
        using var page = JsonDocument.Parse(shown);
        using var server = JsonDocument.Parse(given);
        var found = new List<string>();
        Learn(page.RootElement, server.RootElement, found);
        Compare("", page.RootElement, server.RootElement, found);
        return found;
    }

    /// <summary>First, so that a clock that stands before the node that it names can be compared.</summary>
    private void Learn(JsonElement shown, JsonElement given, List<string> found)
    {
        if (shown.ValueKind != JsonValueKind.Object || given.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        var names = shown.TryGetProperty("code", out _)
            ? (string[])["request_id"]
            : ["server_node", "continuation_token"];
        foreach (var name in names)
        {
            if (TextOf(shown, name) is not { } text || TextOf(given, name) is not { } real)
            {
                continue;
            }

            if (_real.TryGetValue(text, out var known) ? known != real : _real.ContainsValue(real))
            {
                found.Add($"{name}: {text} stands for two things");
            }

            _real[text] = real;
        }
    }

    private void Compare(string at, JsonElement shown, JsonElement given, List<string> found)
    {
        if (shown.ValueKind != given.ValueKind)
        {
            found.Add($"{at}: the page shows {shown.GetRawText()}, the server gives {given.GetRawText()}");
            return;
        }

        switch (shown.ValueKind)
        {
            case JsonValueKind.Object:
                CompareObjects(at, shown, given, found);
                break;
            case JsonValueKind.Array:
                CompareArrays(at, shown, given, found);
                break;
            case JsonValueKind.Number when at is "/timestamp" or "/uptime_secs":
                break;
            case JsonValueKind.String when Real(shown.GetString()!) == given.GetString():
                break;
            default:
                if (shown.GetRawText() != given.GetRawText())
                {
                    found.Add($"{at}: the page shows {shown.GetRawText()}, the server gives {given.GetRawText()}");
                }

                break;
        }
    }

    private void CompareObjects(string at, JsonElement shown, JsonElement given, List<string> found)
    {
        var names = shown.EnumerateObject().Select(p => Real(p.Name)).ToHashSet();
        found.AddRange(given.EnumerateObject().Where(p => !names.Contains(p.Name)).Select(p =>
            $"{at}/{p.Name}: the page does not show it"));
        foreach (var property in shown.EnumerateObject())
        {
            var name = Real(property.Name);
            if (given.TryGetProperty(name, out var value))
            {
                Compare($"{at}/{name}", property.Value, value, found);
            }
            else
            {
                found.Add($"{at}/{property.Name}: the server does not give it");
            }
        }
    }

    private void CompareArrays(string at, JsonElement shown, JsonElement given, List<string> found)
    {
        if (shown.GetArrayLength() != given.GetArrayLength())
        {
            found.Add($"{at}: the page shows {shown.GetArrayLength()} entries, the server gives {given.GetArrayLength()}");
            return;
        }

        var i = 0;
        foreach (var (a, b) in shown.EnumerateArray().Zip(given.EnumerateArray()))
        {
            Compare($"{at}/{i++}", a, b, found);
        }
    }

    private static string? TextOf(JsonElement of, string name) =>
        of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
