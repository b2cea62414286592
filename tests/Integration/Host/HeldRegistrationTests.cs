using System.Text.Json;
using HeliosSync.Domain;
using HeliosSync.Host;
using Microsoft.Extensions.DependencyInjection;

namespace HeliosSync.Integration.Hosting;

/// <summary>Registrations without a token (protocol 4.1).</summary>
public sealed class HeldRegistrationTests
{
    private const string Registration =
        """{"type":"register_client","version":1,"client_id":"my-client-123","last_known_lsn":7,"vector_clock":{},"metadata":{}}""";

    private const string Heartbeat = """{"type":"heartbeat","client_id":"my-client-123","timestamp":1700000000000,"current_lsn":0}""";

    private readonly ManualTime _time = new();
    private readonly HeldRegistrations _held;

    public HeldRegistrationTests() => _held = new(_time);

    [Fact]
    public async Task A_registration_without_a_token_is_held_and_claimed_by_the_first_token_of_that_client()
    {
        await using var server = await TestServer.StartAsync();
        using var held = await server.Http.SendAsync(Requests.Post("register", null, Registration));
        Assert.Equal(200, (int)held.StatusCode);
        using var answer = JsonDocument.Parse(await held.Content.ReadAsStringAsync());
        Assert.Equal(JsonValueKind.Null, answer.RootElement.GetProperty("server_node").ValueKind);
        Assert.Equal(0, answer.RootElement.GetProperty("head_lsn").GetInt64());
        Assert.Equal(0, answer.RootElement.GetProperty("server_lsn").GetInt64());
        Assert.Equal("{}", answer.RootElement.GetProperty("vector_clock").GetRawText());
        Assert.Equal(0, await RegisteredAsync(server));

        await server.Http.RefusedAsync(
            Requests.Post("heartbeat", server.Token("other"), Heartbeat.Replace("my-client-123", "other", StringComparison.Ordinal)),
            400,
            "CLIENT_NOT_REGISTERED");
        using var first = await server.Http.SendAsync(Requests.Post("heartbeat", server.Token(), Heartbeat));
        Assert.Equal(200, (int)first.StatusCode);
        Assert.Equal(1, await RegisteredAsync(server));
        Assert.Equal(0, server.Services.GetRequiredService<HeldRegistrations>().Count);

        await server.Http.RefusedAsync(Requests.Post("heartbeat", server.Token(tenant: "second"), Heartbeat), 400, "CLIENT_NOT_REGISTERED");
    }

    [Fact]
    public async Task A_request_that_is_refused_claims_nothing()
    {
        await using var server = await TestServer.StartAsync();
        using var held = await server.Http.SendAsync(Requests.Post("register", null, Registration));
        await server.Http.RefusedAsync(Requests.Post("heartbeat", server.Token(scopes: "sync:write"), Heartbeat), 403,
            "INSUFFICIENT_SCOPE");
        await server.Http.RefusedAsync(Requests.Post("heartbeat", "abc", Heartbeat), 401, "UNAUTHORIZED");
        Assert.Equal(1, server.Services.GetRequiredService<HeldRegistrations>().Count);
        Assert.Equal(0, await RegisteredAsync(server));
    }

    [Fact]
    public async Task A_bad_token_is_not_taken_for_none()
    {
        await using var server = await TestServer.StartAsync();
        await server.Http.RefusedAsync(Requests.Post("register", "abc", Registration), 401, "UNAUTHORIZED");
    }

    [Fact]
    public async Task In_Production_a_registration_needs_a_token_unless_it_is_switched_on()
    {
        await using var closed = await TestServer.StartAsync(environment: "Production");
        await closed.Http.RefusedAsync(Requests.Post("register", null, Registration), 401, "UNAUTHORIZED");
        await using var open = await TestServer.StartAsync(new() { ["ALLOW_ANONYMOUS_REGISTRATION"] = "true" }, "Production");
        using var held = await open.Http.SendAsync(Requests.Post("register", null, Registration));
        Assert.Equal(200, (int)held.StatusCode);
    }

