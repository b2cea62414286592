using System.Text;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Property.Codec;

/// <summary>Reads bodies in several cuts at once, and asserts that the cut makes no difference.</summary>
internal static class InboundRead
{
    /// <summary>More single bytes than this would take longer than they are worth.</summary>
    private const int SingleBytesMax = 20_000;

    public static KeyedHash Hash { get; } = new(new byte[KeyedHash.KeyBytes]);

    /// <summary>Why the body is refused; the same however it is cut.</summary>
    public static async Task<Refusal> RefusalOf<T>(MessageReader<T> reader, byte[] body)
        where T : class
    {
        var whole = await OutcomeOf(reader, new InboundPieces(body));
        Assert.True(whole is not null, $"accepted: {Encoding.Latin1.GetString(body)}");
        var random = new Random(body.Length);
        for (var i = 0; i < 4; i++)
        {
            var cuts = Enumerable.Range(0, 1 << i).Select(_ => random.Next());
            Assert.Equal(whole, await OutcomeOf(reader, new InboundPieces(InboundPieces.Cut(body, cuts))));
        }

        if (body.Length <= SingleBytesMax)
        {
            Assert.Equal(whole, await OutcomeOf(reader, new InboundPieces(body.Select(static b => new[] { b }))));
        }

        return whole!;
    }

    /// <summary>Why the body is refused; null where it is not.</summary>
    public static async Task<Refusal?> OutcomeOf<T>(MessageReader<T> reader, InboundPieces body)
        where T : class
    {
        var parsed = await reader.ReadAsync(body, CancellationToken.None);
        Assert.True(parsed.Value is null != parsed.Refusal is null, "neither a message nor a refusal, or both");
        Assert.False(body.IsReading);
        Assert.Equal(0, body.Unread);
        (parsed.Value as IDisposable)?.Dispose();
        return parsed.Refusal;
    }

    /// <summary>The message; the body must be one, however it is cut. The message read last is given.</summary>
    public static async Task<T> MessageOf<T>(MessageReader<T> reader, string body)
        where T : class
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        var whole = await reader.ReadAsync(new InboundPieces(bytes), CancellationToken.None);
        var single = await reader.ReadAsync(new InboundPieces(bytes.Select(static b => new[] { b })), CancellationToken.None);
        Assert.Null(whole.Refusal);
        Assert.Null(single.Refusal);
        (whole.Value as IDisposable)?.Dispose();
        return single.Value!;
    }
}

/// <summary>A message's text, field by field, so that a test can spoil one of them.</summary>
internal sealed class InboundFields
{
    private readonly List<(string Name, string Value)> _fields = [];

    public static InboundFields Change => new InboundFields()
        .With("lsn", "1").With("table", "\"tasks\"").With("operation", "\"Insert\"").With("key", "[1,2,3]")
        .With("data", "[10,20,30]").With("vector_clock", "{}").With("timestamp", "\"2025-11-24T10:30:00Z\"")
        .With("checksum", "3420316008").With("compressed", "false");

    public static InboundFields Push => new InboundFields()
        .With("type", "\"push_changes\"").With("message_id", "\"660e8400-e29b-41d4-a716-446655440001\"")
        .With("client_id", "\"my-client-123\"").With("changes", $"[{Change}]").With("vector_clock", "{}");

    public static InboundFields Pull => new InboundFields()
        .With("type", "\"pull_request\"").With("message_id", "\"550e8400-e29b-41d4-a716-446655440000\"")
        .With("client_id", "\"my-client-123\"").With("since_lsn", "0").With("max_entries", "100").With("continuation_token", "null");

    public static InboundFields Register => new InboundFields()
        .With("type", "\"register_client\"").With("version", "1").With("client_id", "\"my-client-123\"").With("last_known_lsn", "0")
        .With("vector_clock", "{}").With("metadata", "{\"device\": \"mobile\"}");

    public static InboundFields Heartbeat => new InboundFields()
        .With("type", "\"heartbeat\"").With("client_id", "\"my-client-123\"").With("timestamp", "1700000000000").With("current_lsn", "10");

    public byte[] Bytes => Encoding.UTF8.GetBytes(ToString());

    /// <summary>A push of good changes with this one, spoilt, at index 2.</summary>
    public static byte[] PushOf(InboundFields change) =>
        Push.With("changes", $"[{Change.With("lsn", "11")}, {Change.With("lsn", "12")}, {change}]").Bytes;

    /// <summary>With this raw value in place of that field's, or behind the others.</summary>
    public InboundFields With(string name, string value)
    {
        var at = _fields.FindIndex(f => f.Name == name);
        if (at < 0)
        {
            return Also(name, value);
        }

        _fields[at] = (name, value);
        return this;
    }

    /// <summary>With one more field, even where there is one of that name.</summary>
    public InboundFields Also(string name, string value)
    {
        _fields.Add((name, value));
        return this;
    }

    public InboundFields Without(string name)
    {
        _fields.RemoveAll(f => f.Name == name);
        return this;
    }

    public override string ToString() => "{" + string.Join(", ", _fields.Select(static f => $"\"{f.Name}\": {f.Value}")) + "}";
}
