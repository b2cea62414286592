using System.Text.Json;
using FsCheck;
using FsCheck.Xunit;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Property.Codec;

/// <summary>The answer to a push says what became of each change (protocol 4.3, 5.5).</summary>
[Properties(MaxTest = 300)]
public sealed class AnswerAckTests
{
    private static readonly string[] ReportFields =
    [
        "lsn", "table", "key", "conflict_type", "description", "resolution", "server_change",
    ];

    private static readonly Dictionary<long, ServerChange> None = [];

    private static readonly AckWriter Writer = new(JournalSamples.Zstd);

    [Fact]
    public void Accepted_repeated_superseded_and_converged_changes_are_acknowledged_in_the_batchs_order()
    {
        var e = AnswerSamples.Event(
            10,
            false,
            (AnswerSamples.Judged(Verdict.Accepted, 5, 10), Tiny.Change(5, Operation.Insert, 1, 1)),
            (AnswerSamples.Judged(Verdict.Repeated, 3, 7), default),
            (AnswerSamples.Judged(Verdict.Superseded, 2, 8), default),
            (AnswerSamples.Judged(Verdict.Accepted, 6, 11), Tiny.Change(6, Operation.Insert, 2, 1)),
            (AnswerSamples.Judged(Verdict.Converged, 4, 1), default));
        Assert.Equal(
            AnswerSamples.OneLine("""
                {"type":"push_ack","request_id":"550e8400-e29b-41d4-a716-446655440000","accepted_lsns":[5,3,2,6,4],
                "assigned_lsns":[10,7,8,11,1],"superseded_lsns":[2],"conflicts":[],"server_lsn":11,"head_lsn":20,
                "vector_clock":{"5e5e5e5e-0000-4000-8000-000000000001":11,"a#1":3}}
                """),
            AnswerSamples.Text(to => Writer.Write(to, EventWriter.Write(e), None, 11, 20, Tiny.ServerGuid, Tiny.Node("a#1"), 3)));
    }

    [Fact]
    public void A_conflict_report_and_its_server_change_are_these_very_bytes()
    {
        var met = new Dictionary<long, ServerChange> { [12] = new(AnswerSamples.Stored(12), false) };
        Assert.Equal(
            AnswerSamples.OneLine("""
                {"type":"push_ack","request_id":"550e8400-e29b-41d4-a716-446655440000","accepted_lsns":[],"assigned_lsns":[],
                "conflicts":[{"lsn":7,"table":"t","key":[9],"conflict_type":"ConcurrentUpdate",
                "description":"The row was changed at LSN 12, which this change does not know: merge both, and push the result
                 with base_lsn 12.",
                "resolution":"Rejected",
                "server_change":{"lsn":12,"table":"tasks","operation":"Update","key":[1,2,3],"data":[10,20,30],"vector_clock":
                {"5e5e5e5e-0000-4000-8000-000000000001":12,"b#1":6,"c":2},"timestamp":"2023-11-14T22:13:20Z","checksum":3420316008,
                "compressed":false,"author":"b#1","author_lsn":4}}],"server_lsn":0,"head_lsn":20,"vector_clock":{}}
                """),
            AnswerSamples.Text(to => Writer.Write(
                to, EventWriter.Write(Conflicting(12, ConflictType.ConcurrentUpdate)), met, 0, 20, Tiny.ServerGuid, Tiny.Node("a"), 0)));
    }

    [Theory]
    [InlineData(ConflictType.UniqueConstraintViolation, "UniqueConstraintViolation")]
    [InlineData(ConflictType.ConcurrentUpdate, "ConcurrentUpdate")]
    [InlineData(ConflictType.DeletedOnServer, "DeletedOnServer")]
    [InlineData(ConflictType.UpdatedOnServer, "UpdatedOnServer")]
    public void A_report_names_its_type_and_the_base_lsn_that_settles_it(ConflictType type, string name)
    {
        var met = new Dictionary<long, ServerChange> { [12] = new(AnswerSamples.Stored(12), false) };
        var report = Ack(Conflicting(12, type), met).GetProperty("conflicts")[0];
        Assert.Equal(name, report.GetProperty("conflict_type").GetString());
        Assert.EndsWith("with base_lsn 12.", report.GetProperty("description").GetString(), StringComparison.Ordinal);
    }

