using System.Globalization;
using System.Text;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Property.Codec;

/// <summary>
/// Writes a push as some client would: fields in any order, blanks, escapes, bytes as integers or base64, compressed or not, unknown
/// fields in between. Without a seed, in the plain form of the quick start.
/// </summary>
internal sealed class InboundText(int? seed = null)
{
    private static readonly string[] Blanks = ["", "", "", " ", "\n", "\t  \r\n"];

    private static readonly string[] Unknown =
    [
        "\"x\":1.5e-3", "\"lsn2\":null", "\"\":[[{\"lsn\":[]}],{}]",
        "\"data\\u0000\":\"\\ud83d\\ude00 é]}\"", "\"y\":true", "\"Key\":{\"key\":[256]}",
    ];

    private readonly Random? _random = seed is { } s ? new Random(s) : null;

    /// <summary>Of each hundred of changes, how many are compressed.</summary>
    public int CompressedPercent { get; init; } = 30;

    public static byte[] Plain(InboundPush push) => new InboundText().Write(push);

    public byte[] Write(InboundPush push)
    {
        var fields = new List<string>
        {
            Field("type", Text("push_changes")),
            Field("message_id", Text(Chance(50) ? push.Message.ToString().ToUpperInvariant() : push.Message.ToString())),
            Field("client_id", Text(push.Client)),
            Field("changes", "[" + Blank() + string.Join(Blank() + "," + Blank(), push.Changes.Select(Change)) + Blank() + "]"),
        };
        Add(fields, push.Clock.Count > 0 || _random is null, "vector_clock", () => Clock(push.Clock));
        Add(fields, push.ServerNode is not null, "server_node", () => Text(push.ServerNode!));
        Add(fields, push.Atomic, "atomic", () => "true");
        return Encoding.UTF8.GetBytes(Blank() + Object(fields) + Blank());
    }

    private string Change(InboundChange change)
    {
        var compressed = Chance(CompressedPercent) && change.Operation != Operation.Delete;
        var time = new byte[Rfc3339.TextBytesMax];
        var fields = new List<string>
        {
            Field("lsn", Number(change.Lsn)),
            Field("table", Text(change.Table)),
            Field("operation", Text(change.Operation.ToString())),
            Field("key", Bytes(change.Key)),
            Field("data", Bytes(compressed ? change.Frame : change.Data)),
            Field("timestamp", Text(Encoding.UTF8.GetString(time, 0, Rfc3339.Format(change.Micros, time)))),
            Field("checksum", Number(change.Checksum)),
        };
        Add(fields, change.Clock.Count > 0 || _random is null, "vector_clock", () => Clock(change.Clock));
        Add(fields, change.BaseLsn > 0, "base_lsn", () => Number(change.BaseLsn));
        Add(fields, compressed || _random is null, "compressed", () => compressed ? "true" : "false");
        return Object(fields);
    }

    /// <summary>An optional field: where it means nothing, absent, or now and then null.</summary>
    private void Add(List<string> fields, bool isThere, string name, Func<string> value)
    {
        if (isThere || Chance(20))
        {
            fields.Add(Field(name, isThere ? value() : "null"));
        }
    }

    private string Object(List<string> fields)
    {
        if (_random is not null)
        {
            fields.AddRange(Unknown.Where(_ => Chance(10)));
            var mixed = fields.ToArray();
            _random.Shuffle(mixed);
            fields = [.. mixed];
        }

        return "{" + Blank() + string.Join(Blank() + "," + Blank(), fields) + Blank() + "}";
    }

    private string Clock(Dictionary<string, long> clock)
    {
        var entries = "{" + Blank() + string.Join("," + Blank(), clock.Select(e => Field(e.Key, Number(e.Value)))) + Blank() + "}";
        return Chance(20) ? "{" + Blank() + "\"clocks\":" + entries + "}" : entries;
    }

    private string Bytes(byte[] bytes) => Chance(40)
        ? Text(Convert.ToBase64String(bytes))
        : "[" + Blank() + string.Join("," + Blank(), bytes.Select(static b => b.ToString(CultureInfo.InvariantCulture))) + Blank() + "]";

    private string Field(string name, string value) => Text(name) + Blank() + ":" + Blank() + value;

    private string Text(string text) => "\"" + string.Concat(text.Select(c => Chance(3) ? $"\\u{(int)c:X4}" : $"{c}")) + "\"";

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private string Blank() => _random is null ? "" : Blanks[_random.Next(Blanks.Length)];

    private bool Chance(int percent) => _random is not null && _random.Next(100) < percent;
}
