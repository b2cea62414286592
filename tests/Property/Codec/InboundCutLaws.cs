using System.Text;
using System.Text.Json;
using FsCheck.Xunit;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Property.Codec;

/// <summary>
/// What is said of a body depends on its bytes up to the first thing wrong, and on nothing behind it: what is whole is taken at once,
/// what is cut short leaves nothing behind, and a body that ends too early is no JSON.
/// </summary>
public sealed class InboundCutLaws : IDisposable
{
    private readonly ZstdFrames _zstd = new();

    private PushReader Reader => new(InboundRead.Hash, _zstd);

    [Property]
    public void A_change_is_taken_as_soon_as_its_last_byte_is_there(int seed, int style)
    {
        var push = InboundPush.Of(seed);
        var body = new InboundText(style).Write(push);
        var ends = EndsOfChanges(body);
        Assert.Equal(push.Changes.Length, ends.Count);
        foreach (var end in ends)
        {
            using var parser = new PushParser(InboundRead.Hash, _zstd);
            Assert.Equal(end, parser.Parse(body.AsSpan(0, end), isFinal: false, out var refusal));
            Assert.Null(refusal);
        }
    }

    /// <summary>Else a body in tiny pieces would hold each key and each data as often as it was looked at.</summary>
    [Fact]
    public void A_change_cut_short_leaves_nothing_of_itself_behind()
    {
        var change = InboundFields.Change.Bytes;
        using var arena = new PayloadArena();
        using var reader = new ChangeReader(InboundRead.Hash, _zstd, arena, new NameTable());
        arena.Reserve(1);
        arena.Commit(1);
        var mark = arena.Mark;
        for (var length = 1; length <= change.Length; length++)
        {
            var cursor = new JsonCursor(change.AsSpan(0, length), isFinal: false, default);
            Assert.True(cursor.Read());
            Assert.Equal(length == change.Length, reader.Read(ref cursor, out _));
            Assert.Null(cursor.Refusal);
            Assert.Equal(length < change.Length, (mark, Limits.BatchPayloadBytesMax) == (arena.Mark, reader.PayloadBytesLeft));
        }
    }

    [Fact]
    public async Task A_push_that_ends_too_early_is_no_json_wherever_it_ends()
    {
        var body = InboundFields.Push.Bytes;
        Assert.Null(await InboundRead.OutcomeOf(Reader, new InboundPieces(body)));
        for (var length = 0; length < body.Length; length++)
        {
            var refusal = await InboundRead.OutcomeOf(Reader, new InboundPieces(body[..length]));
            Assert.True(refusal?.Code == ErrorCode.InvalidJson, $"{refusal}: {Encoding.UTF8.GetString(body, 0, length)}");
        }
    }

    /// <summary>Brackets and names of fields where only integers belong, and strings that are none.</summary>
    [Theory]
    [InlineData("[1,2,3]")]
    [InlineData("\"AQID\"")]
    [InlineData("[1,2,256]")]
    [InlineData("[\"]\"]")]
    [InlineData("[1,\"]\",256]")]
    [InlineData("[\"x\",\"lsn\",1]")]
    [InlineData("[\"key\",[\"key\",{}]]")]
    [InlineData("[{\"key\":[]},2]")]
    [InlineData("[\"\u00ff]\"]")]
    [InlineData("[\"\\ud800]\"]")]
    [InlineData("[1,2,]")]
    [InlineData("[1 2]")]
    public async Task A_push_cut_in_two_anywhere_is_taken_or_refused_as_a_whole_one(string key)
    {
        var body = Encoding.Latin1.GetBytes(InboundFields.Push.With("changes", $"[{InboundFields.Change.With("key", key)}]").ToString());
        var whole = await InboundRead.OutcomeOf(Reader, new InboundPieces(body));
        for (var cut = 1; cut < body.Length; cut++)
        {
            Assert.Equal(whole, await InboundRead.OutcomeOf(Reader, new InboundPieces([body[..cut], body[cut..]])));
        }
    }

    [Theory]
    [InlineData("lsn", "0")]
    [InlineData("table", "\"a b\"")]
    [InlineData("table", "\"\u00ff\"")]
    [InlineData("operation", "1")]
    [InlineData("operation", "\"\u00ff\"")]
    [InlineData("key", "5")]
    [InlineData("key", "[256")]
    [InlineData("key", "[0,-1")]
    [InlineData("key", "[1,\"\"")]
    [InlineData("key", "[1,\"\u00ff\"")]
    [InlineData("data", "\"AQI\"")]
    [InlineData("data", "\"\u00ff\"")]
    [InlineData("timestamp", "\"\"")]
    [InlineData("checksum", "4294967296")]
    [InlineData("vector_clock", "{\"a\":-1")]
    [InlineData("compressed", "1")]
    [InlineData("base_lsn", "-1")]
    public async Task What_stands_behind_the_first_thing_wrong_changes_nothing_of_what_is_told(string field, string wrong)
    {
        var refusals = new HashSet<Refusal>();
        foreach (var behind in new[] { ",\"lsn\":1}]}", ",\"lsn\":0,\"lsn\":0}]}", ",\"\u00ff\":1]", ",1]", ",x]", "]]", "}}" })
        {
            var body = Encoding.Latin1.GetBytes($"{{\"changes\":[{{\"{field}\":{wrong}{behind}");
            refusals.Add(await InboundRead.RefusalOf(Reader, body));
        }

        var told = Assert.Single(refusals);
        var isJson = !wrong.Contains('\u00ff', StringComparison.Ordinal);
        Assert.Equal(isJson ? ErrorCode.InvalidMessage : ErrorCode.InvalidJson, told.Code);
        Assert.Equal(isJson ? $"changes[0].{field}" : null, told.Details);
    }

    public void Dispose() => _zstd.Dispose();

    private static List<int> EndsOfChanges(byte[] body)
    {
        var ends = new List<int>();
        var json = new Utf8JsonReader(body);
        var isInChanges = false;
        while (json.Read())
        {
            if (json.TokenType == JsonTokenType.PropertyName && json.CurrentDepth == 1)
            {
                isInChanges = json.ValueTextEquals("changes"u8);
            }
            else if (isInChanges && json.TokenType == JsonTokenType.EndObject && json.CurrentDepth == 2)
            {
                ends.Add((int)json.BytesConsumed);
            }
        }

        return ends;
    }
}