    [Property]
    public void Every_pushed_lsn_stands_once_in_the_accepted_or_in_a_conflict(DoNotSize<int> seed)
    {
        var random = new Random(seed.Item);
        var e = JournalSamples.Pushed(random, firstLsn: 50);
        while (e.Refused)
        {
            e = JournalSamples.Pushed(random, firstLsn: 50);
        }

        var answer = Ack(e, Met(e));
        var judgements = e.Judgements.ToArray();
        var acknowledged = judgements.Where(j => j.Verdict != Verdict.Conflicting).ToArray();
        Assert.Equal(acknowledged.Select(j => j.LocalLsn), Numbers(answer, "accepted_lsns"));
        Assert.Equal(acknowledged.Select(j => j.Lsn), Numbers(answer, "assigned_lsns"));
        var conflicts = answer.GetProperty("conflicts").EnumerateArray().ToArray();
        Assert.Equal(
            judgements.Where(j => j.Verdict == Verdict.Conflicting).Select(j => (j.LocalLsn, j.Lsn)),
            conflicts.Select(c => (c.GetProperty("lsn").GetInt64(), c.GetProperty("server_change").GetProperty("lsn").GetInt64())));
        Assert.All(conflicts, c => Assert.Equal(ReportFields, AnswerSamples.Fields(c)));
        var superseded = judgements.Where(j => j.Verdict == Verdict.Superseded).Select(j => j.LocalLsn);
        Assert.Equal(superseded, answer.TryGetProperty("superseded_lsns", out _) ? Numbers(answer, "superseded_lsns") : []);
    }

    /// <summary>A change that won is acknowledged, and reported with the version that lost; one that lost is only reported.</summary>
    [Property]
    public void Every_conflict_that_policies_decided_is_reported_with_the_version_that_it_met(DoNotSize<int> seed)
    {
        var e = JournalSamples.PushedByPolicy(new Random(seed.Item));
        var judgements = e.Judgements.ToArray();
        var expected = judgements.Select((j, i) => (j, Met: e.WonOver?[i] is > 0 and var won ? won : j.Lsn))
            .Where(c => c.j.Conflict != ConflictType.None).ToArray();
        var met = expected.Select(c => c.Met).Distinct()
            .ToDictionary(lsn => lsn, lsn => new ServerChange(AnswerSamples.Stored(lsn), false));
        var answer = Ack(e, met);
        Assert.Equal(
            judgements.Where(j => j.Verdict != Verdict.Conflicting).Select(j => j.LocalLsn), Numbers(answer, "accepted_lsns"));
        Assert.Equal(
            expected.Select(c => (c.j.LocalLsn, c.Met, c.j.Resolution.ToString())),
            answer.GetProperty("conflicts").EnumerateArray().Select(c => (
                c.GetProperty("lsn").GetInt64(),
                c.GetProperty("server_change").GetProperty("lsn").GetInt64(),
                c.GetProperty("resolution").GetString()!)));
    }

    [Fact]
    public void A_server_change_that_the_caller_cut_has_data_omitted_instead_of_data()
    {
        var met = new Dictionary<long, ServerChange> { [12] = new(AnswerSamples.Stored(12).Detach(withData: false), true) };
        var change = Ack(Conflicting(12, ConflictType.ConcurrentUpdate), met).GetProperty("conflicts")[0].GetProperty("server_change");
        Assert.False(change.TryGetProperty("data", out _));
        Assert.True(change.GetProperty("data_omitted").GetBoolean());
    }

    /// <summary>One version of 256 KiB that ten changes met: the caller sees one, the answer would hold ten.</summary>
    [Fact]
    public void One_answer_holds_at_most_1_MiB_of_data_however_often_a_version_was_met()
    {
        var met = new Dictionary<long, ServerChange> { [12] = new(AnswerSamples.Stored(12, new byte[Limits.DataBytesMax]), false) };
        var one = (AnswerSamples.Judged(Verdict.Conflicting, 7, 12, ConflictType.ConcurrentUpdate), Tiny.Change(7, Operation.Update, 9, 1));
        var conflicts = Ack(AnswerSamples.Event(20, false, [.. Enumerable.Repeat(one, 10)]), met).GetProperty("conflicts");
        var changes = conflicts.EnumerateArray().Select(c => c.GetProperty("server_change")).ToArray();
        Assert.Equal(10, changes.Length);
        Assert.All(changes[..4], c => Assert.True(c.TryGetProperty("data", out _)));
        Assert.All(changes[4..], c => Assert.True(c.GetProperty("data_omitted").GetBoolean() && !c.TryGetProperty("data", out _)));
    }

    /// <summary>Four leave ten bytes; of the next two, the caller cut one, and the other does not fit; ten bytes do, and fill it.</summary>
    [Fact]
    public void A_version_without_its_data_takes_no_room_from_those_behind_it()
    {
        const int All = Limits.DataBytesMax;
        var sizes = new[] { All, All, All, All - 10, All, All, 10, 1 };
        var versions = sizes.Select((n, at) => AnswerSamples.Stored(at + 1, new byte[n])).ToArray();
        var met = versions.ToDictionary(v => v.Lsn, v => new ServerChange(v.Lsn == 5 ? v.Detach(withData: false) : v, v.Lsn == 5));
        var judged = versions.Select(v => (
            AnswerSamples.Judged(Verdict.Conflicting, v.Lsn, v.Lsn, ConflictType.ConcurrentUpdate),
            Tiny.Change(v.Lsn, Operation.Update, 9, 1)));
        var changes = Ack(AnswerSamples.Event(20, false, [.. judged]), met).GetProperty("conflicts").EnumerateArray()
            .Select(c => c.GetProperty("server_change")).ToArray();
        Assert.Equal([1, 2, 3, 4, 7], changes.Where(c => c.TryGetProperty("data", out _)).Select(c => c.GetProperty("lsn").GetInt64()));
        Assert.Equal([5, 6, 8], changes.Where(c => c.TryGetProperty("data_omitted", out _)).Select(c => c.GetProperty("lsn").GetInt64()));
    }

