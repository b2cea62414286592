using System.Text.Json.Nodes;
using HeliosSync.Integration.Protocol.Rig;

namespace HeliosSync.Integration.Protocol;

/// <summary>Conflict reports (protocol 5.5) and the refusal of atomic pushes (4.3).</summary>
public sealed class ConflictTests(Site site) : IClassFixture<Site>
{
    private static readonly JsonObject Atomic = new() { ["atomic"] = true };

    [Theory]
    [InlineData("Insert", "Insert", "UniqueConstraintViolation")]
    [InlineData("Update", "Insert", "UniqueConstraintViolation")]
    [InlineData("Delete", "Insert", "DeletedOnServer")]
    [InlineData("Insert", "Update", "ConcurrentUpdate")]
    [InlineData("Update", "Update", "ConcurrentUpdate")]
    [InlineData("Delete", "Update", "DeletedOnServer")]
    [InlineData("Insert", "Delete", "UpdatedOnServer")]
    [InlineData("Update", "Delete", "UpdatedOnServer")]
    public async Task Its_type_is_that_of_the_table_in_the_protocol(string standing, string incoming, string type)
    {
        var (a, b) = await TwoAsync();
        (await a.PushAsync(Of(standing, 1, "theirs"))).Ok();
        var answer = (await b.PushAsync(Of(incoming, 1, "mine"))).Ok();
        Assert.Empty(answer.Accepted);
        Assert.Empty(answer.Assigned);
        var report = Assert.Single(answer.Conflicts);
        Assert.Equal((type, "Rejected"), (report.Text("conflict_type"), report.Text("resolution")));
        Assert.Single(await a.PullAllAsync());
    }

    [Fact]
    public async Task It_has_the_fields_of_the_protocol_and_the_version_as_a_pull_gives_it()
    {
        var (a, b) = await TwoAsync();
        (await a.PushAsync(Change.Insert(3, "k", "theirs", new() { ["vector_clock"] = Body.Clock(("a", 2)) }))).Ok();
        var report = Assert.Single((await b.PushAsync(Change.Insert(8, "k", "mine"))).Ok().Conflicts);
        Assert.Equal(
            ["conflict_type", "description", "key", "lsn", "resolution", "server_change", "table"], report.Names());
        Assert.Equal((8, Change.Table, "k"), (report.Long("lsn"), report.Text("table"), report.KeyText()));
        Assert.NotEmpty(report.Text("description"));
        Assert.Equal((await b.PullAllAsync()).Single().ToJsonString(), report.Object("server_change").ToJsonString());
    }

    [Fact]
    public async Task Every_pushed_number_stands_exactly_once_in_the_answer()
    {
        var (a, b) = await TwoAsync();
        (await a.PushAsync(Change.Insert(1, "k1"), Change.Insert(2, "k2"))).Ok();
        var answer = (await b.PushAsync(
            Change.Insert(4, "new"), Change.Insert(3, "k1", "mine"), Change.Insert(2, "k2"), Change.Insert(1, "new2"))).Ok();
        Assert.Equal([4, 2, 1], answer.Accepted);
        Assert.Equal([3], answer.Conflicts.Select(static c => c.Long("lsn")));
        Assert.Equal([3, 2, 4], answer.Assigned);
    }

