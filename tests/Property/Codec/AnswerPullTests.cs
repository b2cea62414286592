using System.Text.Json;
using FsCheck;
using FsCheck.Xunit;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Property.Codec;

/// <summary>The answer to a pull has the fields of protocol 4.2 and 5.1, and its changes say what was stored.</summary>
[Properties(MaxTest = 300)]
public sealed class AnswerPullTests
{
    private static readonly string[] Fields =
    [
        "type", "request_id", "changes", "server_lsn", "has_more", "continuation_token", "vector_clock", "head_lsn", "server_node",
    ];

    private static readonly string[] ChangeFields =
    [
        "lsn", "table", "operation", "key", "data", "vector_clock", "timestamp", "checksum", "compressed", "author", "author_lsn",
    ];

    private static readonly PullWriter Writer = new(JournalSamples.Zstd);

    /// <summary>The change of the quick start, as another client pulls it.</summary>
    [Fact]
    public void The_quick_starts_change_is_pulled_in_these_very_bytes()
    {
        var change = Tiny.Change(1, Operation.Insert, 0, 0) with
        {
            Table = "tasks",
            Key = new byte[] { 1, 2, 3 },
            Data = new byte[] { 10, 20, 30 },
            DataBytes = 3,
            Checksum = 3420316008,
            TimestampMicros = 1_763_980_200_000_000,
        };
        var judgement = new Judgement(Verdict.Accepted, 1, 7, 5, true, ConflictType.None, Tiny.Clock((Tiny.Node("b"), 2)));
        var page = AnswerSamples.Page(AnswerSamples.Pull, AnswerSamples.Event(7, false, (judgement, change)));
        Assert.Equal(
            AnswerSamples.OneLine("""
                {"type":"pull_response","request_id":"550e8400-e29b-41d4-a716-446655440000","changes":[{"lsn":7,"table":"tasks",
                "operation":"Insert","key":[1,2,3],"data":[10,20,30],"vector_clock":{"5e5e5e5e-0000-4000-8000-000000000001":7,"a":5,"b":2},
                "timestamp":"2025-11-24T10:30:00Z","checksum":3420316008,"compressed":false,"author":"a","author_lsn":1}],
                "server_lsn":7,"has_more":false,"continuation_token":null,"vector_clock":{"5e5e5e5e-0000-4000-8000-000000000001":7},
                "head_lsn":9,"server_node":"5e5e5e5e-0000-4000-8000-000000000001"}
                """),
            AnswerSamples.Text(to => Writer.Write(to, AnswerSamples.Pull, page, Tiny.ServerGuid, 9, "unused")));
    }

    [Property]
    public void Every_change_is_pulled_as_it_was_stored(DoNotSize<int> seed)
    {
        var random = new Random(seed.Item);
        var e = JournalSamples.Pushed(random, firstLsn: 3);
        var pull = AnswerSamples.Pull with { Base64 = random.Next(2) == 0, AcceptCompressed = random.Next(2) == 0 };
        var answer = Answer(pull, AnswerSamples.Page(pull, e));
        var accepted = Enumerable.Range(0, e.Changes.Length).Where(i => e.Judgements.Span[i].Verdict == Verdict.Accepted).ToArray();
        Assert.Equal(accepted.Length, answer.GetProperty("changes").GetArrayLength());
        foreach (var (at, change) in accepted.Zip(answer.GetProperty("changes").EnumerateArray()))
        {
            Check(e, at, pull, change);
        }
    }

    [Fact]
    public void A_page_with_more_to_come_has_a_token_and_the_clock_of_its_own_position()
    {
        var page = new PageBuilder(AnswerSamples.Pull with { MaxEntries = 1 }, 2, 9, Tiny.Node("z"));
        page.Add(EventWriter.Write(AnswerSamples.Event(
            3, false, (AnswerSamples.Judged(Verdict.Accepted, 1, 3), Tiny.Change(1, Operation.Insert, 1, 1)))));
        var answer = Answer(AnswerSamples.Pull, page);
        Assert.True(answer.GetProperty("has_more").GetBoolean());
        Assert.Equal("token", answer.GetProperty("continuation_token").GetString());
        Assert.Equal(3, answer.GetProperty("server_lsn").GetInt64());
        Assert.Equal(new() { [Tiny.Server.Value] = 3 }, AnswerSamples.Clock(answer.GetProperty("vector_clock")));
        Assert.Equal(77, answer.GetProperty("head_lsn").GetInt64());
    }

    [Fact]
    public void A_filtered_page_claims_no_position_in_its_clock()
    {
        var answer = Answer(AnswerSamples.Pull with { Tables = ["t"] }, new PageBuilder(AnswerSamples.Pull, 5, 5, Tiny.Node("z")));
        Assert.Equal(5, answer.GetProperty("server_lsn").GetInt64());
        Assert.Empty(AnswerSamples.Clock(answer.GetProperty("vector_clock")));
    }

    [Fact]
    public void At_position_0_the_clock_is_empty()
    {
        var answer = Answer(AnswerSamples.Pull, new PageBuilder(AnswerSamples.Pull, 0, 0, Tiny.Node("z")));
        Assert.Empty(AnswerSamples.Clock(answer.GetProperty("vector_clock")));
        Assert.Equal(JsonValueKind.Null, answer.GetProperty("continuation_token").ValueKind);
    }

    [Fact]
    public void Stored_data_that_cannot_be_decompressed_is_no_answer()
    {
        var change = Tiny.Change(1, Operation.Insert, 1, 1) with { Compressed = true, Data = new byte[] { 1, 2, 3 }, DataBytes = 3 };
        var page = AnswerSamples.Page(
            AnswerSamples.Pull, AnswerSamples.Event(1, false, (AnswerSamples.Judged(Verdict.Accepted, 1, 1), change)));
        Assert.Throws<InvalidDataException>(() => Answer(AnswerSamples.Pull, page));
    }

