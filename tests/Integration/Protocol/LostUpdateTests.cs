using System.Text.Json.Nodes;
using HeliosSync.Integration.Protocol.Rig;

namespace HeliosSync.Integration.Protocol;

/// <summary>
/// The ways in which a sync server loses an edit without a word (protocol 5.3), from end to end. tests/Property has every one of them;
/// here are those that also hang on what answers tell a client.
/// </summary>
public sealed class LostUpdateTests(Site site) : IClassFixture<Site>
{
    private Device _a = null!;
    private Device _b = null!;
    private string _server = "";

    [Fact]
    public async Task Two_phones_that_edit_one_row_offline_get_a_report_and_no_edit_is_lost()
    {
        await TwoAsync();
        (await _a.PushAsync(Change.Insert(1, "note", "milk"))).Ok();
        var (heldByA, heldByB) = ((await _a.PullAllAsync()).Single(), (await _b.PullAllAsync()).Single());

        // Both offline, both with all the knowledge they have.
        var ofA = Change.Update(2, "note", "milk, bread", Knowing(heldByA));
        var ofB = Change.Update(1, "note", "milk, eggs", Knowing(heldByB));
        Assert.Empty((await _a.PushAsync(ofA)).Ok().Conflicts);
        var report = Assert.Single((await _b.PushAsync(ofB)).Ok().Conflicts);
        Assert.Equal("ConcurrentUpdate", report.Text("conflict_type"));
        Assert.Equal("milk, bread", report.Object("server_change").DataText());

        var merged = Change.Update(2, "note", "milk, bread, eggs", new() { ["base_lsn"] = report.Object("server_change").Long("lsn") });
        Assert.Empty((await _b.PushAsync(merged)).Ok().Conflicts);
        Assert.Equal("milk, bread, eggs", (await _a.PullAllAsync()).Last().DataText());
    }

    [Fact]
    public async Task Empty_clocks_excuse_nothing()
    {
        await TwoAsync();
        (await _a.PushAsync(Change.Insert(1, "k", "theirs"))).Ok();
        await ConflictAsync(Change.Update(1, "k", "mine"), metLsn: 1);
    }

    [Fact]
    public async Task A_message_clock_that_knows_more_than_the_change_excuses_nothing()
    {
        await TwoAsync();
        (await _a.PushAsync(Change.Insert(1, "k", "theirs", Clock(("a", 1))))).Ok();
        var page = (await _b.PullAsync()).Ok();
        var answer = (await _b.PushWithAsync(
            new JsonObject { ["vector_clock"] = page.Json.Object("vector_clock").DeepClone() }, Change.Update(1, "k", "mine"))).Ok();
        Assert.Single(answer.Conflicts);
    }

    [Fact]
    public async Task A_counter_already_used_in_a_refused_change_vouches_for_nothing()
    {
        await TwoAsync();
        (await _b.PushAsync(Change.Insert(1, "k0", "theirs"))).Ok();
        Assert.Single((await _a.PushAsync(Change.Insert(1, "k0", "mine", Clock(("a", 5))))).Ok().Conflicts);
        (await _a.PushAsync(Change.Insert(2, "k1", "a's", Clock(("a", 5))))).Ok();
        await ConflictAsync(Change.Update(2, "k1", "mine", Clock(("a", 5))), metLsn: 2);
    }

    [Fact]
    public async Task A_clock_that_dominates_by_foreign_entries_only_excuses_nothing()
    {
        await TwoAsync();
        (await _a.PushAsync(Change.Insert(1, "k0"))).Ok();
        (await _a.PushAsync(Change.Insert(2, "k", "theirs", Clock(("a", 3))))).Ok();
        await ConflictAsync(Change.Update(1, "k", "mine", Clock((_server, 1), ("a", 2), ("b", 900), ("z", 900))), metLsn: 2);
    }

    [Fact]
    public async Task The_old_rows_of_a_reinstalled_client_conflict_until_it_has_pulled_them()
    {
        await TwoAsync();
        (await _b.PushAsync(Change.Insert(3, "k", "before", Clock(("b", 3))))).Ok();
        var reinstalled = (await _b.RegisterAsync(new() { ["node_id"] = "b#2", ["last_local_lsn"] = 0 })).Ok();
        Assert.Equal((0, 1), (reinstalled.ServerLsn, reinstalled.HeadLsn));
        await ConflictAsync(Change.Update(4, "k", "blind", Clock(("b#2", 1))), metLsn: 1);
        var pulled = (await _b.PullAllAsync()).Single();
        Assert.Equal([2], (await _b.PushAsync(Change.Update(5, "k", "seen", Knowing(pulled)))).Ok().Assigned);
    }

