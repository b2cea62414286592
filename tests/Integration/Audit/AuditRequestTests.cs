using System.Text;
using System.Text.Json.Nodes;
using HeliosSync.Host;
using HeliosSync.Integration.Protocol.Rig;
using Microsoft.Extensions.DependencyInjection;

namespace HeliosSync.Integration.Auditing;

/// <summary>What of a server's life and of its requests is in the audit log, and what is not.</summary>
public sealed class AuditRequestTests
{
    private const string Admin = "sync:admin";

    [Fact]
    public async Task Each_kind_of_deed_has_its_line_and_who_did_it()
    {
        await using var server = await TestServer.StartAsync(new() { ["HeliosSync:HistoryDays"] = "0" });
        var device = Device(server, "phone");
        (await device.RegisterAsync()).Ok();
        (await device.PushAsync(Change.Insert(1, "k"))).Ok();
        (await Device(server, "held", null).RegisterAsync()).Ok();
        (await Device(server, "held").HeartbeatAsync()).Ok();
        (await device.WithToken("not.a.token").PullAsync()).Refused(401, "UNAUTHORIZED");
        (await device.WithToken(server.Token("tablet")).PullAsync()).Refused(403, "CLIENT_MISMATCH");
        (await device.SendAsync(HttpMethod.Get, "policy")).Refused(403, "INSUFFICIENT_SCOPE");
        await RawHttp.AskAsync(server.Address, "BROKEN\r\n\r\n");
        var ops = Device(server, "ops", server.Token("ops", scopes: Admin));
        (await ops.SendAsync(HttpMethod.Put, "policy", Json("""{"policy":"server-wins"}"""))).Ok();
        (await ops.PostAsync("compact", """{"dry_run":false}""")).Ok();
        (await ops.SendAsync(HttpMethod.Get, "clients")).Ok();
        (await ops.SendAsync(HttpMethod.Delete, "clients/phone")).Ok();
        await server.StopAsync();

        var lines = Lines(server);
        Assert.Equal(
            ["admin_call", "authentication_failed", "client_forgotten", "compacted", "file_began", "policy_changed", "refused",
                "registered", "registration_held", "server_started", "server_stopped"],
            lines.Select(static line => line.Text("kind")).Distinct().Order());
        Assert.Equal(["held", "phone"], Of(lines, "registered").Select(static line => line.Text("client")).Order());
        Assert.All(
            Of(lines, "registered"), static line => Assert.Equal(("demo", "127.0.0.1"), (line.Text("tenant"), line.Text("address"))));
        Assert.Equal("The token is no signed JWT.", Assert.Single(Of(lines, "authentication_failed")).Text("reason"));
        Assert.Equal(
            ["CLIENT_MISMATCH", "INSUFFICIENT_SCOPE", "INVALID_MESSAGE"],
            Of(lines, "refused").Select(static line => line.Text("code")).Order());
        Assert.Equal(
            ["DELETE /clients/{client_id}", "GET /clients", "POST /compact", "PUT /policy"],
            Of(lines, "admin_call").Select(static line => $"{line.Text("method")} {line.Text("path")}").Order());
        Assert.Equal("phone", Of(lines, "admin_call").Single(static l => l.Text("method") == "DELETE").Text("client_id"));
        var forgotten = Assert.Single(Of(lines, "client_forgotten"));
        Assert.Equal(("demo", "phone", "ops"), (forgotten.Text("tenant"), forgotten.Text("client"), forgotten.Text("by")));
        Assert.Equal("server-wins", Assert.Single(Of(lines, "policy_changed")).Text("policy"));
        Assert.Empty(AuditCheck.Run(Settings(server), null).Findings);
    }

    /// <summary>The call is on the disk before it is begun, and what it did before it is answered.</summary>
    [Fact]
    public async Task What_an_administrator_did_is_on_the_disk_when_it_is_acknowledged()
    {
        await using var server = await TestServer.StartAsync();
        var ops = Device(server, "ops", server.Token("ops", scopes: Admin));
        (await ops.SendAsync(HttpMethod.Put, "policy", Json("""{"policy":"client-wins"}"""))).Ok();
        Assert.True(AuditHead.TryRead(Settings(server).HeadFile, out var head));
        var lines = Lines(server);
        var changed = Assert.Single(Of(lines, "policy_changed")).Long("seq");
        Assert.True(Assert.Single(Of(lines, "admin_call")).Long("seq") < changed);
        Assert.True(head!.Value.Seq >= changed);
    }

