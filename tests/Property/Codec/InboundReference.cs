using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Text.Unicode;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Property.Codec;

/// <summary>What the reference says of a body.</summary>
internal enum InboundVerdict
{
    Good,
    NotJson,
    NoMessage,
}

/// <summary>
/// The reference for pushes: System.Text.Json's document tree, then the rules of protocol 4.3 and 5.1, one after the other, with nothing
/// of the reader under test but the parts that have references of their own (times, base64, zstd).
/// </summary>
internal static partial class InboundReference
{
    internal const long SafeMax = 9_007_199_254_740_991;

    private static readonly string[] PushFields = ["type", "message_id", "client_id", "changes", "vector_clock", "server_node", "atomic"];

    private static readonly string[] ChangeFields =
        ["lsn", "table", "operation", "key", "data", "timestamp", "checksum", "vector_clock", "compressed", "base_lsn"];

    public static InboundVerdict Judge(byte[] body, ZstdFrames zstd) => Judge(body, root => IsPush(root, zstd));

    /// <summary>What is to be said of a body that <paramref name="isMessage"/> takes or refuses by its document tree.</summary>
    internal static InboundVerdict Judge(byte[] body, Func<JsonElement, bool> isMessage)
    {
        if (!Utf8.IsValid(body))
        {
            return InboundVerdict.NotJson;
        }

        try
        {
            using var document = JsonDocument.Parse(body);
            if (!IsUnicode(document.RootElement))
            {
                return InboundVerdict.NotJson;
            }

            return isMessage(document.RootElement) ? InboundVerdict.Good : InboundVerdict.NoMessage;
        }
        catch (JsonException)
        {
            return InboundVerdict.NotJson;
        }
    }

    private static bool IsUnicode(JsonElement root)
    {
        try
        {
            Touch(root);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Makes every name and string a string, which throws where one escapes half a character.</summary>
    private static void Touch(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var field in element.EnumerateObject())
                {
                    _ = field.Name;
                    Touch(field.Value);
                }

                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                {
                    Touch(item);
                }

                break;
            case JsonValueKind.String:
                _ = element.GetString();
                break;
        }
    }

    private static bool IsPush(JsonElement root, ZstdFrames zstd) =>
        TryFields(root, PushFields, 4, out var f)
        && IsText(f["type"], "^push_changes\\z")
        && IsText(f["message_id"], UuidPattern)
        && IsText(f["client_id"], ClientPattern)
        && f["changes"] is { ValueKind: JsonValueKind.Array } changes
        && changes.GetArrayLength() is >= 1 and <= 1_000
        && changes.EnumerateArray().All(c => IsChange(c, zstd))
        && changes.EnumerateArray().Select(static c => c.GetProperty("lsn").GetInt64()).Distinct().Count() == changes.GetArrayLength()
        && (!f.TryGetValue("vector_clock", out var clock) || IsClock(clock))
        && (!f.TryGetValue("server_node", out var node) || IsText(node, NodePattern))
        && (!f.TryGetValue("atomic", out var atomic) || atomic.ValueKind is JsonValueKind.True or JsonValueKind.False);

