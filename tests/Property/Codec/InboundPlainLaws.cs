using System.Text;
using FsCheck.Xunit;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Property.Codec;

/// <summary>
/// Changes that are written plainly are read without tokens: nothing of what is read or refused may show it. A change with an escape in
/// the name of a field means the same, and is never plain.
/// </summary>
public sealed class InboundPlainLaws : IDisposable
{
    private const string Name = "\"lsn\"";
    private const string EscapedName = "\"\\u006csn\"";

    private static readonly string[] Snippets =
    [
        ",", "[", "]", "{", "}", "\"", ":", " ", "\n", "0", "1", "256", "-", ".", "e1", "null", "true", "\\", "\\u0061", "\0", "AA==",
        "\"lsn\":1,", "\"key\":[1],", "\"x\":1,", "\"clocks\":", "\"a\":0,", "\"base_lsn\":0,", "Z", "Delete", "=", "18014398509481985",
    ];

    private readonly ZstdFrames _zstd = new();
    private readonly PayloadArena _arena = new();

    [Property(MaxTest = 1_000)]
    public async Task A_plain_push_is_read_or_refused_as_one_made_of_tokens(int seed)
    {
        var random = new Random(seed);
        var text = new StringBuilder(Encoding.UTF8.GetString(InboundText.Plain(InboundPush.Of(seed))));
        Rewrite(text, random);
        for (var i = random.Next(3); i > 0; i--)
        {
            Mutate(text, random);
        }

        var plain = text.ToString();
        Assert.Equal(await WordOn(plain.Replace(Name, EscapedName, StringComparison.Ordinal)), await WordOn(plain));
    }

    [Theory]
    [InlineData("key", "[1,2,3]")]
    [InlineData("key", "[ 1 ,\n2,\t3 ]")]
    [InlineData("key", "\"AQID\"")]
    [InlineData("base_lsn", "0")]
    [InlineData("vector_clock", "{\"a\":0, \"b#1\" : 9007199254740991}")]
    [InlineData("compressed", "true")]
    [InlineData("timestamp", "\"2025-11-24T10:30:00.123456789+01:00\"")]
    public void A_plain_change_is_read_without_tokens(string field, string value) =>
        Assert.True(IsPlain(InboundFields.Change.With(field, value).ToString()));

    [Theory]
    [InlineData("key", "[1,2,256]")]
    [InlineData("key", "[1,2")]
    [InlineData("key", "\"AQI\"")]
    [InlineData("key", "\"AQI\\u0044\"")]
    [InlineData("key", "null")]
    [InlineData("lsn", "0")]
    [InlineData("lsn", "01")]
    [InlineData("lsn", "1.0")]
    [InlineData("lsn", "1e0")]
    [InlineData("lsn", "-1")]
    [InlineData("lsn", "9007199254740992")]
    [InlineData("lsn", "1000000000000000000")]
    [InlineData("checksum", "4294967296")]
    [InlineData("table", "\"a b\"")]
    [InlineData("table", "\"\"")]
    [InlineData("operation", "\"Upsert\"")]
    [InlineData("timestamp", "\"\"")]
    [InlineData("vector_clock", "{\"a\":1,}")]
    [InlineData("vector_clock", "{\"a\":1,\"a\":1}")]
    [InlineData("vector_clock", "{\"clocks\":{}}")]
    [InlineData("vector_clock", "{\"a\":1")]
    [InlineData("compressed", "\"true\"")]
    [InlineData("x", "1")]
    public void What_is_not_beyond_doubt_is_left_to_the_tokens(string field, string value) =>
        Assert.False(IsPlain(InboundFields.Change.With(field, value).ToString()));

    [Fact]
    public void A_change_with_a_field_twice_or_too_few_or_cut_short_is_left_to_the_tokens()
    {
        var change = InboundFields.Change.ToString();
        Assert.False(IsPlain(InboundFields.Change.Also("lsn", "2").ToString()));
        Assert.False(IsPlain(InboundFields.Change.Without("checksum").ToString()));
        Assert.False(IsPlain(InboundFields.Change.Without("key").ToString()));
        Assert.All(Enumerable.Range(1, change.Length - 1), length => Assert.False(IsPlain(change[..length])));
        Assert.True(IsPlain(InboundFields.Change.Without("vector_clock").Without("compressed").ToString()));
    }

