using HeliosSync.Integration.Protocol.Rig;

namespace HeliosSync.Integration.Hosting;

/// <summary>What a client, a tenant and an address may ask for in a time (docs/operations.md, "Rate limits").</summary>
public sealed class RateLimitTests
{
    private const string Tenant = "demo";

    /// <summary>More than any bucket here holds, however many tokens it gains while a slow machine works.</summary>
    private const int Many = 400;

    [Fact]
    public async Task Without_limits_nothing_is_counted_and_no_header_speaks_of_any()
    {
        await using var server = await TestServer.StartAsync();
        var answer = await Of(server, "a").RegisterAsync();
        Assert.False(answer.Ok().Headers.Contains("RateLimit"));
        Assert.False(answer.Headers.Contains("RateLimit-Policy"));
    }

    [Fact]
    public async Task A_client_past_its_requests_is_told_when_to_come_back_and_no_other_is_held_up()
    {
        await using var server = await StartAsync(("ClientRequestsPerSecond", "1"), ("BurstSeconds", "5"));
        var (busy, calm, stranger) = (Of(server, "busy"), Of(server, "calm"), Of(server, "busy", "other"));
        var first = (await busy.RegisterAsync()).Ok();
        Assert.Equal("\"client-requests\";q=5;w=5", Header(first, "RateLimit-Policy"));
        Assert.Equal("\"client-requests\";r=4;t=1", Header(first, "RateLimit"));

        var (served, refused) = await UntilRefusedAsync(() => busy.HeartbeatAsync());
        Assert.InRange(served, 4, Many);
        Assert.Equal("limit: client-requests", refused.Refused(429, "RATE_LIMITED"));
        var wait = refused.Headers.RetryAfter!.Delta!.Value;
        Assert.InRange(wait.TotalSeconds, 1, 2);
        Assert.Equal($"\"client-requests\";r=0;t={wait.TotalSeconds}", Header(refused, "RateLimit"));

        (await calm.RegisterAsync()).Ok();
        (await stranger.RegisterAsync()).Ok();
        // What a client does that was told to: what it was told must be enough.
        await Task.Delay(wait);
        (await busy.HeartbeatAsync()).Ok();
    }

    [Fact]
    public async Task The_clients_of_a_tenant_share_its_requests()
    {
        await using var server = await StartAsync(("TenantRequestsPerSecond", "1"), ("BurstSeconds", "4"));
        var clients = Enumerable.Range(0, Many).Select(n => Of(server, $"c{n}")).GetEnumerator();
        var (served, refused) = await UntilRefusedAsync(() =>
        {
            Assert.True(clients.MoveNext());
            return clients.Current.RegisterAsync();
        });
        Assert.InRange(served, 4, Many - 1);
        Assert.Equal("limit: tenant-requests", refused.Refused(429, "RATE_LIMITED"));
        (await Of(server, "a", "other").RegisterAsync()).Ok();
    }

    [Fact]
    public async Task A_push_past_the_changes_of_its_client_applies_nothing_and_its_repeat_does()
    {
        await using var server = await StartAsync(("ClientChangesPerSecond", "500"), ("BurstSeconds", "1"));
        var device = Of(server, "a");
        (await device.RegisterAsync()).Ok();
        var pushed = 0;
        Answer last;
        do
        {
            // A full bucket holds the largest batch that there is, whatever its rate.
            last = await device.PushAsync(Change.Inserts((pushed * 1_000) + 1, 1_000, $"k{pushed}-"));
            pushed += last.Status == 200 ? 1 : 0;
        }
        while (last.Status == 200 && pushed < 30);

        Assert.InRange(pushed, 1, 29);
        Assert.Equal("limit: client-changes", last.Refused(429, "RATE_LIMITED"));
        Assert.Equal(pushed * 1_000, (await device.HeartbeatAsync()).Ok().HeadLsn);
        await Task.Delay(last.Headers.RetryAfter!.Delta!.Value);
        (await device.PushAsync(Change.Inserts((pushed * 1_000) + 1, 1_000, $"k{pushed}-"))).Ok();
    }

    [Fact]
    public async Task The_clients_of_a_tenant_share_its_bytes()
    {
        await using var server = await StartAsync(("TenantBytesPerSecond", "1024"), ("RequestBytesMax", "1048576"));
        var (a, b) = (Of(server, "a"), Of(server, "b"));
        (await a.RegisterAsync()).Ok();
        (await b.RegisterAsync()).Ok();
        foreach (var n in Enumerable.Range(1, 4))
        {
            (await a.PushAsync(Change.Large(n, $"row {n}", 250_000))).Ok();
        }

        Assert.Equal("limit: tenant-kib", (await b.PushAsync(Change.Large(1, "row b", 250_000))).Refused(429, "RATE_LIMITED"));
        (await b.PushAsync(Change.Insert(1, "row b"))).Ok();
        var other = Of(server, "a", "other");
        (await other.RegisterAsync()).Ok();
        (await other.PushAsync(Change.Large(1, "row", 250_000))).Ok();
    }

    [Fact]
    public async Task An_address_of_many_bad_tokens_is_not_judged_any_more_and_known_tokens_are_served()
    {
        await using var server = await StartAsync(("AddressFailuresPerMinute", "3"));
        var known = Of(server, "a");
        (await known.RegisterAsync()).Ok();
        var bad = new Device(server.Http, "b", "bad.token.x");
        var (judged, refused) = await UntilRefusedAsync(() => bad.RegisterAsync(), good: 401);
        Assert.InRange(judged, 3, 20);
        Assert.Equal("limit: address-failures", refused.Refused(429, "RATE_LIMITED"));
        Assert.Equal("limit: address-failures", (await Of(server, "new").RegisterAsync()).Refused(429, "RATE_LIMITED"));
        (await known.RegisterAsync()).Ok();
        using var healthy = await server.Http.GetAsync("health");
        Assert.Equal(200, (int)healthy.StatusCode);
    }

    [Fact]
    public async Task Registrations_without_a_token_count_as_bad_ones_do()
    {
        await using var server = await StartAsync(("AddressFailuresPerMinute", "3"));
        var nobody = new Device(server.Http, "nobody", null);
        var (held, refused) = await UntilRefusedAsync(() => nobody.RegisterAsync());
        Assert.InRange(held, 3, 20);
        Assert.Equal("limit: address-failures", refused.Refused(429, "RATE_LIMITED"));
    }

    private static Task<TestServer> StartAsync(params (string Name, string Value)[] rates) => TestServer.StartAsync(rates.ToDictionary(
        static r => r.Name == "RequestBytesMax" ? "HeliosSync:RequestBytesMax" : $"HeliosSync:Rates:{r.Name}",
        static r => (string?)r.Value));

    private static Device Of(TestServer server, string client, string tenant = Tenant) =>
        new(server.Http, client, server.Token(client, tenant));

    private static async Task<(int Served, Answer Refused)> UntilRefusedAsync(Func<Task<Answer>> send, int good = 200)
    {
        for (var served = 0; served < Many; served++)
        {
            var answer = await send();
            if (answer.Status != good)
            {
                return (served, answer);
            }
        }

        throw new InvalidOperationException($"None of {Many} was refused.");
    }

    private static string Header(Answer answer, string name) => Assert.Single(answer.Headers.GetValues(name));
}