    private static bool IsChange(JsonElement change, ZstdFrames zstd)
    {
        if (!TryFields(change, ChangeFields, 7, out var f)
            || !IsInteger(f["lsn"], 1, SafeMax)
            || !IsText(f["table"], TablePattern)
            || !IsText(f["operation"], "^(Insert|Update|Delete)\\z")
            || !TryBytes(f["key"], out var key) || key.Length is < 1 or > 1_024
            || !TryBytes(f["data"], out var data)
            || f["timestamp"].ValueKind != JsonValueKind.String
            || !Rfc3339.TryParse(Encoding.UTF8.GetBytes(f["timestamp"].GetString()!), out _)
            || !IsInteger(f["checksum"], 0, uint.MaxValue)
            || (f.TryGetValue("vector_clock", out var clock) && !IsClock(clock))
            || (f.TryGetValue("base_lsn", out var baseLsn) && !IsInteger(baseLsn, 0, SafeMax))
            || (f.TryGetValue("compressed", out var flag) && flag.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
            || (f["operation"].GetString() == "Delete" && data.Length > 0))
        {
            return false;
        }

        if (f.TryGetValue("compressed", out var compressed) && compressed.GetBoolean())
        {
            var room = new byte[Limits.DataBytesMax];
            if (!zstd.TryUnwrap(data, room, out var written))
            {
                return false;
            }

            data = room[..written];
        }

        return data.Length <= Limits.DataBytesMax && Crc32.HashToUInt32([.. key, .. data]) == f["checksum"].GetInt64();
    }

    internal const string UuidPattern = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\\z";

    internal const string ClientPattern = "^(?!clocks\\z)[A-Za-z0-9._:-]{1,128}\\z";

    internal const string TablePattern = "^[A-Za-z0-9_.:$-]{1,128}\\z";

    internal const string NodePattern = "^(?!clocks\\z)[A-Za-z0-9._:-]{1,128}(#[A-Za-z0-9._:-]{1,64})?\\z";

    internal static bool IsClock(JsonElement clock)
    {
        if (clock.ValueKind != JsonValueKind.Object)
        {
            return false;
        }

        if (clock.EnumerateObject().Any(static e => e.Name == "clocks"))
        {
            return clock.EnumerateObject().Count() == 1
                && clock.GetProperty("clocks") is { ValueKind: JsonValueKind.Object } inner
                && inner.EnumerateObject().All(static e => e.Name != "clocks") && IsClock(inner);
        }

        var names = clock.EnumerateObject().Select(static e => e.Name).ToArray();
        return names.Length <= 256 && names.Distinct().Count() == names.Length
            && names.All(static n => Regex.IsMatch(n, NodePattern))
            && clock.EnumerateObject().All(static e => IsInteger(e.Value, 0, SafeMax));
    }

    /// <summary>The known fields that are not null; false where one stands there twice or one of the required first is missing.</summary>
    internal static bool TryFields(JsonElement element, string[] known, int required, out Dictionary<string, JsonElement> fields)
    {
        fields = [];
        if (element.ValueKind != JsonValueKind.Object)
        {
            return false;
        }

        var found = element.EnumerateObject().Where(e => known.Contains(e.Name)).ToArray();
        fields = found.DistinctBy(static e => e.Name).Where(static e => e.Value.ValueKind != JsonValueKind.Null)
            .ToDictionary(static e => e.Name, static e => e.Value);
        return found.Select(static e => e.Name).Distinct().Count() == found.Length && known.Take(required).All(fields.ContainsKey);
    }

    internal static bool IsText(JsonElement element, string pattern) =>
        element.ValueKind == JsonValueKind.String && Regex.IsMatch(element.GetString()!, pattern);

    internal static bool IsInteger(JsonElement element, long min, long max) =>
        element.ValueKind == JsonValueKind.Number && PlainDigits().IsMatch(element.GetRawText())
        && element.TryGetInt64(out var value) && value >= min && value <= max;

    internal static bool TryBytes(JsonElement element, out byte[] bytes)
    {
        bytes = [];
        if (element.ValueKind == JsonValueKind.String)
        {
            var text = Encoding.UTF8.GetBytes(element.GetString()!);
            bytes = new byte[StrictBase64.BytesMax(text.Length)];
            var isGood = StrictBase64.TryDecode(text, bytes, out var written);
            bytes = bytes[..written];
            return isGood;
        }

        if (element.ValueKind != JsonValueKind.Array || !element.EnumerateArray().All(static e => IsInteger(e, 0, 255)))
        {
            return false;
        }

        bytes = [.. element.EnumerateArray().Select(static e => e.GetByte())];
        return true;
    }

    [GeneratedRegex("^[0-9]+\\z")]
    private static partial Regex PlainDigits();
}
