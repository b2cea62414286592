using System.Buffers;
using System.Text;
using System.Text.Json;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Property.Codec;

/// <summary>What answers are made from in tests, and how they are read.</summary>
internal static class AnswerSamples
{
    public static readonly Guid Message = Guid.Parse("550e8400-e29b-41d4-a716-446655440000");

    public static readonly Pull Pull = new(Message, Tiny.Client("a"), 0, 1_000, null, null, null, false, false, false);

    public static string Text(Action<IBufferWriter<byte>> write)
    {
        var to = new ArrayBufferWriter<byte>();
        write(to);
        return Encoding.UTF8.GetString(to.WrittenSpan);
    }

    /// <summary>A text that was broken only to fit the page.</summary>
    public static string OneLine(string text) => text.Replace("\n", "", StringComparison.Ordinal);

    /// <summary>The answer parsed; its fields' names are asserted, in their order.</summary>
    public static JsonElement Parsed(Action<IBufferWriter<byte>> write, params string[] fields)
    {
        using var document = JsonDocument.Parse(Text(write));
        Assert.Equal(fields, Fields(document.RootElement));
        return document.RootElement.Clone();
    }

    public static string[] Fields(JsonElement element) => [.. element.EnumerateObject().Select(p => p.Name)];

    public static byte[] Integers(JsonElement element) => [.. element.EnumerateArray().Select(e => e.GetByte())];

    public static Dictionary<string, long> Clock(JsonElement element) =>
        element.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetInt64());

    /// <summary>A page that holds all that an event accepted.</summary>
    public static PageBuilder Page(Pull pull, Pushed e)
    {
        var page = new PageBuilder(pull, e.FirstLsn - 1, e.FirstLsn + e.AcceptedCount - 1, Tiny.Node("z"));
        page.Add(EventWriter.Write(e));
        return page;
    }

    /// <summary>An event with these changes and judgements, all else plain.</summary>
    public static Pushed Event(long firstLsn, bool refused, params (Judgement Judgement, PushedChange Change)[] changes) => new(
        Message, default, Tiny.Client("a"), Tiny.Node("a"), Tiny.Now, refused, firstLsn,
        changes.Select(c => c.Judgement).ToArray(), changes.Select(c => c.Change).ToArray(), 0, 0);

    public static Judgement Judged(Verdict verdict, long local, long lsn, ConflictType conflict = ConflictType.None) =>
        new(verdict, local, lsn, 0, false, conflict, VectorClock.Empty);

    /// <summary>A change as it is stored, with LSN and data of one's choice.</summary>
    public static StoredChange Stored(long lsn, byte[]? data = null) => new(
        lsn, "tasks"u8.ToArray(), Operation.Update, new byte[] { 1, 2, 3 }, data ?? [10, 20, 30], false, data?.Length ?? 3,
        Tiny.Now, 3420316008, "b#1"u8.ToArray(), 4, 6, Tiny.Clock((Tiny.Node("c"), 2)));
}