    [Fact]
    public void A_compressed_version_is_reported_uncompressed()
    {
        byte[] data = [.. Enumerable.Repeat((byte)7, 1_000)];
        var stored = AnswerSamples.Stored(12, JournalSamples.Compress(data)) with { Compressed = true, DataBytes = data.Length };
        var met = new Dictionary<long, ServerChange> { [12] = new(stored, false) };
        var change = Ack(Conflicting(12, ConflictType.ConcurrentUpdate), met).GetProperty("conflicts")[0].GetProperty("server_change");
        Assert.Equal(data, AnswerSamples.Integers(change.GetProperty("data")));
        Assert.False(change.GetProperty("compressed").GetBoolean());
    }

    /// <summary>Neither more bytes than the frame has, which would be another answer's, nor fewer, nor none of a broken one.</summary>
    [Property(MaxTest = 50)]
    public void A_compressed_version_that_is_not_of_its_length_is_no_answer(byte[] data, PositiveInt more)
    {
        var frame = JournalSamples.Compress(data);
        var wrong = new[] { (frame, data.Length + more.Get), (frame[..^1], data.Length), (frame[..^1], 0) };
        foreach (var (bytes, length) in data.Length == 0 ? wrong : [.. wrong, (frame, data.Length - 1)])
        {
            var stored = AnswerSamples.Stored(12, bytes) with { Compressed = true, DataBytes = length };
            var met = new Dictionary<long, ServerChange> { [12] = new(stored, false) };
            Assert.Throws<InvalidDataException>(() => Ack(Conflicting(12, ConflictType.ConcurrentUpdate), met));
        }
    }

    [Fact]
    public void A_version_that_the_caller_does_not_give_is_a_bug() =>
        Assert.Throws<KeyNotFoundException>(() => Ack(Conflicting(12, ConflictType.ConcurrentUpdate), None));

    [Fact]
    public void An_atomic_refusal_is_an_error_body_with_its_conflicts()
    {
        var e = AnswerSamples.Event(
            20,
            true,
            (AnswerSamples.Judged(Verdict.Withdrawn, 6, 0), default),
            (AnswerSamples.Judged(Verdict.Withdrawn, 8, 0), default),
            (AnswerSamples.Judged(Verdict.Conflicting, 7, 12, ConflictType.DeletedOnServer), Tiny.Change(7, Operation.Update, 9, 1)));
        var met = new Dictionary<long, ServerChange> { [12] = new(AnswerSamples.Stored(12), false) };
        var body = AnswerSamples.Parsed(
            to => Writer.WriteRefused(to, EventWriter.Write(e), met, Tiny.ServerGuid, "request-1"),
            "error", "code", "details", "request_id", "conflicts");
        Assert.Equal("CONFLICT", body.GetProperty("code").GetString());
        Assert.Equal("1 of 3 changes conflict", body.GetProperty("details").GetString());
        Assert.Equal("request-1", body.GetProperty("request_id").GetString());
        Assert.Equal(1, body.GetProperty("conflicts").GetArrayLength());
        Assert.Equal(ReportFields, AnswerSamples.Fields(body.GetProperty("conflicts")[0]));
    }

    private static Pushed Conflicting(long met, ConflictType type) => AnswerSamples.Event(
        20, false, (AnswerSamples.Judged(Verdict.Conflicting, 7, met, type), Tiny.Change(7, Operation.Update, 9, 1)));

    private static Dictionary<long, ServerChange> Met(Pushed e) => e.Judgements.ToArray()
        .Where(j => j.Verdict == Verdict.Conflicting).Select(j => j.Lsn).Distinct()
        .ToDictionary(lsn => lsn, lsn => new ServerChange(AnswerSamples.Stored(lsn), false));

    private static JsonElement Ack(Pushed e, Dictionary<long, ServerChange> met)
    {
        var superseded = e.Judgements.ToArray().Any(j => j.Verdict == Verdict.Superseded);
        string[] fields =
        [
            "type", "request_id", "accepted_lsns", "assigned_lsns", .. superseded ? ["superseded_lsns"] : Array.Empty<string>(),
            "conflicts", .. e.Settled is null ? Array.Empty<string>() : ["settled_conflicts"], "server_lsn", "head_lsn", "vector_clock",
        ];
        return AnswerSamples.Parsed(
            to => Writer.Write(to, EventWriter.Write(e), met, 5, 9, Tiny.ServerGuid, Tiny.Node("a"), 2), fields);
    }

    private static long[] Numbers(JsonElement answer, string field) =>
        [.. answer.GetProperty(field).EnumerateArray().Select(n => n.GetInt64())];
}