    /// <summary>The room for a change's text is measured beforehand: here every part of it is as long as it can be.</summary>
    [Theory]
    [InlineData(0, 0, false)]
    [InlineData(1, 1, true)]
    [InlineData(3, 64, false)]
    [InlineData(1_000, 64, true)]
    public void The_longest_text_of_a_change_finds_room(int dataBytes, int others, bool base64)
    {
        var bytes = Enumerable.Repeat((byte)255, Limits.KeyBytesMax).ToArray();
        var data = Enumerable.Repeat((byte)255, dataBytes).ToArray();
        var suffix = "#" + new string('s', Limits.NodeSuffixCharsMax);
        var nodes = Enumerable.Range(0, others)
            .Select(i => (Tiny.Node(Longest($"{i}", Limits.ClientIdCharsMax) + suffix), Limits.SafeIntegerMax));
        var change = new StoredChange(
            Limits.SafeIntegerMax, Ascii(Longest("t", Limits.TableCharsMax)), Operation.Insert, bytes, data, false, dataBytes,
            253_402_300_799_999_999, uint.MaxValue, Ascii(Longest("a", Limits.ClientIdCharsMax) + suffix), Limits.SafeIntegerMax,
            Limits.SafeIntegerMax, Tiny.Clock([.. nodes]));
        var text = Text(change, base64);
        var read = JsonDocument.Parse(text).RootElement;
        Assert.Equal(ChangeFields, AnswerSamples.Fields(read));
        Assert.Equal(data, base64 ? read.GetProperty("data").GetBytesFromBase64() : AnswerSamples.Integers(read.GetProperty("data")));
        Assert.Equal(2 + others, AnswerSamples.Clock(read.GetProperty("vector_clock")).Count);
    }

    [Theory]
    [InlineData("a\"b")]
    [InlineData("a\\")]
    [InlineData("a\n")]
    [InlineData("größe")]
    public void A_stored_name_that_is_none_is_damage_and_never_broken_json(string name)
    {
        var good = AnswerSamples.Stored(1);
        Assert.Throws<InvalidDataException>(() => Text(good with { Table = System.Text.Encoding.UTF8.GetBytes(name) }, false));
        Assert.Throws<InvalidDataException>(() => Text(good with { Author = System.Text.Encoding.UTF8.GetBytes(name) }, false));
    }

    private static string Text(StoredChange change, bool base64) => AnswerSamples.Text(to =>
    {
        using var json = Json.Begin(to);
        using var changes = new ChangeWriter(json, JournalSamples.Zstd, Tiny.ServerGuid, new ChangeForm(base64, false));
        changes.Write(in change);
    });

    private static string Longest(string begin, int chars) => begin.PadRight(chars, '-');

    private static byte[] Ascii(string text) => System.Text.Encoding.ASCII.GetBytes(text);

    private static JsonElement Answer(Pull pull, PageBuilder page)
    {
        var answer = AnswerSamples.Parsed(to => Writer.Write(to, pull, page, Tiny.ServerGuid, 77, "token"), Fields);
        Assert.Equal("pull_response", answer.GetProperty("type").GetString());
        Assert.Equal(AnswerSamples.Message, answer.GetProperty("request_id").GetGuid());
        Assert.Equal(Tiny.ServerGuid, answer.GetProperty("server_node").GetGuid());
        return answer;
    }

    private static void Check(Pushed e, int at, Pull pull, JsonElement change)
    {
        var (judgement, stored) = (e.Judgements.Span[at], e.Changes.Span[at]);
        Assert.Equal(ChangeFields, AnswerSamples.Fields(change));
        Assert.Equal(judgement.Lsn, change.GetProperty("lsn").GetInt64());
        Assert.Equal(stored.Table, change.GetProperty("table").GetString());
        Assert.Equal(stored.Operation.ToString(), change.GetProperty("operation").GetString());
        Assert.Equal(stored.Key.ToArray(), Bytes(pull, change.GetProperty("key")));
        var sentCompressed = stored.Compressed && pull.AcceptCompressed;
        Assert.Equal(sentCompressed, change.GetProperty("compressed").GetBoolean());
        var data = stored.Compressed && !sentCompressed ? JournalSamples.Decompress(stored.Data.Span) : stored.Data.ToArray();
        Assert.Equal(data, Bytes(pull, change.GetProperty("data")));
        Assert.Equal(stored.Checksum, change.GetProperty("checksum").GetUInt32());
        Assert.True(Rfc3339.TryParse(System.Text.Encoding.ASCII.GetBytes(change.GetProperty("timestamp").GetString()!), out var micros));
        Assert.Equal(stored.TimestampMicros, micros);
        Assert.Equal(e.Author.Value, change.GetProperty("author").GetString());
        Assert.Equal(stored.LocalLsn, change.GetProperty("author_lsn").GetInt64());
        Assert.Equal(ClockOf(e, judgement), AnswerSamples.Clock(change.GetProperty("vector_clock")));
    }

    private static byte[] Bytes(Pull pull, JsonElement element) =>
        pull.Base64 ? element.GetBytesFromBase64() : AnswerSamples.Integers(element);

    private static Dictionary<string, long> ClockOf(Pushed e, Judgement judgement)
    {
        var clock = new Dictionary<string, long> { [Tiny.Server.Value] = judgement.Lsn };
        if (judgement.Counter > 0)
        {
            clock.Add(e.Author.Value, judgement.Counter);
        }

        foreach (var entry in judgement.Others.Entries)
        {
            clock.Add(entry.Node.Value, entry.Counter);
        }

        return clock;
    }
}
