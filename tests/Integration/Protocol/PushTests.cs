using System.Text.Json.Nodes;
using HeliosSync.Integration.Protocol.Rig;

namespace HeliosSync.Integration.Protocol;

/// <summary><c>POST /push</c> (protocol 4.3, 5.3): what is accepted, and what the answer says.</summary>
public sealed class PushTests(Site site) : IClassFixture<Site>
{
    [Fact]
    public async Task The_answer_has_the_fields_of_the_protocol_and_no_others()
    {
        var device = await NewAsync();
        var id = Body.NewId();
        var answer = (await device.PushWithAsync(new JsonObject { ["message_id"] = id }, Change.Insert(1, "k"))).Ok();
        Assert.Equal(
            [
                "accepted_lsns", "assigned_lsns", "conflicts", "head_lsn", "request_id", "server_lsn", "type", "vector_clock",
            ],
            answer.Json.Names());
        Assert.Equal(("push_ack", id), (answer.Json.Text("type"), answer.Json.Text("request_id")));
    }

    [Fact]
    public async Task Local_numbers_are_matched_with_the_numbers_of_the_server()
    {
        var tenant = site.NewTenant();
        var (a, b) = (await site.DeviceAsync(tenant, "a"), await site.DeviceAsync(tenant, "b"));
        (await a.PushAsync(Change.Insert(10, "k1"), Change.Insert(20, "k2"))).Ok();
        var answer = (await b.PushAsync(Change.Insert(7, "k3"), Change.Insert(5, "k4"), Change.Insert(6, "k5"))).Ok();
        Assert.Equal([7, 5, 6], answer.Accepted);
        Assert.Equal([3, 4, 5], answer.Assigned);
        Assert.Equal(5, answer.HeadLsn);
        Assert.Equal([10L, 20, 7, 5, 6], (await a.PullAllAsync()).Select(static c => c.Long("author_lsn")));
    }

    [Fact]
    public async Task A_thousand_changes_go_into_one_push_and_one_more_does_not()
    {
        var device = await NewAsync();
        (await device.PushAsync(Change.Inserts(1, 1_001, "k"))).Refused(413, "BATCH_TOO_LARGE");
        Assert.Equal(1_000, (await device.PushAsync(Change.Inserts(1, 1_000, "k"))).Ok().Assigned[^1]);
    }

    [Fact]
    public async Task A_change_that_stands_already_is_acknowledged_with_its_number_and_written_once()
    {
        var device = await NewAsync();
        (await device.PushAsync(Change.Insert(1, "k0"), Change.Insert(2, "k"))).Ok();
        var again = (await device.PushAsync(Change.Insert(2, "k"), Change.Insert(3, "k3"))).Ok();
        Assert.Equal([2, 3], again.Accepted);
        Assert.Equal([2, 3], again.Assigned);
        Assert.Empty(again.Superseded);
        Assert.Equal(3, again.HeadLsn);
    }

    [Fact]
    public async Task An_older_change_of_the_same_node_is_superseded_and_named_so()
    {
        var device = await NewAsync();
        (await device.PushAsync(Change.Insert(5, "k", "newer"))).Ok();
        var late = (await device.PushAsync(Change.Update(4, "k", "older"), Change.Insert(6, "k2"))).Ok();
        Assert.Equal([4, 6], late.Accepted);
        Assert.Equal([1, 2], late.Assigned);
        Assert.Equal([4], late.Superseded);
        Assert.Equal("newer", (await device.PullAllAsync())[0].DataText());
    }

    [Fact]
    public async Task Equal_data_and_two_deletes_converge_without_a_write()
    {
        var tenant = site.NewTenant();
        var (a, b) = (await site.DeviceAsync(tenant, "a"), await site.DeviceAsync(tenant, "b"));
        (await a.PushAsync(Change.Insert(1, "same", "data"), Change.Insert(2, "gone"), Change.Delete(3, "gone"))).Ok();
        var answer = (await b.PushAsync(Change.Update(1, "same", "data"), Change.Delete(2, "gone"))).Ok();
        Assert.Equal([1, 2], answer.Accepted);
        Assert.Equal([1, 3], answer.Assigned);
        Assert.Empty(answer.Conflicts);
        Assert.Equal(3, answer.HeadLsn);
    }

