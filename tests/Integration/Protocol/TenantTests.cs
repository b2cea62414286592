using System.Text;
using System.Text.Json.Nodes;
using HeliosSync.Integration.Protocol.Rig;

namespace HeliosSync.Integration.Protocol;

/// <summary>Tenants know nothing of each other (protocol 1): the same names and ids in two of them are different things.</summary>
public sealed class TenantTests(Site site) : IClassFixture<Site>
{
    [Fact]
    public async Task The_same_client_keys_and_message_ids_in_two_tenants_never_meet()
    {
        var (one, two) = (site.NewTenant(), site.NewTenant());
        var (a1, a2) = (await site.DeviceAsync(one, "a"), await site.DeviceAsync(two, "a"));
        var id = new JsonObject { ["message_id"] = Body.NewId() };
        Assert.Equal([1], (await a1.PushWithAsync(id, Change.Insert(1, "k", "canary of one"))).Ok().Assigned);
        var second = (await a2.PushWithAsync(id, Change.Insert(1, "k", "canary of two"))).Ok();
        Assert.Equal([1], second.Assigned);
        Assert.Empty(second.Conflicts);
        Assert.Equal("canary of one", Assert.Single(await a1.PullAllAsync()).DataText());
        Assert.Equal("canary of two", Assert.Single(await a2.PullAllAsync()).DataText());
    }

    [Fact]
    public async Task Every_tenant_has_a_journal_node_and_numbers_of_its_own()
    {
        var (one, two) = (site.NewTenant(), site.NewTenant());
        var (a1, a2) = (await site.DeviceAsync(one, "a"), await site.DeviceAsync(two, "a"));
        (await a1.PushAsync(Change.Inserts(1, 5, "k"))).Ok();
        var (first, second) = ((await a1.PullAsync()).Ok(), (await a2.PullAsync()).Ok());
        Assert.NotEqual(first.ServerNode, second.ServerNode);
        Assert.Equal((5, 0), (first.HeadLsn, second.HeadLsn));
        (await a2.PullAsync(0, new() { ["server_node"] = first.ServerNode })).Refused(410, "RESYNC_REQUIRED");
        (await a2.PullAsync(5)).Refused(409, "LSN_AHEAD_OF_SERVER");
    }

    [Fact]
    public async Task A_registration_in_one_is_none_in_another()
    {
        var (one, two) = (site.NewTenant(), site.NewTenant());
        await site.DeviceAsync(one, "a");
        (await site.Stranger(two, "a").PullAsync()).Refused(400, "CLIENT_NOT_REGISTERED");
    }

    /// <summary>A client speaks for the tenant of its token, whatever it says: nothing in a body can name another.</summary>
    [Fact]
    public async Task With_tokens_swapped_each_client_is_in_the_others_tenant_and_nowhere_else()
    {
        var (one, two) = (site.NewTenant(), site.NewTenant());
        var (a1, a2) = (await site.DeviceAsync(one, "a"), await site.DeviceAsync(two, "a"));
        (await a1.PushAsync(Change.Insert(1, "k", "of one"))).Ok();
        var (swapped1, swapped2) = (a1.WithToken(site.Token(two, "a")), a2.WithToken(site.Token(one, "a")));
        Assert.Empty(await swapped1.PullAllAsync(0, new() { ["tenant_id"] = one, ["tenant"] = one }));
        Assert.Equal("of one", Assert.Single(await swapped2.PullAllAsync()).DataText());
    }

    /// <summary>Names that are the same to a careless comparison are four tenants.</summary>
    [Fact]
    public async Task Names_that_differ_by_case_or_a_dot_are_different_tenants()
    {
        string[] tenants = ["Acme", "acme", "acme.", "acme:a"];
        foreach (var tenant in tenants)
        {
            (await (await site.DeviceAsync(tenant, "a")).PushAsync(Change.Insert(1, "k", tenant))).Ok();
        }

        foreach (var tenant in tenants)
        {
            Assert.Equal(tenant, Assert.Single(await site.Stranger(tenant, "a").PullAllAsync()).DataText());
        }
    }

    [Fact]
    public async Task No_canary_of_a_tenant_stands_in_any_answer_to_another()
    {
        const string Canary = "canary-7f3a";
        var (one, two) = (site.NewTenant(), site.NewTenant());
        var rich = await site.DeviceAsync(one, Canary);
        (await rich.RegisterAsync(new() { ["metadata"] = new JsonObject { [Canary] = Canary } })).Ok();
        (await rich.PushAsync(
            Change.Insert(1, Canary, Canary, new() { ["table"] = Canary, ["vector_clock"] = Body.Clock((Canary, 3)) }),
            Change.Insert(2, "shared", Canary))).Ok();
        var node = (await rich.PullAsync()).Ok().ServerNode;

        var (a, b) = (await site.DeviceAsync(two, "a"), await site.DeviceAsync(two, "b"));
        (await a.PushAsync(Change.Insert(1, "shared", "mine"))).Ok();
        Answer[] answers =
        [
            await a.RegisterAsync(),
            await a.PullAsync(),
            await a.PullAsync(0, new() { ["tables"] = Body.Array("shared", Change.Table), ["encoding"] = "base64" }),
            await b.PushAsync(Change.Insert(1, "shared", "theirs"), Change.Insert(2, "clock", "x",
                new() { ["vector_clock"] = Body.Clock(("b", 1)) })),
            await b.PushWithAsync(new JsonObject { ["atomic"] = true }, Change.Insert(3, "shared", "theirs")),
            await a.HeartbeatAsync(99),
            await a.PullAsync(99),
            await a.SendAsync(HttpMethod.Get, "health"),
        ];
        var encoded = new[] { Canary, Convert.ToBase64String(Encoding.UTF8.GetBytes(Canary)), string.Join(',',
            Encoding.UTF8.GetBytes(Canary)), node };
        Assert.All(answers, answer => Assert.All(encoded, text =>
            Assert.DoesNotContain(text, Encoding.UTF8.GetString(answer.Bytes), StringComparison.Ordinal)));

        // The canary does stand where it belongs: or the search above would find nothing anywhere.
        var own = Encoding.UTF8.GetString((await rich.PullAsync()).Ok().Bytes);
        Assert.Contains(encoded[0], own, StringComparison.Ordinal);
        Assert.Contains(encoded[2], own, StringComparison.Ordinal);
    }
}