    /// <summary>Nothing is done that could not be written down, and clients go on as before.</summary>
    [Fact]
    public async Task Without_a_disk_for_it_administrators_change_nothing_and_clients_go_on()
    {
        await using var server = await TestServer.StartAsync(new()
        {
            ["HeliosSync:Audit:FileMegabytes"] = "1",
            ["HeliosSync:Audit:KeepMegabytes"] = "4",
        });
        var device = Device(server, "phone");
        (await device.RegisterAsync()).Ok();
        var folder = Settings(server).Folder;
        Directory.Move(folder, folder + "-aside");
        var audit = server.Services.GetRequiredService<AuditLog>();
        while (await audit.RecordAsync(new AuditEntry(AuditKind.AdminCall) { Reason = new string('x', 512) }))
        {
            // Until the file is full: the next one cannot be begun.
        }

        var ops = Device(server, "ops", server.Token("ops", scopes: Admin));
        (await ops.SendAsync(HttpMethod.Put, "policy", Json("""{"policy":"client-wins"}"""))).Refused(503, "STORAGE_UNAVAILABLE");
        (await device.PushAsync(Change.Insert(1, "k"))).Ok();
        Directory.Move(folder + "-aside", folder);
        (await ops.SendAsync(HttpMethod.Get, "policy")).Ok();
        Assert.Equal("reject", (await ops.SendAsync(HttpMethod.Get, "policy")).Ok().Json.Text("policy"));
        (await ops.SendAsync(HttpMethod.Put, "policy", Json("""{"policy":"client-wins"}"""))).Ok();
    }

    [Fact]
    public async Task No_token_secret_key_or_data_is_in_any_log()
    {
        await using var server = await TestServer.StartAsync();
        const string Canary = "canary-9c41e7";
        var good = server.Token("phone");
        var device = Device(server, "phone", good);
        (await device.RegisterAsync(new() { ["metadata"] = new JsonObject { ["note"] = Canary } })).Ok();
        (await device.PushAsync(Change.Insert(1, Canary, Canary))).Ok();
        (await Device(server, "tablet").RegisterAsync()).Ok();
        (await Device(server, "tablet").PushAsync(Change.Insert(1, Canary, "other " + Canary))).Ok();
        (await device.PushAsync(Change.Insert(2, Canary, Canary, new() { ["checksum"] = 1 }))).Refused(400, "CHECKSUM_MISMATCH");
        (await device.PostAsync("push", $"{{\"{Canary}\":")).Refused(400, "INVALID_JSON");
        var broken = good[..^4] + "AAAA";
        (await device.WithToken(broken).PullAsync()).Refused(401, "UNAUTHORIZED");
        (await device.SendAsync(HttpMethod.Get, $"{Canary}?token={Canary}")).Refused(404, "NOT_FOUND");
        var ops = Device(server, "ops", server.Token("ops", scopes: Admin));
        (await ops.SendAsync(HttpMethod.Delete, "clients/" + Uri.EscapeDataString("no id: " + Canary))).Refused(400, "INVALID_MESSAGE");
        await server.StopAsync();

        var written = Lines(server).Select(static line => line.ToJsonString()).Concat(server.Log.Lines).ToList();
        string[] forbidden =
        [
            Canary, Convert.ToBase64String(Encoding.UTF8.GetBytes(Canary)), string.Join(',', Encoding.UTF8.GetBytes(Canary)),
            TestServer.Secret, good.Split('.')[1], good.Split('.')[2], broken.Split('.')[2],
        ];
        Assert.All(written, line => Assert.All(forbidden, text => Assert.DoesNotContain(text, line, StringComparison.Ordinal)));
        Assert.Contains(written, static line => line.Contains("CHECKSUM_MISMATCH", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_flood_of_bad_tokens_is_few_lines_that_name_every_one_of_them()
    {
        const int Requests = 2_000;
        await using var server = await TestServer.StartAsync(new() { ["LOG_LEVEL"] = "off" });
        var device = Device(server, "phone", "not.a.token");
        var sixteen = new ParallelOptions { MaxDegreeOfParallelism = 16 };
        await Parallel.ForAsync(0, Requests, sixteen, async (_, _) => await device.PullAsync());
        await server.StopAsync();
        var failed = Of(Lines(server), "authentication_failed");
        Assert.Equal(Requests, failed.Sum(static line => line.ContainsKey("count") ? line.Long("count") : 1));
        Assert.InRange(failed.Length, 2, 200);
    }

    private static Device Device(TestServer server, string client) => Device(server, client, server.Token(client));

    private static Device Device(TestServer server, string client, string? token) =>
        new(new HttpClient { BaseAddress = server.Address }, client, token);

    private static AuditSettings Settings(TestServer server) => AuditSettings.Read(new AuditOptions(), server.DataDir, []);

    private static JsonObject[] Lines(TestServer server) =>
    [
        .. AuditFolder.List(Settings(server).Folder)
            .SelectMany(static file => Encoding.UTF8.GetString(AuditFolder.Read(file.Path)).TrimEnd('\n').Split('\n'))
            .Select(static line => JsonNode.Parse(line)!.AsObject()),
    ];

    private static JsonObject[] Of(JsonObject[] lines, string kind) => [.. lines.Where(line => line.Text("kind") == kind)];

    private static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");
}