    [Fact]
    public async Task Registering_with_a_token_lets_go_of_what_was_held()
    {
        await using var server = await TestServer.StartAsync();
        using var held = await server.Http.SendAsync(Requests.Post("register", null, Registration));
        using var registered = await server.Http.SendAsync(
            Requests.Post("register", server.Token(), Registration.Replace(":7", ":0", StringComparison.Ordinal)));
        Assert.Equal(200, (int)registered.StatusCode);
        Assert.Equal(0, server.Services.GetRequiredService<HeldRegistrations>().Count);
    }

    [Fact]
    public void What_is_held_is_only_the_metadata()
    {
        Assert.True(_held.TryHold(Of("a") with { LastKnownLsn = 5, LastLocalLsn = 6, Node = Node("a#2") }));
        var register = _held.Claim(Ids.Client("a"), Ids.Tenant("t"))!.Register;
        Assert.True(register.OnlyIfAbsent);
        Assert.Equal((NodeId.Of(Ids.Client("a")), 0, null, null), (register.Node, register.LastKnownLsn, register.LastLocalLsn,
            register.ServerNode));
        Assert.Equal(new MetadataEntry("k", "v"), Assert.Single(register.Metadata));
    }

    [Fact]
    public void It_is_held_for_ten_minutes_from_the_last_word()
    {
        Assert.True(_held.TryHold(Of("a")));
        _time.Advance(TimeSpan.FromMinutes(9));
        Assert.True(_held.TryHold(Of("a")));
        _time.Advance(TimeSpan.FromMinutes(9));
        Assert.Equal(1, _held.Count);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(_held.Claim(Ids.Client("a"), Ids.Tenant("t")));
        Assert.Equal(0, _held.Count);
    }

    [Fact]
    public void The_first_tenant_to_claim_it_has_it()
    {
        Assert.True(_held.TryHold(Of("a")));
        var first = _held.Claim(Ids.Client("a"), Ids.Tenant("one"));
        Assert.Null(_held.Claim(Ids.Client("a"), Ids.Tenant("two")));
        Assert.Same(first, _held.Claim(Ids.Client("a"), Ids.Tenant("one")));
        _held.Release(first!);
        Assert.Null(_held.Claim(Ids.Client("a"), Ids.Tenant("one")));
    }

    [Fact]
    public void Letting_go_of_an_earlier_one_keeps_a_later_one()
    {
        Assert.True(_held.TryHold(Of("a")));
        var earlier = _held.Claim(Ids.Client("a"), Ids.Tenant("one"))!;
        Assert.True(_held.TryHold(Of("a")));
        _held.Release(earlier);
        Assert.Equal(1, _held.Count);
    }

    [Fact]
    public void No_more_are_held_than_there_is_room_for()
    {
        for (var i = 0; i < Limits.HeldRegistrationsMax; i++)
        {
            Assert.True(_held.TryHold(Of($"c{i}")));
        }

        Assert.False(_held.TryHold(Of("one-more")));
        Assert.True(_held.TryHold(Of("c0")));
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.True(_held.TryHold(Of("one-more")));
        Assert.Equal(1, _held.Count);
    }

    [Fact]
    public void Large_metadata_fill_the_room_sooner()
    {
        var large = Enumerable.Range(0, Limits.MetadataEntriesMax).Select(i => new MetadataEntry($"k{i}", new string('v', 512))).ToArray();
        var held = Enumerable.Range(0, Limits.HeldRegistrationsMax).TakeWhile(i =>
            _held.TryHold(Of($"c{i}") with { Metadata = large })).Count();
        Assert.InRange(held, 100, (int)(HeldRegistrations.BytesMax / (2 * 32 * 512)));
    }

    private static Register Of(string client) =>
        new(Ids.Client(client), NodeId.Of(Ids.Client(client)), 0, null, VectorClock.Empty, null, [new MetadataEntry("k", "v")]);

    private static NodeId Node(string name) => NodeId.TryParse(name, out var node) ? node : throw new ArgumentException(name);

    private static async Task<long> RegisteredAsync(TestServer server)
    {
        using var health = JsonDocument.Parse(await server.Http.GetStringAsync("health"));
        return health.RootElement.GetProperty("registered_clients").GetInt64();
    }
}