    [Fact]
    public async Task A_change_accepted_in_a_batch_is_the_version_for_its_rest()
    {
        var (a, b) = await TwoAsync();
        (await a.PushAsync(Change.Insert(1, "k", "theirs"))).Ok();
        var settle = new JsonObject { ["base_lsn"] = 1 };
        var answer = (await b.PushAsync(
            Change.Update(1, "k", "blind"), Change.Update(2, "k", "merged", settle), Change.Update(3, "k", "later"))).Ok();
        Assert.Equal([2, 3], answer.Accepted);
        Assert.Equal(1, Assert.Single(answer.Conflicts).Object("server_change").Long("lsn"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task It_is_settled_by_a_push_that_knows_the_servers_version(bool byClock)
    {
        var (a, b) = await TwoAsync();
        (await a.PushAsync(Change.Insert(1, "k", "theirs"))).Ok();
        var report = Assert.Single((await b.PushAsync(Change.Insert(1, "k", "mine"))).Ok().Conflicts).Object("server_change");
        var knowing = byClock
            ? new JsonObject { ["vector_clock"] = report["vector_clock"]!.DeepClone() }
            : new JsonObject { ["base_lsn"] = report.Long("lsn") };
        Assert.Equal([2], (await b.PushAsync(Change.Update(2, "k", "merged", knowing))).Ok().Assigned);
        Assert.Equal(["theirs", "merged"], (await a.PullAllAsync()).Select(static c => c.DataText()));
    }

    [Fact]
    public async Task An_atomic_push_is_refused_whole_with_the_reports_in_the_error()
    {
        var (a, b) = await TwoAsync();
        (await a.PushAsync(Change.Insert(1, "k1"), Change.Insert(2, "k2"))).Ok();
        var answer = await b.PushWithAsync(
            Atomic, Change.Insert(1, "new"), Change.Insert(2, "k1", "mine"), Change.Insert(3, "k2"), Change.Delete(4, "k2"));
        answer.Refused(409, "CONFLICT");
        Assert.Equal([2, 4], answer.Conflicts.Select(static c => c.Long("lsn")));
        Assert.All(answer.Conflicts, static c => Assert.Equal("Rejected", c.Text("resolution")));
        Assert.Equal(2, (await b.PullAllAsync()).Count);
    }

    [Fact]
    public async Task An_atomic_push_without_a_conflict_is_accepted_whole()
    {
        var (a, b) = await TwoAsync();
        (await a.PushAsync(Change.Insert(1, "k1"))).Ok();
        Assert.Equal([2, 1], (await b.PushWithAsync(Atomic, Change.Insert(1, "new"), Change.Insert(2, "k1"))).Ok().Assigned);
    }

    [Fact]
    public async Task A_refused_atomic_push_uses_up_no_number_of_the_server()
    {
        var (a, b) = await TwoAsync();
        (await a.PushAsync(Change.Insert(1, "k"))).Ok();
        (await b.PushWithAsync(Atomic, Change.Insert(1, "n1"), Change.Insert(2, "k", "mine"))).Refused(409, "CONFLICT");
        Assert.Equal([2], (await b.PushAsync(Change.Insert(3, "n2"))).Ok().Assigned);
    }

    [Fact]
    public async Task Past_a_mebibyte_of_data_reports_come_without_it_and_say_so()
    {
        var (a, b) = await TwoAsync();
        (await a.PushAsync([.. Enumerable.Range(1, 6).Select(static n => Change.Large(n, $"k{n}", 250_000))])).Ok();
        var reports = (await b.PushAsync([.. Enumerable.Range(1, 6).Select(static n => Change.Insert(n, $"k{n}", "mine"))])).Ok().Conflicts
            .Select(static c => c.Object("server_change")).ToArray();
        Assert.Equal(6, reports.Length);
        var whole = reports.TakeWhile(static r => r.ContainsKey("data")).ToArray();
        Assert.Equal(4, whole.Length);
        Assert.All(whole, static r => Assert.False(r.ContainsKey("data_omitted")));
        Assert.All(reports[whole.Length..], static r =>
        {
            Assert.False(r.ContainsKey("data"));
            Assert.True(r.Flag("data_omitted"));
            Assert.True(r.Long("checksum") > 0);
        });
    }

    [Fact]
    public async Task The_server_change_of_compressed_data_comes_uncompressed()
    {
        var (a, b) = await TwoAsync();
        byte[] plain = [.. Enumerable.Repeat((byte)7, 5_000)];
        (await a.PushAsync(Change.Compressed(1, "k", plain, ZstdBytes.Frame(plain)))).Ok();
        var change = Assert.Single((await b.PushAsync(Change.Insert(1, "k", "mine"))).Ok().Conflicts).Object("server_change");
        Assert.False(change.Flag("compressed"));
        Assert.Equal(plain, change.Bytes("data"));
    }

    private static JsonObject Of(string operation, long lsn, string data) =>
        operation == "Delete" ? Change.Delete(lsn, "k") : Change.Insert(lsn, "k", data, new() { ["operation"] = operation });

    private async Task<(Device A, Device B)> TwoAsync()
    {
        var tenant = site.NewTenant();
        return (await site.DeviceAsync(tenant, "a"), await site.DeviceAsync(tenant, "b"));
    }
}