    [Fact]
    public async Task A_base_lsn_says_which_version_was_changed()
    {
        var tenant = site.NewTenant();
        var (a, b) = (await site.DeviceAsync(tenant, "a"), await site.DeviceAsync(tenant, "b"));
        (await a.PushAsync(Change.Insert(1, "k", "first"))).Ok();
        (await a.PushAsync(Change.Update(2, "k", "second"))).Ok();
        Assert.Single((await b.PushAsync(Change.Update(1, "k", "mine", Base(1)))).Ok().Conflicts);
        Assert.Equal([3], (await b.PushAsync(Change.Update(2, "k", "mine", Base(2)))).Ok().Assigned);
    }

    [Fact]
    public async Task The_larger_of_base_lsn_and_the_clocks_server_entry_counts()
    {
        var tenant = site.NewTenant();
        var a = await site.DeviceAsync(tenant, "a");
        var b = site.Stranger(tenant, "b");
        var node = (await b.RegisterAsync()).Ok().ServerNode;
        (await a.PushAsync(Change.Insert(1, "k1"), Change.Insert(2, "k2"))).Ok();
        var clock = new JsonObject { ["vector_clock"] = Body.Clock((node, 2)), ["base_lsn"] = 1 };
        Assert.Equal([1], (await b.PushAsync(Change.Update(1, "k2", "mine", clock))).Ok().Accepted);
        var baseFirst = new JsonObject { ["vector_clock"] = new JsonObject { ["clocks"] = Body.Clock((node, 1)) }, ["base_lsn"] = 2 };
        Assert.Equal([2], (await b.PushAsync(Change.Update(2, "k1", "mine", baseFirst))).Ok().Accepted);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_context_above_the_head_is_refused_whole(bool asBase)
    {
        var device = site.Stranger(site.NewTenant(), "a");
        var node = (await device.RegisterAsync()).Ok().ServerNode;
        (await device.PushAsync(Change.Insert(1, "k"))).Ok();
        var ahead = asBase ? Base(2) : new JsonObject { ["vector_clock"] = Body.Clock((node, 2)) };
        var answer = await device.PushAsync(Change.Insert(2, "k2"), Change.Update(3, "k", "x", ahead));
        Assert.Contains("lsn 3", answer.Refused(409, "LSN_AHEAD_OF_SERVER"), StringComparison.Ordinal);
        Assert.Single(await device.PullAllAsync());
    }

    /// <summary>The head "at the start of the push": what the batch itself is about to write is no excuse.</summary>
    [Fact]
    public async Task A_context_that_only_this_batch_would_reach_is_refused()
    {
        var device = await NewAsync();
        var answer = await device.PushAsync(Change.Insert(1, "k"), Change.Update(2, "k", "x", Base(1)));
        answer.Refused(409, "LSN_AHEAD_OF_SERVER");
    }

    [Fact]
    public async Task The_own_clock_entry_of_the_answer_is_the_highest_counter_judged()
    {
        var device = site.Stranger(site.NewTenant(), "a");
        var node = (await device.RegisterAsync()).Ok().ServerNode;
        var first = (await device.PushAsync(Change.Insert(1, "k1", "x", Own(3)), Change.Insert(2, "k2", "x", Own(2)))).Ok();
        Assert.Equal(new SortedDictionary<string, long>(StringComparer.Ordinal) { ["a"] = 3, [node] = 2 }, first.Clock);
        Assert.Equal(3, (await device.PushAsync(Change.Insert(3, "k3", "x", Own(1)))).Ok().Clock["a"]);
    }

    [Fact]
    public async Task Another_journals_node_is_answered_with_resync()
    {
        var device = await NewAsync();
        var answer = await device.PushWithAsync(new JsonObject { ["server_node"] = Body.NewId() }, Change.Insert(1, "k"));
        Assert.Contains("journal", answer.Refused(410, "RESYNC_REQUIRED"), StringComparison.Ordinal);
        Assert.Empty(await device.PullAllAsync());
    }

    [Fact]
    public async Task A_change_of_a_row_and_the_next_of_it_go_into_one_batch()
    {
        var device = await NewAsync();
        var answer = (await device.PushAsync(Change.Insert(1, "k", "1"), Change.Update(2, "k", "2"), Change.Delete(3, "k"))).Ok();
        Assert.Equal([1, 2, 3], answer.Assigned);
        Assert.Equal(["1", "2", ""], (await device.PullAllAsync()).Select(static c => c.DataText()));
    }

    [Fact]
    public async Task The_same_key_in_two_tables_is_two_rows()
    {
        var tenant = site.NewTenant();
        var (a, b) = (await site.DeviceAsync(tenant, "a"), await site.DeviceAsync(tenant, "b"));
        (await a.PushAsync(Change.Insert(1, "k", "x", new() { ["table"] = "one" }))).Ok();
        Assert.Empty((await b.PushAsync(Change.Insert(1, "k", "y", new() { ["table"] = "two" }))).Ok().Conflicts);
    }

    /// <summary>Tables and keys are hashed together: where one ends and the other begins must not be lost.</summary>
    [Fact]
    public async Task A_letter_moved_from_the_table_to_the_key_is_another_row()
    {
        var tenant = site.NewTenant();
        var (a, b) = (await site.DeviceAsync(tenant, "a"), await site.DeviceAsync(tenant, "b"));
        (await a.PushAsync(Change.Insert(1, "bc", "x", new() { ["table"] = "a" }))).Ok();
        Assert.Empty((await b.PushAsync(Change.Insert(1, "c", "y", new() { ["table"] = "ab" }))).Ok().Conflicts);
    }

    [Fact]
    public async Task Every_byte_value_and_the_greatest_sizes_come_back_as_they_were()
    {
        var device = await NewAsync();
        byte[] every = [.. Enumerable.Range(0, 256).Select(static n => (byte)n)];
        byte[] longest = [.. Enumerable.Repeat(every, 4).SelectMany(static b => b)];
        byte[] largest = [.. Enumerable.Repeat(every, 1_024).SelectMany(static b => b)];
        var change = Change.Of("Insert", (1L << 53) - 1, longest, largest);
        change["data"] = Convert.ToBase64String(largest);
        (await device.PushAsync(change, Change.Of("Insert", 1, every, []))).Ok();
        var pulled = await device.PullAllAsync();
        Assert.Equal(longest, pulled[0].Bytes("key"));
        Assert.Equal(largest, pulled[0].Bytes("data"));
        Assert.Equal((1L << 53) - 1, pulled[0].Long("author_lsn"));
        Assert.Equal(every, pulled[1].Bytes("key"));
        Assert.Empty(pulled[1].Bytes("data"));
    }

    /// <summary>The one way for text into a name is its alphabet; data is nobody's business.</summary>
    [Fact]
    public async Task Sql_in_data_and_keys_is_stored_verbatim()
    {
        const string Sql = "'); DROP TABLE journal; --";
        var device = await NewAsync();
        (await device.PushAsync(Change.Insert(1, Sql, Sql))).Ok();
        var pulled = Assert.Single(await device.PullAllAsync());
        Assert.Equal((Sql, Sql), (pulled.KeyText(), pulled.DataText()));
    }

    private static JsonObject Base(long lsn) => new() { ["base_lsn"] = lsn };

    private static JsonObject Own(long counter) => new() { ["vector_clock"] = Body.Clock(("a", counter)) };

    private Task<Device> NewAsync() => site.DeviceAsync(site.NewTenant(), "a");
}
