using System.Diagnostics;
using HeliosSync.Actors.Telemetry;
using HeliosSync.Host;
using HeliosSync.Integration.Protocol.Rig;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace HeliosSync.Integration.Observation;

/// <summary>Traces: a push is followed from its socket to the flush, by whoever listens, and by nobody else.</summary>
public sealed class TraceTests
{
    private const string Push = "POST /api/v1/sync/push";

    [Fact(Timeout = 60_000)]
    public async Task A_push_is_one_trace_from_the_request_to_the_commit_below_the_clients_own_span()
    {
        using var spans = new SpanLog();
        await using var server = await TestServer.StartAsync();
        var device = Device(server, "t");
        (await device.RegisterAsync()).Ok();
        var (trace, client) = (ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom());
        (await PushAsync(device, $"00-{trace}-{client}-01", Change.Inserts(1, 3, "canary"))).Ok();

        var all = await spans.WhenEndedAsync(trace, Push);
        var request = Named(all, Push);
        Assert.Equal(client, request.ParentSpanId);
        Assert.True(request.HasRemoteParent);
        Assert.Equal(200, request.GetTagItem("http.response.status_code"));
        Assert.Equal(request.SpanId, Named(all, "read body").ParentSpanId);
        var decide = Named(all, "tenant decide");
        Assert.Equal(request.SpanId, decide.ParentSpanId);
        var write = Named(all, "journal write");
        Assert.Equal(decide.SpanId, write.ParentSpanId);
        var commit = Named(all, "journal commit");
        Assert.Equal(write.SpanId, commit.ParentSpanId);
        Assert.Equal(1, commit.GetTagItem("heliossync.journal.group.writes"));
        Assert.Equal(5, all.Length);
        Assert.InRange(commit.StartTimeUtc + commit.Duration, DateTime.MinValue, request.StartTimeUtc + request.Duration);
        Assert.All(all, static span => Assert.NotEqual(ActivityStatusCode.Error, span.Status));
        var words = all.SelectMany(static span => span.TagObjects.Select(static t => $"{t.Key}={t.Value}").Append(span.DisplayName));
        Assert.All(words, static w => Assert.DoesNotContain("canary", w, StringComparison.Ordinal));
    }

