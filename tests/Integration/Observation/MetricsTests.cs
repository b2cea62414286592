using System.Net;
using System.Net.Http.Headers;
using HeliosSync.Host;
using HeliosSync.Integration.Protocol.Rig;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;

namespace HeliosSync.Integration.Observation;

/// <summary>What <c>/metrics</c> tells, against traffic that is known to the last request.</summary>
public sealed class MetricsTests
{
    [Fact]
    public async Task Known_traffic_is_counted_exactly()
    {
        await using var server = await StartAsync();
        var (a, b) = (Device(server, "a"), Device(server, "b"));
        (await a.RegisterAsync()).Ok();
        (await b.RegisterAsync()).Ok();
        var push = Body.Push("a", Change.Inserts(1, 7, "k"));
        (await a.PostAsync("push", push)).Ok();
        (await a.PostAsync("push", push)).Ok();
        (await b.PushAsync(Change.Insert(1, "mine"), Change.Insert(2, "k-0", "else"), Change.Delete(3, "k-1"))).Ok();
        (await b.PullAsync()).Ok();
        (await b.PullAsync(8)).Ok();
        (await a.WithToken(null).PullAsync()).Refused(401, "UNAUTHORIZED");
        (await a.WithToken("no.token").PullAsync()).Refused(401, "UNAUTHORIZED");
        (await a.WithToken(server.Token("a", "t", lifetime: TimeSpan.FromMinutes(-5))).PullAsync()).Refused(401, "UNAUTHORIZED");
        (await a.PostAsync("push", "{")).Refused(400, "INVALID_JSON");
        (await a.SendAsync(HttpMethod.Get, "nothing")).Refused(404, "NOT_FOUND");
        (await a.SendAsync(HttpMethod.Put, "push")).Refused(405, "METHOD_NOT_ALLOWED");

        var scrape = await Scrape.OfAsync(server);
        Assert.Equal(2, scrape.Requests("/register"));
        Assert.Equal(3, scrape.Requests("/push"));
        Assert.Equal(1, scrape.Requests("/push", "INVALID_JSON"));
        Assert.Equal(1, scrape.Requests("/push", "METHOD_NOT_ALLOWED"));
        Assert.Equal(2, scrape.Requests("/pull"));
        Assert.Equal(3, scrape.Requests("/pull", "UNAUTHORIZED"));
        Assert.Equal(1, scrape.Requests("-", "NOT_FOUND"));
        Assert.Equal(13, scrape.Of("heliossync_request_duration_seconds_count"));
        Assert.Equal(7, scrape.Of("heliossync_request_duration_seconds_count", ("status", "200")));
        Assert.Equal(6, scrape.Of("heliossync_refusals_total"));
        Assert.Equal(3, scrape.Of("heliossync_refusals_total", ("code", "UNAUTHORIZED")));
        foreach (var reason in new[] { "missing", "malformed", "expired" })
        {
            Assert.Equal(1, scrape.Of("heliossync_authentication_failures_total", ("reason", reason)));
        }

        Assert.Equal(10, scrape.Of("heliossync_changes_pushed_total"));
        Assert.Equal(8, scrape.Of("heliossync_changes_pushed_total", ("outcome", "accepted")));
        Assert.Equal(2, scrape.Of("heliossync_changes_pushed_total", ("outcome", "conflicting")));
        Assert.Equal(
            1, scrape.Of("heliossync_conflicts_total", ("kind", "unique_constraint_violation"), ("resolution", "rejected")));
        Assert.Equal(1, scrape.Of("heliossync_conflicts_total", ("kind", "updated_on_server"), ("resolution", "rejected")));
        Assert.Equal(8, scrape.Of("heliossync_changes_pulled_total", ("way", "pull")));

        // Two registrations and two pushes, each alone: the repeat wrote nothing.
        Assert.Equal(4, scrape.Of("heliossync_journal_commit_duration_seconds_count"));
        Assert.Equal(4, scrape.Of("heliossync_journal_group_writes_sum"));
        Assert.Equal(1, scrape.Of("heliossync_recoveries_total", ("outcome", "ok")));
        Assert.Equal(1, scrape.Of("heliossync_recovery_duration_seconds_count"));
        Assert.Equal(1, scrape.Of("heliossync_tenants"));
        Assert.Equal(2, scrape.Of("heliossync_clients_registered"));
        Assert.Equal(0, scrape.Of("heliossync_requests_in_flight"));
        foreach (var (file, name) in new[] { ("journal", "heliossync.db"), ("wal", "heliossync.db-wal"), ("snapshots", "snapshots.db") })
        {
            Assert.Equal(new FileInfo(Path.Combine(server.DataDir, name)).Length, scrape.Of("heliossync_files_bytes", ("file", file)));
        }
    }

