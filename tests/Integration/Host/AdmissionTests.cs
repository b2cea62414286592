using System.Net.Sockets;
using System.Text;
using HeliosSync.Host;
using HeliosSync.Integration.Protocol.Rig;
using Microsoft.Extensions.DependencyInjection;

namespace HeliosSync.Integration.Hosting;

/// <summary>How much the server takes in hand at once, and what it says to the rest (protocol 3).</summary>
public sealed class AdmissionTests
{
    private const string Heartbeat = """{"type":"heartbeat","client_id":"my-client-123","timestamp":1700000000000,"current_lsn":0}""";
    private const int DataBytes = 250_000;

    [Fact]
    public void Slots_are_bounded_per_tenant_and_in_all_and_no_tenant_is_remembered_for_ever()
    {
        var slots = new RequestSlots(tenantMax: 2, max: 3);
        var taken = Enumerable.Range(0, 3).Select(_ => slots.TryTake()!).ToArray();
        Assert.Null(slots.TryTake());
        Assert.True(taken[0].TryJoin(Ids.Tenant("a")));
        Assert.True(taken[1].TryJoin(Ids.Tenant("a")));
        Assert.False(taken[2].TryJoin(Ids.Tenant("a")));
        Assert.True(taken[2].TryJoin(Ids.Tenant("b")));
        Assert.Equal((3, 2), (slots.Taken, slots.Tenants));
        taken[0].Dispose();
        taken[0].Dispose();
        Assert.Equal((2, 2), (slots.Taken, slots.Tenants));
        using (var again = slots.TryTake())
        {
            Assert.True(again!.TryJoin(Ids.Tenant("a")));
        }

        taken[1].Dispose();
        taken[2].Dispose();
        Assert.Equal((0, 0), (slots.Taken, slots.Tenants));
    }

    [Fact]
    public async Task A_tenant_past_its_requests_in_hand_is_told_to_come_again_and_no_other_is()
    {
        await using var server = await StartAsync();
        using var slot = server.Services.GetRequiredService<RequestSlots>().TryTake()!;
        Assert.True(slot.TryJoin(Ids.Tenant("demo")));
        await RefusedAsync(server, server.Token(), 429, "RATE_LIMITED");
        await server.Http.RefusedAsync(Requests.Post("heartbeat", server.Token(tenant: "other"), Heartbeat), 400, "CLIENT_NOT_REGISTERED");
    }

    [Fact]
    public async Task A_full_server_says_so_before_it_looks_at_a_token_and_stays_healthy()
    {
        await using var server = await StartAsync(new ManualTime());
        var slots = server.Services.GetRequiredService<RequestSlots>();
        var work = server.Services.GetRequiredService<SyncService>().Server.Work;
        using (slots.TryTake())
        using (slots.TryTake())
        {
            Assert.False(work.IsOverloaded);
            await RefusedAsync(server, server.Token(), 503, "OVERLOADED");
            Assert.True(work.IsOverloaded);
            await RefusedAsync(server, "no token", 503, "OVERLOADED");
            foreach (var path in new[] { "health", "health/live", "health/ready" })
            {
                using var healthy = await server.Http.GetAsync(path);
                Assert.Equal(200, (int)healthy.StatusCode);
            }
        }

        await server.Http.RefusedAsync(Requests.Post("heartbeat", "no token", Heartbeat), 401, "UNAUTHORIZED");
        await server.Http.RefusedAsync(Requests.Post("heartbeat", server.Token(), Heartbeat), 400, "CLIENT_NOT_REGISTERED");
        Assert.Equal((0, 0), (slots.Taken, slots.Tenants));
    }

    /// <summary>At level info: that of debug has every request.</summary>
    [Fact]
    public async Task Many_that_are_turned_away_are_one_line_in_the_log()
    {
        var time = new ManualTime();
        await using var server = await StartAsync(time);
        using var slot = server.Services.GetRequiredService<RequestSlots>().TryTake()!;
        Assert.True(slot.TryJoin(Ids.Tenant("demo")));
        for (var i = 0; i < 5; i++)
        {
            await RefusedAsync(server, server.Token(), 429, "RATE_LIMITED");
        }

        Assert.Equal("Requests turned away overloaded=0 rate_limited=1", Assert.Single(TurnedAway(server)));
        time.Advance(TimeSpan.FromSeconds(1));
        await RefusedAsync(server, server.Token(), 429, "RATE_LIMITED");
        Assert.Equal("Requests turned away overloaded=0 rate_limited=5", TurnedAway(server).Last());
    }