    [Fact]
    public void A_change_that_the_batch_has_no_room_for_is_left_to_the_tokens()
    {
        var change = InboundFields.Change.ToString();
        Assert.True(IsPlain(change, payloadBytesMax: 6));
        Assert.False(IsPlain(change, payloadBytesMax: 5));
    }

    /// <summary>Else every change of a body that is written otherwise would be looked at twice.</summary>
    [Fact]
    public void A_body_that_is_not_plain_is_not_tried_for_ever()
    {
        var reader = new PlainChanges(_arena, new NameTable());
        for (var i = 0; i < 8; i++)
        {
            Assert.True(IsPlain(reader, InboundFields.Change.ToString()));
            Assert.False(IsPlain(reader, InboundFields.Change.With("x", "1").ToString()));
        }

        Assert.False(IsPlain(reader, InboundFields.Change.ToString()));
    }

    [Fact]
    public async Task A_long_key_and_a_large_clock_are_read_too()
    {
        var noise = new byte[Limits.KeyBytesMax];
        new Random(1).NextBytes(noise);
        var clock = Enumerable.Range(0, Limits.ClockNodesMax).ToDictionary(static i => $"node-{i}", static i => i + 1L);
        var push = InboundPush.QuickStart with
        {
            Changes = [InboundPush.QuickStart.Changes[0] with { Key = noise, Data = noise, Clock = clock }],
        };
        var body = new InboundPieces(InboundText.Plain(push));
        using var batch = (await new PushReader(InboundRead.Hash, _zstd).ReadAsync(body, CancellationToken.None)).Value!;
        push.AssertIs(batch.Push, InboundRead.Hash);
        Assert.Equal(InboundRead.Hash.OfPush(InboundDigestLaws.Canonical(push)), batch.Push.Digest);
    }

    public void Dispose()
    {
        _zstd.Dispose();
        _arena.Dispose();
    }

    private bool IsPlain(string change, int payloadBytesMax = Limits.BatchPayloadBytesMax) =>
        IsPlain(new PlainChanges(_arena, new NameTable()), change, payloadBytesMax);

    private static bool IsPlain(PlainChanges reader, string change, int payloadBytesMax = Limits.BatchPayloadBytesMax)
    {
        var bytes = Encoding.UTF8.GetBytes(change);
        var cursor = new JsonCursor(bytes, isFinal: false, default);
        Assert.True(cursor.Read());
        var draft = new ChangeDraft();
        var isPlain = reader.TryRead(ref cursor, payloadBytesMax, ref draft);
        Assert.Equal(isPlain ? bytes.Length : 1, cursor.Consumed);
        return isPlain;
    }

    /// <summary>All that is said of a body: the message, by the digest of its content and its hashes, or the refusal.</summary>
    private async Task<object> WordOn(string body)
    {
        var pieces = new InboundPieces(Encoding.UTF8.GetBytes(body));
        var (batch, refusal) = await new PushReader(InboundRead.Hash, _zstd).ReadAsync(pieces, CancellationToken.None);
        using (batch)
        {
            return refusal
                ?? (object)string.Join(' ', batch!.Push.Changes.ToArray().Select(c => $"{c.Row} {c.Compressed} {batch.Push.Digest}"));
        }
    }

    /// <summary>The same with blanks, which are plain too; or data that pass for compressed.</summary>
    private static void Rewrite(StringBuilder text, Random random)
    {
        if (random.Next(2) == 0)
        {
            text.Replace(",\"", ", \"").Replace("\":", "\" : ");
        }

        if (random.Next(3) == 0)
        {
            text.Replace("\"compressed\":false", "\"compressed\":true");
        }
    }

    private static void Mutate(StringBuilder text, Random random)
    {
        var changes = text.ToString().IndexOf("\"changes\"", StringComparison.Ordinal);
        var at = random.Next(changes, text.Length);
        if (random.Next(3) == 0)
        {
            text.Remove(at, Math.Min(random.Next(1, 4), text.Length - at));
        }
        else
        {
            text.Insert(at, Snippets[random.Next(Snippets.Length)]);
        }
    }
}
