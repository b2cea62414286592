using System.Text;
using HeliosSync.Host;
using HeliosSync.Integration.Protocol.Rig;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace HeliosSync.Integration.Isolation;

/// <summary>
/// Two tenants with the same client ids, keys, message ids, LSNs and conflict ids: whatever of the one stands in a request of the other,
/// nothing of it comes back, and nothing of it changes.
/// </summary>
public sealed class IsolationTests(IsolationTests.Measured own) : IClassFixture<IsolationTests.Measured>, IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = own.Server.Address };

    /// <summary>A server whose metrics can be read.</summary>
    public sealed class Measured : IAsyncLifetime
    {
        public TestServer Server { get; private set; } = null!;

        public async Task InitializeAsync() =>
            Server = await TestServer.StartAsync(new() { ["HeliosSync:Metrics:Listen"] = "127.0.0.1:0" });

        public async Task DisposeAsync() => await Server.DisposeAsync();
    }

    private TestServer Served => own.Server;

    public static TheoryData<string> Endpoints => [.. SwapTable.Rows.Keys, .. SwapTable.Elsewhere.Keys];

    public void Dispose() => _http.Dispose();

    [Theory]
    [MemberData(nameof(Endpoints))]
    public async Task A_request_with_something_of_another_tenant_in_it_gets_nothing_of_that_and_changes_nothing(string endpoint)
    {
        var (me, other) = await TwinsAsync();
        var before = await other.PortraitAsync();
        foreach (var swap in SwapTable.Rows.GetValueOrDefault(endpoint) ?? SwapTable.Elsewhere[endpoint])
        {
            var seen = await swap.Send(me, other);
            Assert.True(seen.Status == swap.Allowed, $"{endpoint}, {swap.What}: {seen.Status} instead of {swap.Allowed}: {seen.Text}");
            AssertNothingOf(other, $"{endpoint}, {swap.What}", seen.Text);
        }

        Assert.Equal(before, await other.PortraitAsync());
        // A clock that it pushed itself may name any node.
        var own = (await me.PortraitAsync()).Replace($"\"{other.ServerNode}\":", "", StringComparison.Ordinal);
        AssertNothingOf(other, endpoint, own);
        await AssertLogsAsync(me, other);
    }

    /// <summary>With the other's token a client is in the other's tenant, and there it is seen no trace of its own.</summary>
    [Theory]
    [MemberData(nameof(Endpoints))]
    public async Task The_same_holds_for_the_rich_tenant_which_may_ask_for_whatever_is_its_own(string endpoint)
    {
        var (poor, rich) = await TwinsAsync();
        var before = await poor.PortraitAsync();
        foreach (var swap in SwapTable.Rows.GetValueOrDefault(endpoint) ?? SwapTable.Elsewhere[endpoint])
        {
            // The poor one has no second conflict that the rich one could name.
            var named = swap.What.StartsWith("conflict", StringComparison.Ordinal) ? rich : poor;
            AssertNothingOf(poor, $"{endpoint}, {swap.What}", (await swap.Send(rich, named)).Text);
        }

        Assert.Equal(before, await poor.PortraitAsync());
        await AssertLogsAsync(rich, poor);
    }

    [Fact]
    public async Task Streams_and_pulls_that_wait_at_the_same_place_are_sent_what_is_their_own_tenants()
    {
        var (one, two) = await TwinsAsync(areAlike: true);
        using var first = await one.Reader.StreamAsync("?since_lsn=0");
        using var second = await two.Reader.StreamAsync("?since_lsn=0");
        var waits = new[] { one, two }.Select(twin => twin.Tablet.PullAsync(twin.Head, new() { ["wait_ms"] = 60_000 })).ToArray();
        await Task.WhenAll(one.SecondPushAsync(), two.SecondPushAsync());
        await AssertEventsAsync(first, one, two);
        await AssertEventsAsync(second, two, one);
        AssertNothingOf(two, "a pull that waited", Seen.Of((await waits[0]).Ok()).Text);
        AssertNothingOf(one, "a pull that waited", Seen.Of((await waits[1]).Ok()).Text);
        await AssertLogsAsync(one, two);
    }

    /// <summary>The canaries do stand where they belong: else nothing of the above would find anything anywhere.</summary>
    [Fact]
    public async Task The_canaries_are_seen_by_their_own_tenant_in_every_form()
    {
        var (me, other) = await TwinsAsync();
        var portrait = await other.PortraitAsync();
        Assert.Contains(other.Word, portrait, StringComparison.Ordinal);
        Assert.Contains(other.Secret, portrait, StringComparison.Ordinal);
        Assert.Contains(other.ServerNode, portrait, StringComparison.Ordinal);
        Assert.Contains(string.Join(',', Encoding.UTF8.GetBytes(other.Secret)), portrait, StringComparison.Ordinal);
        var base64 = Seen.Of(await other.Phone.PullAsync(0, new() { ["encoding"] = "base64" })).Text;
        Assert.Contains(other.Canaries, form => base64.Contains(form, StringComparison.Ordinal) && form.Length < other.Secret.Length * 2);
        Assert.Equal(me.Conflicts[0], other.Conflicts[0]);
        Assert.Equal((1, 2), (me.Conflicts.Length, other.Conflicts.Length));
        Assert.True(me.Head < other.Head);
        Assert.Contains(Served.Log.Lines, line => line.Contains(other.Tenant, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_endpoint_has_its_row()
    {
        Assert.Equal(
            HeliosSyncEndpoints.Table(Served.Services).Select(static e => $"{e.Method} {e.Path}").Order(StringComparer.Ordinal),
            SwapTable.Rows.Keys.Order(StringComparer.Ordinal));
        var mapped = Served.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Select(static endpoint => endpoint.RoutePattern.RawText!)
            // The page of the description has the same files for everyone.
            .Where(static path => !path.TrimStart('/').StartsWith(DescriptionEndpoints.PagePath.TrimStart('/'), StringComparison.Ordinal));
        var known = SwapTable.Rows.Keys.Select(static key => HeliosSyncEndpoints.BasePath + key.Split(' ')[1])
            .Concat(SwapTable.Elsewhere.Keys);
        Assert.Equal(known.Distinct().Order(StringComparer.Ordinal), mapped.Distinct().Order(StringComparer.Ordinal));
    }

    private async Task<(Twin Poor, Twin Rich)> TwinsAsync(bool areAlike = false)
    {
        var ids = SharedIds.New();
        return (await Twin.MakeAsync(Served, _http, ids, isRich: false), await Twin.MakeAsync(Served, _http, ids, isRich: !areAlike));
    }

    private static async Task AssertEventsAsync(EventStream stream, Twin own, Twin other)
    {
        var keys = 0;
        while (keys < 7)
        {
            var next = await stream.NextAsync();
            Assert.NotNull(next);
            keys += next.Changes.Length;
            AssertNothingOf(other, "an event", next.Data.ToJsonString());
            Assert.Equal(own.ServerNode, next.Data.Text("server_node"));
        }
    }

    private static void AssertNothingOf(Twin other, string where, string text) => Assert.All(
        other.Canaries, canary => Assert.False(text.Contains(canary, StringComparison.Ordinal), $"{where}: {canary} in {text}"));

    /// <summary>The server's log, the audit log and the metrics.</summary>
    private async Task AssertLogsAsync(Twin one, Twin two)
    {
        Assert.True(await Served.Services.GetRequiredService<AuditLog>().RecordAsync(new AuditEntry(AuditKind.AdminCall) { By = "test" }));
        var audit = AuditFolder.List(Served.Services.GetRequiredService<AuditSettings>().Folder)
            .SelectMany(static file => Encoding.UTF8.GetString(AuditFolder.Read(file.Path)).Split('\n'));
        using var metrics = await _http.GetAsync(new Uri(Served.Metrics!, "/metrics"));
        metrics.EnsureSuccessStatusCode();
        var lines = Served.Log.Lines.Concat(audit).Concat((await metrics.Content.ReadAsStringAsync()).Split('\n')).ToList();
        string[] secrets = [.. one.Secrets, .. two.Secrets];
        foreach (var line in lines)
        {
            Assert.DoesNotContain(secrets, secret => line.Contains(secret, StringComparison.Ordinal));
            AssertOfOne(line, one, two);
            AssertOfOne(line, two, one);
        }
    }

    /// <summary>
    /// A line that names one tenant has nothing of the other, except the name of the client that it said itself it is, or asked for.
    /// </summary>
    private static void AssertOfOne(string line, Twin own, Twin other)
    {
        if (line.Contains(own.Tenant, StringComparison.Ordinal))
        {
            AssertNothingOf(other, "a log", line.Replace(other.OwnClient, "", StringComparison.Ordinal));
        }
    }
}