    [Fact(Timeout = 60_000)]
    public async Task Pushes_of_one_commit_are_tied_to_it_by_links_from_each_trace()
    {
        using var spans = new SpanLog();
        await using var server = await TestServer.StartAsync();
        Device[] devices = [Device(server, "a"), Device(server, "b"), Device(server, "c")];
        foreach (var device in devices)
        {
            (await device.RegisterAsync()).Ok();
        }

        ActivityTraceId[] traces = [.. devices.Select(static _ => ActivityTraceId.CreateRandom())];
        var pushes = new List<Task<Answer>>();
        using (HoldWrites(server))
        {
            // The first goes alone and has to wait for the lock; the others gather behind it.
            pushes.Add(PushAsync(devices[0], Parent(traces[0]), Change.Insert(1, "k")));
            var service = server.Services.GetRequiredService<SyncService>();
            await UntilAsync(() => service.Server.Threads.Writes.Busy == 1 && service.Server.WaitingWrites == 0);
            pushes.Add(PushAsync(devices[1], Parent(traces[1]), Change.Insert(1, "k")));
            await UntilAsync(() => service.Server.WaitingWrites == 1);
            pushes.Add(PushAsync(devices[2], Parent(traces[2]), Change.Insert(1, "k")));
            await UntilAsync(() => service.Server.WaitingWrites == 2);
        }

        Assert.All(await Task.WhenAll(pushes), static answer => answer.Ok());
        var second = await spans.WhenEndedAsync(traces[1], Push);
        var third = await spans.WhenEndedAsync(traces[2], Push);
        var commit = Named(second, "journal commit");
        Assert.Equal(2, commit.GetTagItem("heliossync.journal.group.writes"));
        Assert.DoesNotContain(third, static span => span.OperationName == "journal commit");
        var write = Named(third, "journal write");
        Assert.Equal(write.SpanId, Assert.Single(commit.Links).Context.SpanId);
        Assert.Equal(commit.SpanId, Assert.Single(write.Links).Context.SpanId);
        Assert.Equal(commit.TraceId, Assert.Single(write.Links).Context.TraceId);
        Assert.Empty(Named(await spans.WhenEndedAsync(traces[0], Push), "journal commit").Links);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_write_that_fails_ends_its_spans_as_errors_that_name_no_tenant()
    {
        using var spans = new SpanLog();
        await using var server = await TestServer.StartAsync();
        var device = Device(server, "canary-tenant");
        (await device.RegisterAsync()).Ok();
        Sql(server, "CREATE TRIGGER full BEFORE INSERT ON journal BEGIN SELECT RAISE(ROLLBACK, 'canary-tenant is full'); END");
        var trace = ActivityTraceId.CreateRandom();
        (await PushAsync(device, Parent(trace), Change.Insert(1, "k"))).Refused(503, "STORAGE_UNAVAILABLE");
        var all = await spans.WhenEndedAsync(trace, Push);
        foreach (var name in new[] { "journal commit", "journal write", Push })
        {
            Assert.Equal(ActivityStatusCode.Error, Named(all, name).Status);
            Assert.DoesNotContain(
                "canary", string.Join(' ', Named(all, name).TagObjects) + Named(all, name).StatusDescription, StringComparison.Ordinal);
        }

        Assert.Equal("STORAGE_UNAVAILABLE", Named(all, Push).GetTagItem("error.type"));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("")]
    [InlineData("00-00000000000000000000000000000000-0000000000000000-01")]
    [InlineData("rubbish")]
    public async Task A_traceparent_that_is_none_begins_a_trace_of_its_own(string parent)
    {
        using var spans = new SpanLog();
        await using var server = await TestServer.StartAsync();
        var device = Device(server, "t");
        var answer = await device.SendAsync(
            HttpMethod.Get, "health", null, r => r.Headers.TryAddWithoutValidation("traceparent", parent));
        answer.Ok();
        await UntilAsync(() => spans.All.Any(s => s.GetTagItem("heliossync.request_id") as string == answer.RequestId));
        var span = spans.All.Single(s => s.GetTagItem("heliossync.request_id") as string == answer.RequestId);
        Assert.Equal(default, span.ParentSpanId);
        Assert.NotEqual(default, span.TraceId);
    }

    [Fact]
    public async Task A_request_that_a_sampler_leaves_out_carries_no_activity_along()
    {
        var seen = new List<Activity?>();
        using var spans = new SpanLog(ActivitySamplingResult.PropagationData);
        await using var server = await TestServer.StartAsync(services: services =>
            services.AddSingleton<IRequestWatcher>(new Watcher(() => seen.Add(Activity.Current))));
        var device = Device(server, "t");
        (await device.RegisterAsync()).Ok();
        (await device.PushAsync(Change.Insert(1, "k"))).Ok();
        Assert.Equal([null, null], seen);
        Assert.DoesNotContain(spans.All, static span => span.OperationName is "read body" or "tenant decide" or "journal write");
    }

    /// <summary>The framework would make one for every request if anything asked it to.</summary>
    [Fact]
    public async Task Where_nobody_listens_no_request_is_given_an_activity()
    {
        var seen = new List<Activity?>();
        await using var server = await TestServer.StartAsync(services: services =>
            services.AddSingleton<IRequestWatcher>(new Watcher(() => seen.Add(Activity.Current))));
        var device = Device(server, "t");
        (await device.RegisterAsync()).Ok();
        Assert.False(SyncTelemetry.Source.HasListeners());
        (await PushAsync(device, Parent(ActivityTraceId.CreateRandom()), Change.Insert(1, "k"))).Ok();
        Assert.Equal(2, seen.Count);
        Assert.All(seen, Assert.Null);
    }

    [Fact(Timeout = 60_000)]
    public async Task Spans_and_metrics_go_by_otlp_where_the_standard_variables_say()
    {
        var got = new System.Collections.Concurrent.ConcurrentDictionary<string, string>();
        await using var collector = WebApplication.CreateSlimBuilder().Build();
        collector.Urls.Add("http://127.0.0.1:0");
        collector.Map("/{**path}", async (HttpContext http) =>
        {
            using var body = new MemoryStream();
            await http.Request.Body.CopyToAsync(body);
            var text = System.Text.Encoding.Latin1.GetString(body.ToArray());
            got.AddOrUpdate(http.Request.Path, text, (_, before) => before + text);
        });
        await collector.StartAsync();
        var server = await TestServer.StartAsync(new()
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Urls.Single(),
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_SERVICE_NAME"] = "sync-of-the-test",
        });
        var device = Device(server, "canary-tenant");
        (await device.RegisterAsync()).Ok();
        (await device.PushAsync(Change.Insert(1, "canary-key"))).Ok();
        await server.DisposeAsync();

        Assert.Equal(["/v1/metrics", "/v1/traces"], got.Keys.Order());
        Assert.All(got.Values, static text => Assert.Contains("sync-of-the-test", text, StringComparison.Ordinal));
        Assert.All(got.Values, static text => Assert.DoesNotContain("canary", text, StringComparison.Ordinal));
        Assert.Contains("journal commit", got["/v1/traces"], StringComparison.Ordinal);
        Assert.Contains("heliossync.journal.commit.duration", got["/v1/metrics"], StringComparison.Ordinal);
    }

    private static Activity Named(Activity[] spans, string name) =>
        Assert.Single(spans, span => span.OperationName == name);

    private static string Parent(ActivityTraceId trace) => $"00-{trace}-{ActivitySpanId.CreateRandom()}-01";

    private static Task<Answer> PushAsync(Device device, string parent, params System.Text.Json.Nodes.JsonObject[] changes) =>
        device.PostAsync(
            "push",
            System.Text.Encoding.UTF8.GetBytes(Body.Push(device.Client, changes).ToJsonString()),
            request => request.Headers.TryAddWithoutValidation("traceparent", parent));

    private static Device Device(TestServer server, string tenant) => new(
        new HttpClient(new SocketsHttpHandler { UseCookies = false, UseProxy = false, ActivityHeadersPropagator = null })
        {
            BaseAddress = server.Address,
        },
        "c",
        server.Token("c", tenant));

    private static async Task UntilAsync(Func<bool> wanted)
    {
        while (!wanted())
        {
            await Task.Delay(10);
        }
    }

    private static SqliteConnection HoldWrites(TestServer server)
    {
        var connection = Open(server);
        Execute(connection, "BEGIN IMMEDIATE");
        return connection;
    }

    private static void Sql(TestServer server, string sql)
    {
        using var connection = Open(server);
        Execute(connection, sql);
    }

    private static SqliteConnection Open(TestServer server)
    {
        var connection = new SqliteConnection($"Data Source={Path.Combine(server.DataDir, "heliossync.db")};Pooling=False");
        connection.Open();
        return connection;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private sealed class Watcher(Action answered) : IRequestWatcher
    {
        public void Answered(Exchange exchange, TimeSpan took) => answered();
    }
}