    [Fact]
    public async Task Streams_and_waiting_pulls_are_shown_while_they_are_there_and_their_waiting_is_no_latency()
    {
        await using var server = await StartAsync();
        var (a, b) = (Device(server, "a"), Device(server, "b"));
        (await a.RegisterAsync()).Ok();
        (await b.RegisterAsync()).Ok();
        var waiting = b.PullAsync(0, new() { ["wait_ms"] = 60_000 });
        using (var stream = await a.StreamAsync())
        {
            await UntilAsync(server, static s => s.Of("heliossync_pulls_waiting") == 1);
            Assert.Equal(1, (await Scrape.OfAsync(server)).Of("heliossync_streams"));

            // Long enough to be seen in a sum of latencies: as long as it takes is as long as both have waited.
            var began = TimeProvider.System.GetTimestamp();
            await UntilAsync(server, _ => TimeProvider.System.GetElapsedTime(began) > TimeSpan.FromSeconds(2));
            (await a.PushAsync(Change.Inserts(1, 3, "k"))).Ok();
            Assert.Equal(3, (await stream.KeysAsync(3)).Count);
            (await waiting).Ok();
        }

        await UntilAsync(server, static s => s.Requests("/stream") == 1);
        var scrape = await Scrape.OfAsync(server);
        Assert.Equal(0, scrape.Of("heliossync_streams"));
        Assert.Equal(3, scrape.Of("heliossync_changes_pulled_total", ("way", "stream")));
        Assert.Equal(3, scrape.Of("heliossync_changes_pulled_total", ("way", "pull")));
        foreach (var endpoint in new[] { "/pull", "/stream" })
        {
            Assert.InRange(scrape.Of("heliossync_request_duration_seconds_sum", ("endpoint", endpoint)), 0, 1.9);
        }
    }

    [Fact]
    public async Task A_write_that_fails_and_a_journal_that_cannot_be_read_are_counted()
    {
        await using var server = await StartAsync();
        var a = Device(server, "a");
        (await a.RegisterAsync()).Ok();
        Assert.Equal(0, (await Scrape.OfAsync(server)).Of("heliossync_journal_failures_total"));
        Sql(server, "CREATE TRIGGER full BEFORE INSERT ON journal BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END");
        (await a.PushAsync(Change.Insert(1, "k"))).Refused(503, "STORAGE_UNAVAILABLE");
        var scrape = await Scrape.OfAsync(server);
        Assert.Equal(1, scrape.Of("heliossync_journal_failures_total"));
        Assert.Equal(1, scrape.Of("heliossync_refusals_total", ("code", "STORAGE_UNAVAILABLE")));
        Assert.Equal(0, scrape.Of("heliossync_changes_pushed_total"));
        Assert.Contains("heliossync_snapshots_total", scrape.Names);
        Assert.Contains("heliossync_compactions_total", scrape.Names);
    }

    /// <summary>Whatever a client can choose the words of.</summary>
    [Fact]
    public async Task Nothing_that_a_client_sent_is_in_the_metrics()
    {
        const string Canary = "canary4711";
        await using var server = await StartAsync();
        using var http = new HttpClient { BaseAddress = server.Address };
        var token = server.Token($"{Canary}-client", $"{Canary}-tenant");
        var device = new Device(http, $"{Canary}-client", token);
        (await device.RegisterAsync(new() { ["metadata"] = new System.Text.Json.Nodes.JsonObject { [Canary] = Canary } })).Ok();
        (await device.PushAsync(Change.Insert(1, $"{Canary}-key", $"{Canary}-data", new() { ["table"] = Canary }))).Ok();
        (await device.PushAsync(Change.Insert(2, $"{Canary}-key", "else", new() { ["table"] = Canary }))).Ok();
        (await device.PullAsync()).Ok();
        (await device.WithToken(Canary).PullAsync()).Refused(401, "UNAUTHORIZED");
        (await device.SendAsync(HttpMethod.Get, $"{Canary}?{Canary}={Canary}")).Refused(404, "NOT_FOUND");
        (await device.SendAsync(HttpMethod.Get, $"conflicts?since={Canary}")).Refused(400, "INVALID_MESSAGE");
        using var odd = new HttpRequestMessage(new HttpMethod(Canary.ToUpperInvariant()), "/api/v1/sync/push");
        odd.Headers.TryAddWithoutValidation("X-Request-ID", Canary);
        odd.Headers.TryAddWithoutValidation("User-Agent", Canary);
        odd.Headers.Host = $"{Canary}.example";
        using var answer = await http.SendAsync(odd);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);

