using System.Text;
using System.Text.Json;
using HeliosSync.Codec;
using HeliosSync.Domain;
using HeliosSync.Property.Codec;

namespace HeliosSync.Fuzz.Codec;

/// <summary>One clock as JSON: taken just where the reference takes it, with the entries of the document tree.</summary>
internal sealed class ClockTarget : FuzzTarget
{
    public override string Name => "clock";

    public override int Share => 4;

    public override IReadOnlyList<byte[]> Tokens { get; } =
    [
        .. new[] { "\"clocks\":", "{}", ",", ":0", "\"a#1\":", "\"b\":9007199254740991", "\\u0061", "null" }.Select(Encoding.UTF8.GetBytes),
    ];

    public override IEnumerable<byte[]> Seeds() =>
        new[]
        {
            "{}", "{\"a\":1}", "{\"a\":1,\"a#1\":0,\"b\":9007199254740991}", "{\"clocks\":{\"a\":2,\"c\":3}}", " { \"clocks\" : { } } ",
            "{\"5e5e5e5e-0000-4000-8000-000000000001\":7,\"\\u0061\":1}",
            Of(Limits.ClockNodesMax), Of(Limits.ClockNodesMax + 1),
        }.Select(Encoding.UTF8.GetBytes);

    public override bool Run(byte[] input)
    {
        var read = Oracle.Bounded(input.Length, 400, 1_024 * 1_024, () => Read(input));
        var isClock = InboundReference.Judge(input, InboundReference.IsClock) == InboundVerdict.Good;
        Oracle.Same(isClock, read is not null, "the reference takes the same clocks");
        if (read is null)
        {
            return false;
        }

        using var document = JsonDocument.Parse(input);
        JsonClocks.SameEntries(document.RootElement, read);
        return true;
    }

    private static string Of(int nodes) => "{" + string.Join(',', Enumerable.Range(0, nodes).Select(static i => $"\"n{i}\":{i}")) + "}";

    private static VectorClock? Read(byte[] input)
    {
        var state = new JsonReaderState(new JsonReaderOptions { MaxDepth = JsonCursor.DepthMax });
        var cursor = new JsonCursor(input, isFinal: true, state);
        try
        {
            var isClock = cursor.Read() && new ClockReader(new NameTable()).Read(ref cursor, "vector_clock", out var clock)
                ? clock
                : null;
            Oracle.Holds(isClock is null == cursor.Refusal is not null, "there is a clock or a refusal");
            return isClock is null || cursor.Read() ? null : isClock;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
