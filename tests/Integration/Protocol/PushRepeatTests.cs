using System.Text.Json.Nodes;
using HeliosSync.Integration.Protocol.Rig;

namespace HeliosSync.Integration.Protocol;

/// <summary>Exactly once (protocol 4.3): a push repeated under its message id applies nothing and has the outcome of the first.</summary>
public sealed class PushRepeatTests(Site site) : IClassFixture<Site>
{
    private static readonly string[] Outcome = ["accepted_lsns", "assigned_lsns", "superseded_lsns", "conflicts", "error", "code",
        "details"];

    /// <summary>The kinds of outcome that a push can have; for each, what is pushed before and what then.</summary>
    public static TheoryData<string, bool> Kinds()
    {
        var kinds = new TheoryData<string, bool>();
        foreach (var kind in new[] { "accepted", "conflict", "atomic refusal", "wrote nothing", "superseded" })
        {
            kinds.Add(kind, false);
            kinds.Add(kind, true);
        }

        return kinds;
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_repeat_has_the_same_outcome_and_stores_nothing(string kind, bool afterRestart)
    {
        var tenant = site.NewTenant();
        var a = await site.DeviceAsync(tenant, "a");
        (await a.PushAsync(Change.Insert(5, "k", "first"), Change.Insert(6, "k2", "second"))).Ok();
        var (client, body) = Push(kind);
        var pusher = await site.DeviceAsync(tenant, client);
        var first = await pusher.PostAsync("push", body);
        var events = site.JournalEvents();
        if (afterRestart)
        {
            await site.RestartAsync();
            pusher = site.Stranger(tenant, client);
        }

        // What others do in between changes head and position, never the outcome.
        var other = await site.DeviceAsync(tenant, "other");
        (await other.PushAsync(Change.Insert(1, "between"))).Ok();
        var again = await pusher.PostAsync("push", body);
        Assert.Equal(kind == "atomic refusal" ? 409 : 200, first.Status);
        Assert.Equal(first.Status, again.Status);
        Assert.Equal(OutcomeOf(first), OutcomeOf(again));
        Assert.Equal(events + 2, site.JournalEvents());
    }

    [Fact]
    public async Task The_positions_in_a_repeated_answer_are_as_of_now()
    {
        var tenant = site.NewTenant();
        var (a, b) = (await site.DeviceAsync(tenant, "a"), await site.DeviceAsync(tenant, "b"));
        var push = Body.Push("a", Change.Insert(1, "k"));
        var first = (await a.PostAsync("push", push)).Ok();
        (await b.PushAsync(Change.Insert(1, "k2"))).Ok();
        (await a.PullAsync(2)).Ok();
        var again = (await a.PostAsync("push", push)).Ok();
        Assert.Equal((1, 1), (first.ServerLsn, first.HeadLsn));
        Assert.Equal((2, 2), (again.ServerLsn, again.HeadLsn));
    }

    [Theory]
    [InlineData("the data")]
    [InlineData("the order")]
    [InlineData("atomic")]
    [InlineData("one change less")]
    [InlineData("the local number")]
    [InlineData("the clock")]
    [InlineData("the time")]
    public async Task The_same_id_with_other_content_is_refused(string other)
    {
        var device = await site.DeviceAsync(site.NewTenant(), "a");
        var id = new JsonObject { ["message_id"] = Body.NewId() };
        var (one, two) = (Change.Insert(1, "k1"), Change.Insert(2, "k2"));
        (await device.PushWithAsync(id, one, two)).Ok();
        var answer = other switch
        {
            "the data" => await device.PushWithAsync(id, one, Change.Insert(2, "k2", "x")),
            "the order" => await device.PushWithAsync(id, two, one),
            "atomic" => await device.PushWithAsync(id.With(new() { ["atomic"] = true }), one, two),
            "one change less" => await device.PushWithAsync(id, one),
            "the local number" => await device.PushWithAsync(id, one, Change.Insert(3, "k2")),
            "the clock" => await device.PushWithAsync(id, one, Change.Insert(2, "k2", "data",
                new() { ["vector_clock"] = Body.Clock(("a", 1)) })),
            _ => await device.PushWithAsync(id, one, Change.Insert(2, "k2", "data", new() { ["timestamp"] = "2025-11-24T10:30:01Z" })),
        };
        answer.Refused(409, "MESSAGE_ID_REUSED");
        Assert.Equal(2, (await device.PullAllAsync()).Count);
    }

    /// <summary>"Other content" is judged on the decoded changes, not on the bytes of the body.</summary>
    [Fact]
    public async Task The_same_content_in_other_bytes_is_a_repeat()
    {
        var device = await site.DeviceAsync(site.NewTenant(), "a");
        var body = Body.Push("a", Change.Insert(1, "k", "data"));
        (await device.PostAsync("push", body)).Ok();
        var change = body.Objects("changes")[0];
        change["data"] = Convert.ToBase64String("data"u8);
        change["timestamp"] = "2025-11-24T11:30:00.000+01:00";
        change["vector_clock"] = new JsonObject { ["clocks"] = Body.Clock(("z", 0)) };
        change["unknown"] = 1;
        change.Without("compressed");
        body["message_id"] = body.Text("message_id").ToUpperInvariant();
        body["vector_clock"] = Body.Clock(("a", 7));
        body["atomic"] = false;
        Assert.Equal([1], (await device.PostAsync("push", body.ToJsonString(new() { WriteIndented = true }))).Ok().Assigned);
        Assert.Single(await device.PullAllAsync());
    }

    [Fact]
    public async Task The_same_push_many_times_at_once_is_stored_once_and_answered_alike()
    {
        var device = await site.DeviceAsync(site.NewTenant(), "a");
        for (var round = 0; round < 10; round++)
        {
            var body = Body.Push("a", Change.Inserts(1 + 3 * round, 3, $"r{round}"));
            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => device.PostAsync("push", body)));
            Assert.Single(answers.Select(static a => OutcomeOf(a.Ok())).Distinct());
        }