        var scrape = await Scrape.OfAsync(server);
        Assert.Equal(2, scrape.Requests("/push") + scrape.Requests("/push", "METHOD_NOT_ALLOWED") - 1);
        Assert.DoesNotContain(Canary, scrape.Text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(token[^40..], scrape.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(scrape.LabelNames, static l => l.Contains("tenant", StringComparison.Ordinal)
            || l.Contains("client", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Two_servers_in_a_process_do_not_count_each_others_requests()
    {
        await using var first = await StartAsync();
        await using var second = await StartAsync();
        (await Device(first, "a").RegisterAsync()).Ok();
        (await Device(second, "a").RegisterAsync()).Ok();
        (await Device(second, "a").PushAsync(Change.Insert(1, "k"))).Ok();
        var (of, other) = (await Scrape.OfAsync(first), await Scrape.OfAsync(second));
        Assert.Equal((1, 0), (of.Requests("/register"), of.Requests("/push")));
        Assert.Equal((1, 1), (other.Requests("/register"), other.Requests("/push")));
        Assert.Equal((1, 2), (of.Of("heliossync_journal_group_writes_sum"), other.Of("heliossync_journal_group_writes_sum")));
        Assert.Equal(1, of.Of("heliossync_tenants"));
    }

    [Fact]
    public async Task Metrics_are_on_their_own_port_and_nothing_else_is()
    {
        await using var server = await StartAsync();
        using var own = new HttpClient { BaseAddress = server.Metrics };
        Assert.Equal((404, "NOT_FOUND"), await GetAsync(server.Http, new Uri(server.Address, "/metrics")));
        Assert.Equal((404, "NOT_FOUND"), await GetAsync(own, new Uri(server.Metrics!, "/api/v1/sync/health")));
        Assert.Equal((404, "NOT_FOUND"), await GetAsync(own, new Uri(server.Metrics!, "/")));
        Assert.Equal((405, "METHOD_NOT_ALLOWED"), await GetAsync(own, new Uri(server.Metrics!, "/metrics"), HttpMethod.Post));
        using var page = await own.GetAsync(new Uri("/metrics", UriKind.Relative));
        Assert.Equal(200, (int)page.StatusCode);
        Assert.Single(page.Headers.GetValues("X-Request-ID"));
        Assert.Equal("no-store", page.Headers.CacheControl?.ToString());
    }

    [Fact]
    public async Task By_default_there_are_no_metrics_and_nobody_listens()
    {
        await using var server = await TestServer.StartAsync();
        Assert.Null(server.Metrics);
        Assert.Null(server.Services.GetService<MeterProvider>());
        Assert.Equal((404, "NOT_FOUND"), await GetAsync(server.Http, new Uri(server.Address, "/metrics")));
    }

    [Theory]
    [InlineData("here")]
    [InlineData("9464")]
    [InlineData("metrics.example.com:9464")]
    public void An_address_that_is_none_stops_the_start(string listen)
    {
        var problems = new List<string>();
        MetricsSettings.Read(new MetricsOptions { Listen = listen }, problems);
        Assert.Contains(listen, Assert.Single(problems), StringComparison.Ordinal);
    }

    private static Task<TestServer> StartAsync() => TestServer.StartAsync(new() { ["HeliosSync:Metrics:Listen"] = "127.0.0.1:0" });

    private static Device Device(TestServer server, string client) => new(
        new HttpClient(new SocketsHttpHandler { UseCookies = false, UseProxy = false }) { BaseAddress = server.Address },
        client,
        server.Token(client, "t"));

    private static async Task<(int Status, string Code)> GetAsync(HttpClient http, Uri address, HttpMethod? method = null)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, address);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("*/*"));
        using var response = await http.SendAsync(request);
        return ((int)response.StatusCode, (await Answer.OfAsync(response)).Json.Text("code"));
    }

    private static async Task UntilAsync(TestServer server, Predicate<Scrape> wanted)
    {
        while (!wanted(await Scrape.OfAsync(server)))
        {
            await Task.Delay(20);
        }
    }

    private static void Sql(TestServer server, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(server.DataDir, "heliossync.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
