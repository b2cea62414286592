using System.Text;

namespace HeliosSync.Fuzz.Http;

/// <summary>The short form: seeds that never change, and that the oracles see what they are there for.</summary>
public sealed class HttpFuzzTests
{
    private const string GoodError = """{"error":"e","code":"INVALID_JSON","details":null,"request_id":"1"}""";

    [Fact]
    public async Task Fixed_seeds_find_nothing()
    {
        var run = new FuzzRun(seed: 1_000, episodesMax: 12, episodesPerStorm: 5, stormRequests: 200);
        await run.RunAsync(CancellationToken.None);
        // Without these, a server that refuses everything, or takes everything, would pass.
        foreach (var answer in new[]
        {
            "push 200", "push 400 INVALID_MESSAGE", "push 400 INVALID_JSON", "push 400 CHECKSUM_MISMATCH", "push 400 DECOMPRESSION_FAILED",
            "push 401 UNAUTHORIZED", "push 403 INSUFFICIENT_SCOPE", "push 415 UNSUPPORTED_MEDIA_TYPE", "push 409 CONFLICT", "pull 200",
            "pull 400 CLIENT_NOT_REGISTERED", "register 200", "heartbeat 200", "health 200", "nowhere 404 NOT_FOUND",
            "broken 400 INVALID_MESSAGE", "broken 431 INVALID_MESSAGE",
        })
        {
            Assert.Contains(answer, run.Stats.ByAnswer);
        }
    }

    [Theory]
    [InlineData("push", 400, GoodError, null)]
    [InlineData("push", 500, """{"error":"e","code":"INTERNAL_ERROR","details":null,"request_id":"1"}""", "may not answer 500")]
    [InlineData("push", 503, """{"error":"e","code":"OVERLOADED","details":null,"request_id":"1"}""", "may not answer 503")]
    [InlineData("heartbeat", 409, """{"error":"e","code":"CONFLICT","details":null,"request_id":"1"}""", "may not answer 409")]
    [InlineData("push", 409, GoodError, "may not answer 409 INVALID_JSON")]
    [InlineData("push", 400, """{"error":"e","code":"INVALID_JSON","details":null,"request_id":"2"}""", "request_id")]
    [InlineData("push", 400, """{"error":"e","code":"INVALID_JSON","request_id":"1"}""", "fields")]
    [InlineData("push", 401, """{"error":"e","code":"UNAUTHORIZED","details":null,"request_id":"1"}""", "WWW-Authenticate")]
    [InlineData("push", 400, "", "no JSON")]
    [InlineData("push", 200, "{}", "fields")]
    public void An_answer_is_judged(string endpoint, int status, string body, string? wrong)
    {
        var answer = new RawAnswer(status, [("X-Request-ID", "1"), ("Content-Type", "application/json")], Encoding.UTF8.GetBytes(body));
        var found = Oracle.Form(endpoint, answer, isHead: false);
        Assert.Equal(wrong is null, found is null);
        Assert.Contains(wrong ?? "", found ?? "", StringComparison.Ordinal);
        Assert.NotNull(Oracle.Form(endpoint, answer with { Headers = [("Content-Type", "application/json")] }, isHead: false));
        Assert.NotNull(Oracle.Form(endpoint, answer with { Headers = [("X-Request-ID", "1")] }, isHead: false));
    }

    [Theory]
    [InlineData("""{"type":"heartbeat","client_id":"a","timestamp":1,"current_lsn":0}""", true)]
    [InlineData("""{"type":"heartbeat","client_id":"a","timestamp":1,"current_lsn":0,"x":[{}]}""", true)]
    [InlineData("""{"type":"heartbeat","client_id":"a","timestamp":1,"current_lsn":0,"current_lsn":0}""", false)]
    [InlineData("""{"type":"heartbeat","client_id":"a","timestamp":1,"current_lsn":1e1}""", false)]
    [InlineData("""{"type":"heartbeat","client_id":"a","timestamp":1}""", false)]
    [InlineData("""{"type":"heartbeat","client_id":"a b","timestamp":1,"current_lsn":0}""", false)]
    [InlineData("""{"type":"heartbeat","client_id":"a","timestamp":1,"current_lsn":0,"x":"\ud800"}""", false)]
    [InlineData("""{"type":"heartbeat","client_id":"a","timestamp":1,"current_lsn":0,}""", false)]
    public void The_model_knows_a_message_from_none(string body, bool good)
    {
        Assert.Equal(good ? Sense.Good : Sense.Bad, Model.Judge("heartbeat", Encoding.UTF8.GetBytes(body)).Sense);
        var plan = new Plan { Endpoint = "heartbeat", Method = "POST", Target = "/", Plain = Encoding.UTF8.GetBytes(body) };
        var taken = new RawAnswer(
            200,
            [("X-Request-ID", "1"), ("Content-Type", "application/json")],
            """{"head_lsn":0,"success":true,"timestamp":1}"""u8.ToArray());
        Assert.Equal(good, Oracle.Judge(plan, taken) is null);
        Assert.Equal(!good, Oracle.Judge(plan, taken with { Status = 400, Body = Encoding.UTF8.GetBytes(GoodError) }) is null);
    }

    [Fact]
    public void What_the_grammar_makes_is_good_to_the_model()
    {
        var chance = new Random(5);
        var grammar = new Grammar(chance, new Tokens(), "t");
        var senses = Enumerable.Range(0, 2_000).Select(_ =>
        {
            var (endpoint, body, _) = grammar.Body(new Actor("a") { HeadLsn = 9, ServerNode = "b" });
            var (sense, why) = Model.Judge(endpoint, body.ToBytes(chance));
            Assert.True(sense != Sense.Bad, why);
            return sense;
        }).ToList();
        Assert.True(senses.Count(static s => s == Sense.Good) > senses.Count / 2);
    }

    [Fact]
    public void Memory_that_a_refused_request_leaves_is_seen()
    {
        Checkpoint Left(long bytes) => new(1_000, 0, 0, bytes, 1_000);
        Assert.Null(MemoryWatch.Judge([Left(9_000_000), Left(1_000), Left(-2_000)]));
        Assert.Null(MemoryWatch.Judge([Left(9_000_000), Left(1_000), Left(8_000_000), Left(2_000)]));
        Assert.NotNull(MemoryWatch.Judge([Left(0), Left(3_000_000), Left(4_000_000), Left(5_000_000)]));
        Checkpoint[] rising = [new(0, 9, 0, 0, 0), new(1_000, 0, 0, 0, 0), new(2_000, 2_000, 0, 0, 0)];
        Assert.Equal(2_000, MemoryWatch.Slope(rising, static c => c.HeapBytes));
    }
}
