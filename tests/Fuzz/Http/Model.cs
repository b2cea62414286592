using System.Globalization;
using System.IO.Hashing;
using System.Text.Json;
using System.Text.RegularExpressions;
using ZstdSharp;

namespace HeliosSync.Fuzz.Http;

/// <summary>What protocol 4 and 5 make of a body.</summary>
internal enum Sense
{
    /// <summary>It is a message.</summary>
    Good,

    /// <summary>It is none, and must be refused.</summary>
    Bad,

    /// <summary>The model does not look that closely.</summary>
    Unsure,
}

/// <summary>
/// A second opinion on bodies, written from the protocol alone with a document tree, and sharing no code with the server: what the
/// server takes must not be bad here, and what it calls no message must not be good here.
/// </summary>
internal static partial class Model
{
    private const long SafeMax = 9_007_199_254_740_991;

    /// <summary>What it is, and where it is bad, why.</summary>
    public static (Sense Sense, string Why) Judge(string endpoint, byte[] body)
    {
        try
        {
            // Strict JSON, at most 64 levels; duplicates are looked for where they matter.
            using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 64 });
            CheckStrings(document.RootElement);
            var sense = endpoint switch
            {
                "register" => Register(Message(document.RootElement, "register_client")),
                "pull" => Pull(Message(document.RootElement, "pull_request")),
                "push" => Push(Message(document.RootElement, "push_changes")),
                "heartbeat" => Heartbeat(Message(document.RootElement, "heartbeat")),
                _ => throw new ArgumentException(endpoint),
            };
            return (sense, "");
        }
        catch (JsonException e)
        {
            return (Sense.Bad, e.Message);
        }
        catch (BadException e)
        {
            return (Sense.Bad, e.Message);
        }
    }

    private static Fields Message(JsonElement root, string type)
    {
        var fields = new Fields(root);
        Ensure(fields.Text("type") == type, "type");
        Ensure(Id().IsMatch(fields.Text("client_id")) && fields.Text("client_id") != "clocks", "client_id");
        return fields;
    }

    private static Sense Register(Fields f)
    {
        Ensure(f.Integer("version", 0, SafeMax) == 1, "version");
        f.Integer("last_known_lsn", 0, SafeMax);
        Clock(f, "vector_clock");
        Optional(f, "last_local_lsn", 0, SafeMax);
        OptionalNode(f, "server_node");
        OptionalNode(f, "node_id");
        Ensure(!f.Has("node_id") || f.Text("node_id").Split('#')[0] == f.Text("client_id"), "node_id");
        if (f.Has("metadata"))
        {
            Metadata(f["metadata"]);
        }

        return Sense.Good;
    }

    private static void Metadata(JsonElement metadata)
    {
        Ensure(metadata.ValueKind == JsonValueKind.Object, "metadata");
        var names = new HashSet<string>();
        foreach (var entry in metadata.EnumerateObject())
        {
            Ensure(entry.Value.ValueKind == JsonValueKind.String, "metadata value");
            Ensure(names.Add(entry.Name) && entry.Name.Length is > 0 and <= 64 && !entry.Name.Any(char.IsControl), "metadata name");
            Ensure(entry.Value.GetString() is { Length: <= 512 } value && !value.Any(char.IsControl), "metadata value");
        }

        Ensure(names.Count <= 32, "metadata");
    }

    private static Sense Pull(Fields f)
    {
        Ensure(Uuid().IsMatch(f.Text("message_id")), "message_id");
        f.Integer("since_lsn", 0, SafeMax);
        Optional(f, "max_entries", 1, SafeMax);
        Optional(f, "wait_ms", 0, 60_000);
        OptionalNode(f, "server_node");
        Flag(f, "exclude_own");
        Flag(f, "accept_compressed");
        Ensure(!f.Has("encoding") || f.Text("encoding") is "bytes" or "base64", "encoding");
        if (f.Has("tables"))
        {
            var tables = f["tables"];
            Ensure(tables.ValueKind == JsonValueKind.Array && tables.GetArrayLength() is >= 1 and <= 64, "tables");
            Ensure(tables.EnumerateArray().All(static t => t.ValueKind == JsonValueKind.String), "tables");
            Ensure(tables.EnumerateArray().All(static t => Table().IsMatch(t.GetString()!)), "tables");
        }

        return f.Has("continuation_token") && f.Text("continuation_token").Length >= 0 ? Sense.Unsure : Sense.Good;
    }

    private static Sense Heartbeat(Fields f)
    {
        f.Integer("timestamp", 0, SafeMax);
        f.Integer("current_lsn", 0, SafeMax);
        return Sense.Good;
    }

    private static Sense Push(Fields f)
    {
        Ensure(Uuid().IsMatch(f.Text("message_id")), "message_id");
        OptionalNode(f, "server_node");
        Flag(f, "atomic");
        Clock(f, "vector_clock");
        Ensure(f.Has("changes") && f["changes"].ValueKind == JsonValueKind.Array, "changes");
        Ensure(f["changes"].GetArrayLength() is >= 1 and <= 1_000, "changes");
        var lsns = new HashSet<long>();
        var sense = Sense.Good;
        foreach (var change in f["changes"].EnumerateArray())
        {
            var fields = new Fields(change);
            Ensure(lsns.Add(fields.Integer("lsn", 1, SafeMax)), "lsn twice");
            sense = Change(fields) == Sense.Good ? sense : Sense.Unsure;
        }

        return sense;
    }

    private static Sense Change(Fields f)
    {
        Ensure(Table().IsMatch(f.Text("table")), "table");
        var operation = f.Text("operation");
        Ensure(operation is "Insert" or "Update" or "Delete", "operation");
        Clock(f, "vector_clock");
        Optional(f, "base_lsn", 0, SafeMax);
        Flag(f, "compressed");
        var compressed = f.Has("compressed") && f["compressed"].GetBoolean();
        var (key, data) = (Bytes(f, "key"), Bytes(f, "data"));
        Ensure(key.Length is >= 1 and <= 1_024, "key");
        Ensure(operation != "Delete" || data.Length == 0, "data of a delete");
        Ensure(compressed || data.Length <= 256 * 1_024, "data");
        data = compressed ? Unwrap(data) : data;
        var crc = new Crc32();
        crc.Append(key);
        crc.Append(data);
        Ensure(f.Integer("checksum", 0, uint.MaxValue) == crc.GetCurrentHashAsUInt32(), "checksum");
        // Whether a frame is just one is not looked at here, and of times not the corners.
        return Timestamp(f.Text("timestamp")) && !compressed ? Sense.Good : Sense.Unsure;
    }

    /// <summary>Whether it is plainly a time; bad where it plainly is none.</summary>
    private static bool Timestamp(string text)
    {
        Ensure(LooseTime().IsMatch(text), "timestamp");
        return PlainTime().IsMatch(text)
            && DateTime.TryParseExact(text[..19], "yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out _);
    }

    private static byte[] Unwrap(byte[] frame)
    {
        try
        {
            using var decompressor = new Decompressor();
            return frame.Length > 4 ? decompressor.Unwrap(frame, 256 * 1_024).ToArray() : throw new BadException("frame");
        }
        catch (ZstdException e)
        {
            throw new BadException($"frame: {e.Message}");
        }
    }

    private static byte[] Bytes(Fields f, string name)
    {
        Ensure(f.Has(name), name);
        var value = f[name];
        if (value.ValueKind == JsonValueKind.Array)
        {
            return [.. value.EnumerateArray().Select(e => (byte)Plain(e, 0, 255, name))];
        }

        Ensure(value.ValueKind == JsonValueKind.String, name);
        var text = value.GetString()!;
        var bytes = new byte[text.Length];
        Ensure(Convert.TryFromBase64String(text, bytes, out var count), name);
        // Only the one text that stands for these bytes: no blanks, no bits left over.
        Ensure(Convert.ToBase64String(bytes, 0, count) == text, name);
        return bytes[..count];
    }

    private static void Clock(Fields f, string name)
    {
        if (!f.Has(name))
        {
            return;
        }

        var clock = f[name];
        Ensure(clock.ValueKind == JsonValueKind.Object, name);
        var entries = clock.EnumerateObject().ToList();
        if (entries is [{ Name: "clocks" } only])
        {
            Ensure(only.Value.ValueKind == JsonValueKind.Object, name);
            entries = [.. only.Value.EnumerateObject()];
        }

        var nodes = new HashSet<string>();
        foreach (var entry in entries)
        {
            Ensure(nodes.Add(entry.Name) && Node().IsMatch(entry.Name) && entry.Name != "clocks", $"{name}: {entry.Name}");
            Plain(entry.Value, 0, SafeMax, name);
        }

        Ensure(nodes.Count <= 256, name);
    }

    private static void Optional(Fields f, string name, long min, long max)
    {
        if (f.Has(name))
        {
            f.Integer(name, min, max);
        }
    }

    private static void OptionalNode(Fields f, string name) =>
        Ensure(!f.Has(name) || (Node().IsMatch(f.Text(name)) && f.Text(name) != "clocks"), name);

    private static void Flag(Fields f, string name) =>
        Ensure(!f.Has(name) || f[name].ValueKind is JsonValueKind.True or JsonValueKind.False, name);

    private static long Plain(JsonElement value, long min, long max, string name)
    {
        Ensure(value.ValueKind == JsonValueKind.Number, name);
        var text = value.GetRawText();
        Ensure(text.Length <= 18 && text.All(char.IsAsciiDigit), name);
        var number = long.Parse(text, CultureInfo.InvariantCulture);
        Ensure(number >= min && number <= max, name);
        return number;
    }

    private static void CheckStrings(JsonElement element)
    {
        try
        {
            switch (element.ValueKind)
            {
                case JsonValueKind.String:
                    element.GetString();
                    break;
                case JsonValueKind.Array:
                    foreach (var item in element.EnumerateArray())
                    {
                        CheckStrings(item);
                    }

                    break;
                case JsonValueKind.Object:
                    foreach (var field in element.EnumerateObject())
                    {
                        _ = field.Name;
                        CheckStrings(field.Value);
                    }

                    break;
            }
        }
        catch (InvalidOperationException)
        {
            throw new BadException("a string is no Unicode");
        }
    }

    private static void Ensure(bool holds, string why)
    {
        if (!holds)
        {
            throw new BadException(why);
        }
    }

    [GeneratedRegex(@"\A[A-Za-z0-9._:-]{1,128}\z")]
    private static partial Regex Id();

    [GeneratedRegex(@"\A[A-Za-z0-9._:-]{1,128}(#[A-Za-z0-9._:-]{1,64})?\z")]
    private static partial Regex Node();

    [GeneratedRegex(@"\A[A-Za-z0-9_.:$-]{1,128}\z")]
    private static partial Regex Table();

    [GeneratedRegex(@"\A[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\z")]
    private static partial Regex Uuid();

    [GeneratedRegex(@"\A[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\.[0-9]{1,9})?Z\z")]
    private static partial Regex PlainTime();

    [GeneratedRegex(@"\A[0-9]{4}-[01][0-9]-[0-3][0-9][Tt][0-2][0-9](:[0-5][0-9]){2}(\.[0-9]{1,9})?([Zz]|[+-][0-2][0-9]:[0-5][0-9])\z")]
    private static partial Regex LooseTime();

    /// <summary>An object by its fields. A null counts as absent, and a field asked for must not stand twice.</summary>
    private sealed class Fields
    {
        private readonly ILookup<string, JsonElement> _all;

        public Fields(JsonElement element)
        {
            Ensure(element.ValueKind == JsonValueKind.Object, "no object");
            _all = element.EnumerateObject().ToLookup(static p => p.Name, static p => p.Value);
        }

        public JsonElement this[string name] => _all[name].Single();

        public bool Has(string name)
        {
            Ensure(_all[name].Count() <= 1, $"{name} twice");
            return _all[name].Any(static e => e.ValueKind != JsonValueKind.Null);
        }

        public string Text(string name)
        {
            Ensure(Has(name) && this[name].ValueKind == JsonValueKind.String, name);
            return this[name].GetString()!;
        }

        public long Integer(string name, long min, long max)
        {
            Ensure(Has(name), name);
            return Plain(this[name], min, max, name);
        }
    }

    private sealed class BadException(string why) : Exception(why);
}
