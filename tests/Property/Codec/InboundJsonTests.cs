using System.Text;
using FsCheck.Xunit;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Property.Codec;

/// <summary>What is no JSON in UTF-8 is refused as that; the rest is taken or refused as a reference with a document tree would.</summary>
public sealed class InboundJsonTests : IDisposable
{
    private static readonly string[] Snippets =
    [
        ",", "[", "]", "{", "}", "\"", ":", " ", "\n", "0", "1", "256", "-", ".", "e1", "null", "true", "\\", "\\u0061", "\\ud800",
        "\\udc00", "\"lsn\":1,", "\"key\":[1],", "\"x\":{\"y\":[1,{}]},", "\"clocks\":", "/**/", "é", "\0", "AA==",
        ",\"atomic\":false", "\"a\":0,",
    ];

    private readonly ZstdFrames _zstd = new();

    private PushReader Reader => new(InboundRead.Hash, _zstd);

    [Theory]
    [InlineData("")]
    [InlineData("  \n")]
    [InlineData("{")]
    [InlineData("{\"type\":\"push_changes\"")]
    [InlineData("{\"type\":")]
    [InlineData("{,}")]
    [InlineData("{\"a\":1,}")]
    [InlineData("{\"a\":[1,]}")]
    [InlineData("{\"a\" 1}")]
    [InlineData("{a:1}")]
    [InlineData("{'a':1}")]
    [InlineData("{\"a\":007}")]
    [InlineData("{\"a\":NaN}")]
    [InlineData("{\"a\":+1}")]
    [InlineData("{\"a\":.5}")]
    [InlineData("/* comment */ {\"a\":1}")]
    [InlineData("5 5")]
    [InlineData("[1")]
    [InlineData("nul")]
    [InlineData("\uFEFF{}")]
    [InlineData("{\"a\":\"\n\"}")]
    [InlineData("{\"a\":\"\\x\"}")]
    [InlineData("{\"a\":\"\\u12\"}")]
    [InlineData("{\"changes\":[{\"key\":[1,]}]}")]
    [InlineData("{\"changes\":[{\"key\":[1 2]}]}")]
    [InlineData("{\"changes\":[{\"key\":[01]}]}")]
    [InlineData("{\"changes\":[{\"data\":[1,x]}]}")]
    public async Task A_body_that_is_not_json_is_refused_as_that(string body) =>
        Assert.Equal(ErrorCode.InvalidJson, (await InboundRead.RefusalOf(Reader, Encoding.UTF8.GetBytes(body))).Code);

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("5")]
    [InlineData(" \"x\" ")]
    [InlineData("[{\"type\":\"push_changes\"}]")]
    [InlineData("true")]
    public async Task A_root_that_is_no_object_is_no_message(string body) =>
        Assert.Equal(ErrorCode.InvalidMessage, (await InboundRead.RefusalOf(Reader, Encoding.UTF8.GetBytes(body))).Code);

    [Fact]
    public async Task A_message_inside_of_an_array_is_none()
    {
        var body = Encoding.UTF8.GetBytes($"[{{\"x\":[],{InboundFields.Push.ToString()[1..]}]");
        Assert.Equal(ErrorCode.InvalidMessage, (await InboundRead.RefusalOf(Reader, body)).Code);
    }

    /// <summary>Whoever mends a client wants to know which of a thousand entries it is.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task An_entry_that_is_not_json_is_told_by_its_index(int index)
    {
        var entries = Enumerable.Range(0, 3).Select(i => i == index ? "{\"x\":nul}" : $"{InboundFields.Change.With("lsn", $"{i + 1}")}");
        var refusal = await InboundRead.RefusalOf(Reader, InboundFields.Push.With("changes", $"[{string.Join(',', entries)}]").Bytes);
        Assert.Equal((ErrorCode.InvalidJson, $"changes[{index}]"), (refusal.Code, refusal.Details));
    }

    [Fact]
    public async Task What_is_not_json_outside_of_the_entries_is_told_without_an_index()
    {
        var behind = InboundFields.Push.Also("x", "nul").Bytes;
        foreach (var body in new[] { behind, "{\"x\":nul}"u8.ToArray(), "nul"u8.ToArray() })
        {
            var refusal = await InboundRead.RefusalOf(Reader, body);
            Assert.Equal((ErrorCode.InvalidJson, null), (refusal.Code, refusal.Details));
        }
    }

    [Theory]
    [InlineData("{}")]
    [InlineData(" 1")]
    [InlineData("]")]
    [InlineData("\0")]
    [InlineData("// comment")]
    [InlineData("x")]
    public async Task Anything_behind_the_message_is_refused(string behind)
    {
        byte[] body = [.. InboundFields.Push.Bytes, .. Encoding.UTF8.GetBytes(behind)];
        Assert.Equal(ErrorCode.InvalidJson, (await InboundRead.RefusalOf(Reader, body)).Code);
        Assert.Null(await InboundRead.OutcomeOf(Reader, new InboundPieces([.. InboundFields.Push.Bytes, .. " \r\n\t"u8])));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"x\":")]
    [InlineData("{\"changes\":[{\"key\":")]
    [InlineData("{\"changes\":[{\"x\":")]
    [InlineData("{\"vector_clock\":{\"a\":")]
    public async Task A_hundred_thousand_brackets_are_refused_after_a_bounded_look(string before)
    {
        var body = Encoding.UTF8.GetBytes(before + new string('[', 100_000));
        using var parser = new PushParser(InboundRead.Hash, _zstd);
        var refusal = await BodyReader.ReadAsync(new InboundPieces(body), parser, CancellationToken.None);
        Assert.Contains(refusal!.Code, new[] { ErrorCode.InvalidJson, ErrorCode.InvalidMessage });
        Assert.Equal(before is "" or "{\"x\":" or "{\"changes\":[{\"x\":", refusal.Code == ErrorCode.InvalidJson);
        Assert.Equal(body.Length, parser.BytesScanned);
    }

    [Theory]
    [InlineData(60, true)]
    [InlineData(61, true)]
    [InlineData(62, false)]
    public async Task An_unknown_field_of_a_change_nests_to_a_depth_of_64_in_all(int depth, bool isGood)
    {
        var change = InboundFields.Change.With("x", new string('[', depth) + new string(']', depth));
        var refusal = await InboundRead.OutcomeOf(Reader, new InboundPieces(InboundFields.PushOf(change)));
        Assert.Equal(isGood ? null : ErrorCode.InvalidJson, refusal?.Code);
    }

    /// <summary>Bad bytes and bad escapes, in known and unknown strings, names and values, of the message and of a change.</summary>
    [Theory]
    [InlineData("FF")]
    [InlineData("C0AF")]
    [InlineData("E0809F")]
    [InlineData("EDA080")]
    [InlineData("F4908080")]
    [InlineData("C3")]
    [InlineData("5C7564383030")]
    [InlineData("5C7564633030")]
    [InlineData("5C75643830305C7564383030")]
    [InlineData("5C7564383030205C7564633030")]
    [InlineData("5C7564383030C3A9")]
    public async Task A_string_that_is_no_unicode_is_refused_wherever_it_stands(string hex)
    {
        const string Mark = "@@";
        InboundFields[] messages =
        [
            InboundFields.Push.With("x", $"\"{Mark}\""), InboundFields.Push.With($"x{Mark}", "1"),
            InboundFields.Push.With("x", $"[{{\"{Mark}\":1}}]"),
            InboundFields.Push.With("client_id", $"\"a{Mark}\""), InboundFields.Push.With("vector_clock", $"{{\"a{Mark}\":1}}"),
            .. new[] { "table", "key", "data", "operation", "timestamp", "x" }.Select(f =>
                InboundFields.Push.With("changes", $"[{InboundFields.Change.With(f, $"\"{Mark}\"")}]")),
        ];
        foreach (var message in messages)
        {
            var bad = Encoding.Latin1.GetString(Convert.FromHexString(hex));
            var body = Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(message.Bytes).Replace(Mark, bad, StringComparison.Ordinal));
            Assert.Equal(ErrorCode.InvalidJson, (await InboundRead.RefusalOf(Reader, body)).Code);
        }
    }

    /// <summary>A code unit of each upper byte, alone and in front of one of each.</summary>
    [Fact]
    public void Escapes_are_taken_just_where_they_are_whole_characters()
    {
        char[] units = [.. Enumerable.Range(0, 256).Select(static upper => (char)((upper << 8) | 0x9a))];
        foreach (var first in units)
        {
            Assert.Equal(!char.IsSurrogate(first), JsonText.IsWellFormed(Encoding.ASCII.GetBytes($"\\u{(int)first:x4}"), hasEscapes: true));
            foreach (var second in units)
            {
                var text = $"\\u{(int)first:x4}\\u{(int)second:X4}";
                var isGood = char.IsSurrogatePair(first, second) || !(char.IsSurrogate(first) || char.IsSurrogate(second));
                Assert.True(isGood == JsonText.IsWellFormed(Encoding.ASCII.GetBytes(text), hasEscapes: true), text);
            }
        }
    }

    [Fact]
    public async Task Whole_characters_are_taken_in_unknown_strings_escaped_or_not() =>
        Assert.Null(await InboundRead.OutcomeOf(Reader, new InboundPieces(
            InboundFields.Push.With("é\\u00e9\\ud83d\\ude00😀", "\"\\ud83d\\ude00 \\\\ud800 😀\\n\"").Bytes)));

    /// <summary>A spoilt body means the same however it is cut, and what the reference says of it.</summary>
    [Property(MaxTest = 600)]
    public async Task A_mutated_body_is_taken_or_refused_as_the_reference_would_in_any_cut(int seed, int[] cuts)
    {
        var random = new Random(seed);
        var body = new InboundText(seed).Write(InboundPush.Of(seed)).ToList();
        for (var i = random.Next(3); i >= 0; i--)
        {
            Mutate(body, random);
        }

        byte[] bytes = [.. body];
        var whole = await InboundRead.OutcomeOf(Reader, new InboundPieces(bytes));
        Assert.Equal(whole, await InboundRead.OutcomeOf(Reader, new InboundPieces(InboundPieces.Cut(bytes, cuts))));
        Assert.Equal(whole, await InboundRead.OutcomeOf(Reader, new InboundPieces(bytes.Select(static b => new[] { b }))));

        var reference = InboundReference.Judge(bytes, _zstd);
        var text = $"{whole?.Code} {whole?.Details}, reference {reference}: {Encoding.UTF8.GetString(bytes)}";
        Assert.True(reference == InboundVerdict.Good == whole is null, text);
        Assert.True(reference == InboundVerdict.NotJson || whole?.Code != ErrorCode.InvalidJson, text);
    }

    [Fact]
    public void The_mutations_leave_some_bodies_good_and_spoil_others_in_either_way()
    {
        var verdicts = Enumerable.Range(0, 200).Select(seed =>
        {
            var body = new InboundText(seed).Write(InboundPush.Of(seed)).ToList();
            Mutate(body, new Random(seed));
            return InboundReference.Judge([.. body], _zstd);
        });
        var counts = verdicts.CountBy(static v => v).ToDictionary();
        Assert.All(Enum.GetValues<InboundVerdict>(), v => Assert.InRange(counts.GetValueOrDefault(v), 10, 190));
    }

    public void Dispose() => _zstd.Dispose();

    private static void Mutate(List<byte> body, Random random)
    {
        var at = random.Next(body.Count);
        switch (random.Next(6))
        {
            case 0:
                body[at] = (byte)random.Next(256);
                break;
            case 1:
                body.RemoveRange(at, Math.Min(random.Next(1, 4), body.Count - at));
                break;
            case 2:
                body.RemoveRange(at, random.Next(10) == 0 ? body.Count - at : 0);
                break;
            case 3:
                body[at] = char.IsAsciiDigit((char)body[at]) ? (byte)('0' + random.Next(10)) : body[at];
                break;
            default:
                int[] structure = [.. Enumerable.Range(0, body.Count).Where(i => ",:[{}]"u8.Contains(body[i]))];
                var place = random.Next(3) == 0 ? at : structure[random.Next(structure.Length)];
                body.InsertRange(place, Encoding.UTF8.GetBytes(Snippets[random.Next(Snippets.Length)]));
                break;
        }
    }
}