    [Fact]
    public async Task Without_room_for_its_answer_a_page_is_refused_and_a_push_is_told_that_its_outcome_is_open()
    {
        await using var server = await StartAsync();
        var (device, push) = await FilledAsync(server);
        var budget = server.Services.GetRequiredService<AnswerBudget>().Bytes;
        var other = new Device(server.Http, "other", server.Token("other"));
        (await other.RegisterAsync()).Ok();
        var conflicting = Body.Push("other", [Change.Insert(1, "row 1", new string('x', DataBytes))]);
        using (var share = budget.Open(Ids.Tenant("demo")))
        {
            Assert.True(share.TryCover(budget.RequestBytesCeiling));
            (await device.PullAsync(0)).Refused(503, "OVERLOADED");
            (await other.PostAsync("push", conflicting)).Refused(503, "STORAGE_UNAVAILABLE");
            (await device.PostAsync("push", push)).Ok();
            (await device.HeartbeatAsync(0)).Ok();
        }

        Assert.Single((await other.PostAsync("push", conflicting)).Ok().Conflicts);
        Assert.Equal(4, (await device.PullAllAsync()).Count);
        Assert.Equal(0, budget.BytesInFlight);
    }

    /// <summary>A page of 4 MB on the wire, and a client that takes none of it.</summary>
    [Fact]
    public async Task A_reader_that_stands_still_keeps_the_bytes_of_its_answer_and_no_place_among_the_requests_in_hand()
    {
        await using var server = await StartAsync();
        var (device, _) = await FilledAsync(server);
        var slots = server.Services.GetRequiredService<RequestSlots>();
        var budget = server.Services.GetRequiredService<AnswerBudget>().Bytes;
        var pull = Body.Pull("my-client-123", 0).ToJsonString();
        using (var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4_096 })
        {
            await socket.ConnectAsync(server.Address.Host, server.Address.Port);
            await socket.SendAsync(Encoding.ASCII.GetBytes(
                $"POST /api/v1/sync/pull HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {server.Token()}\r\n"
                + $"Content-Type: application/json\r\nContent-Length: {pull.Length}\r\n\r\n{pull}"));
            await UntilAsync(() => budget.BytesInFlight > DataBytes);
            Assert.Equal(0, slots.Taken);
            (await device.HeartbeatAsync(0)).Ok();
            Assert.True(budget.BytesInFlight > DataBytes);
        }

        await UntilAsync(() => budget.BytesInFlight == 0);
    }

    private static Task<TestServer> StartAsync(TimeProvider? time = null) => TestServer.StartAsync(
        new()
        {
            ["HeliosSync:TenantRequestsInFlightMax"] = "1",
            ["HeliosSync:RequestsInFlightMax"] = "2",
        },
        services: services => services.AddSingleton(time ?? TimeProvider.System));

    private static string[] TurnedAway(TestServer server) =>
    [
        .. server.Log.Lines.Where(static l => l.Contains("turned away", StringComparison.Ordinal))
            .Select(static l => l[l.IndexOf("Requests", StringComparison.Ordinal)..].TrimEnd()),
    ];

    /// <summary>A registered client, and the push of its rows: integer arrays of high numbers take four characters for each byte.</summary>
    private static async Task<(Device Device, System.Text.Json.Nodes.JsonObject Push)> FilledAsync(TestServer server)
    {
        var device = new Device(server.Http, "my-client-123", server.Token());
        (await device.RegisterAsync()).Ok();
        var data = new string('z', DataBytes);
        var push = Body.Push("my-client-123", [.. Enumerable.Range(1, 4).Select(i => Change.Insert(i, $"row {i}", data))]);
        (await device.PostAsync("push", push)).Ok();
        return (device, push);
    }

    private static async Task RefusedAsync(TestServer server, string token, int status, string code)
    {
        using var answer = await server.Http.SendAsync(Requests.Post("heartbeat", token, Heartbeat));
        Assert.Equal((status, code), ((int)answer.StatusCode, (await answer.ErrorAsync()).Code));
        Assert.InRange(answer.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 5);
    }

    /// <summary>The server's side of a connection goes on by itself; it is waited for, not for a time.</summary>
    private static async Task UntilAsync(Func<bool> holds)
    {
        using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!holds())
        {
            await Task.Delay(10, guard.Token);
        }
    }
}