        Assert.Equal(30, (await device.PullAllAsync()).Count);
    }

    [Fact]
    public async Task The_last_256_ids_of_a_client_are_remembered()
    {
        var device = await site.DeviceAsync(site.NewTenant(), "a");
        var bodies = Enumerable.Range(1, 257).Select(static n => Body.Push("a", Change.Insert(n, $"k{n}"))).ToArray();
        foreach (var body in bodies)
        {
            (await device.PostAsync("push", body)).Ok();
        }

        var changed = Change.Insert(999, "other");
        (await device.PushWithAsync(Id(bodies[1]), changed)).Refused(409, "MESSAGE_ID_REUSED");
        (await device.PushWithAsync(Id(bodies[256]), changed)).Refused(409, "MESSAGE_ID_REUSED");
        (await device.PushWithAsync(Id(bodies[0]), changed)).Ok();
        Assert.Equal(258, (await device.PullAllAsync()).Count);
    }

    /// <summary>An id that was never judged is free: only a judged push is remembered.</summary>
    [Fact]
    public async Task A_push_that_was_refused_unjudged_leaves_its_id_free()
    {
        var device = await site.DeviceAsync(site.NewTenant(), "a");
        var id = new JsonObject { ["message_id"] = Body.NewId() };
        (await device.PushWithAsync(id, Change.Insert(1, "k", "x", new() { ["base_lsn"] = 9 }))).Refused(409, "LSN_AHEAD_OF_SERVER");
        (await device.PushWithAsync(id, Change.Insert(1, "k", "x", new() { ["checksum"] = 1 }))).Refused(400, "CHECKSUM_MISMATCH");
        Assert.Equal([1], (await device.PushWithAsync(id, Change.Insert(1, "k", "x"))).Ok().Assigned);
    }

    /// <summary>Protocol 4.1: a registration does not clear what is remembered of a client.</summary>
    [Fact]
    public async Task A_repeat_after_a_new_node_is_still_a_repeat()
    {
        var device = await site.DeviceAsync(site.NewTenant(), "a");
        var body = Body.Push("a", Change.Insert(1, "k"));
        (await device.PostAsync("push", body)).Ok();
        (await device.RegisterAsync(new() { ["node_id"] = "a#2" })).Ok();
        Assert.Equal([1], (await device.PostAsync("push", body)).Ok().Assigned);
        Assert.Equal("a", Assert.Single(await device.PullAllAsync()).Text("author"));
    }

    private static (string Client, JsonObject Body) Push(string kind) => kind switch
    {
        "accepted" => ("b", Body.Push("b", Change.Insert(1, "new"), Change.Insert(2, "newer"))),
        "conflict" => ("b", Body.Push("b", Change.Insert(1, "new"), Change.Update(2, "k", "mine"), Change.Delete(3, "k2"))),
        "atomic refusal" => (
            "b", Body.Push("b", Change.Insert(1, "new"), Change.Update(2, "k", "mine")).With(new() { ["atomic"] = true })),
        "wrote nothing" => ("b", Body.Push("b", Change.Update(1, "k", "first"))),
        _ => ("a", Body.Push("a", Change.Update(4, "k", "late"), Change.Insert(7, "new"))),
    };

    private static JsonObject Id(JsonObject body) => new() { ["message_id"] = body.Text("message_id") };

    private static string OutcomeOf(Answer answer) => string.Join(
        '\n', answer.Json.Where(static field => Outcome.Contains(field.Key)).Select(static field =>
            $"{field.Key}: {field.Value?.ToJsonString()}"));
}