    [Fact]
    public async Task Numbers_that_went_back_are_refused_where_the_client_says_them()
    {
        await TwoAsync();
        (await _b.PushAsync(Change.Insert(7, "k", "newest"))).Ok();
        (await _b.RegisterAsync(new() { ["last_local_lsn"] = 3 })).Refused(409, "NODE_REUSED");
    }

    [Fact]
    public async Task Numbers_that_went_back_are_superseded_and_named_so_where_it_does_not()
    {
        await TwoAsync();
        (await _b.PushAsync(Change.Insert(7, "k", "newest"))).Ok();
        (await _b.RegisterAsync()).Ok();
        var answer = (await _b.PushAsync(Change.Update(4, "k", "of the restored copy"))).Ok();
        Assert.Equal([4], answer.Superseded);
        Assert.Equal("newest", (await _a.PullAllAsync()).Single().DataText());
    }

    /// <summary>b has seen row k in a report only. What the answer gives b as a clock must not cover the other row.</summary>
    [Fact]
    public async Task The_clock_of_an_answer_with_a_report_in_it_excuses_nothing_on_another_row()
    {
        await TwoAsync();
        (await _a.PushAsync(Change.Insert(1, "other", "unseen"), Change.Insert(2, "k", "theirs"))).Ok();
        var answer = (await _b.PushAsync(Change.Insert(1, "k", "mine", Clock(("b", 1))))).Ok();
        Assert.Single(answer.Conflicts);
        var given = new JsonObject { ["vector_clock"] = answer.Json.Object("vector_clock").DeepClone() };
        await ConflictAsync(Change.Update(2, "other", "blind", given), metLsn: 1);
    }

    [Fact]
    public async Task Settling_a_conflict_gives_no_knowledge_of_another_row()
    {
        await TwoAsync();
        (await _a.PushAsync(Change.Insert(1, "other", "unseen"), Change.Insert(2, "k", "theirs"))).Ok();
        var answer = (await _b.PushAsync(Change.Update(1, "k", "merged", new() { ["base_lsn"] = 2 }))).Ok();
        var given = new JsonObject { ["vector_clock"] = answer.Json.Object("vector_clock").DeepClone() };
        await ConflictAsync(Change.Update(2, "other", "blind", given), metLsn: 1);
    }

    [Fact]
    public async Task A_clock_learned_through_a_filtered_pull_excuses_nothing()
    {
        await TwoAsync();
        (await _a.PushAsync(Change.Insert(1, "other", "unseen"), Change.Insert(2, "k", "seen", new() { ["table"] = "mine" }))).Ok();
        var page = (await _b.PullAsync(0, new() { ["tables"] = Body.Array("mine") })).Ok();
        var given = new JsonObject { ["vector_clock"] = page.Json.Object("vector_clock").DeepClone() };
        await ConflictAsync(Change.Update(1, "other", "blind", given), metLsn: 1);
    }

    [Fact]
    public async Task Gossip_that_the_server_hears_of_late_is_reported_and_not_lost()
    {
        await TwoAsync();
        (await _a.PushAsync(Change.Update(1, "k", "built on b's", Clock(("a", 1), ("b", 1))))).Ok();
        await ConflictAsync(Change.Insert(1, "k", "b's", Clock(("b", 1))), metLsn: 1);
    }

    private static JsonObject Knowing(JsonObject held) => new() { ["vector_clock"] = held["vector_clock"]!.DeepClone() };

    private static JsonObject Clock(params (string Node, long Counter)[] entries) => new() { ["vector_clock"] = Body.Clock(entries) };

    /// <summary>b pushes that change, and it is reported against that version and not stored.</summary>
    private async Task ConflictAsync(JsonObject change, long metLsn)
    {
        var before = (await _b.PullAsync()).Ok();
        var answer = (await _b.PushAsync(change)).Ok();
        Assert.Equal(metLsn, Assert.Single(answer.Conflicts).Object("server_change").Long("lsn"));
        Assert.Empty(answer.Accepted);
        Assert.Equal(before.HeadLsn, answer.HeadLsn);
    }

    private async Task TwoAsync()
    {
        var tenant = site.NewTenant();
        (_a, _b) = (await site.DeviceAsync(tenant, "a"), await site.DeviceAsync(tenant, "b"));
        _server = (await _a.RegisterAsync()).Ok().ServerNode;
    }
}
