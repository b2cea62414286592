using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using HeliosSync.Integration.Protocol.Rig;

namespace HeliosSync.Integration.Observation;

/// <summary>The dashboard and the alerts that the documentation offers ask for nothing that the server does not tell.</summary>
public sealed partial class MonitoringFilesTests
{
    /// <summary>Labels that Prometheus adds to whatever it scrapes.</summary>
    private static readonly string[] OfPrometheus = ["job", "instance", "le"];

    [Fact(Timeout = 60_000)]
    public async Task Every_metric_and_label_of_the_dashboard_and_the_alerts_is_there()
    {
        await using var server = await TestServer.StartAsync(new() { ["HeliosSync:Metrics:Listen"] = "127.0.0.1:0" });
        var scrape = await TrafficAsync(server);
        var names = scrape.Names;
        var labels = scrape.LabelNames.Concat(OfPrometheus).ToHashSet();
        foreach (var (expressions, least) in new[] { (Dashboard(), 30), (Alerts(), 10) })
        {
            Assert.InRange(expressions.Count, least, 100);
            foreach (var expression in expressions)
            {
                var asked = Metric().Matches(expression).Select(static m => m.Value).ToArray();
                Assert.True(asked.Length > 0 || expression.StartsWith("up{", StringComparison.Ordinal), expression);
                Assert.All(asked, name => Assert.Contains(name, names));
                Assert.All(Matcher().Matches(expression), m => Assert.Contains(m.Groups[1].Value, labels));
                Assert.All(
                    Grouping().Matches(expression).SelectMany(static m => m.Groups[1].Value.Split(", ")), l => Assert.Contains(l, labels));
            }
        }
    }

    /// <summary>Something of everything that can be counted.</summary>
    private static async Task<Scrape> TrafficAsync(TestServer server)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false, UseProxy = false }) { BaseAddress = server.Address };
        var device = new Device(http, "c", server.Token("c"));
        (await device.RegisterAsync()).Ok();
        (await device.PushAsync(Change.Insert(1, "k"))).Ok();
        var other = new Device(http, "d", server.Token("d"));
        (await other.RegisterAsync()).Ok();
        Assert.Single((await other.PushAsync(Change.Insert(1, "k", "else"))).Ok().Conflicts);
        (await device.PullAsync()).Ok();
        (await device.WithToken(null).PullAsync()).Refused(401, "UNAUTHORIZED");
        using var first = await device.StreamAsync();
        using var second = await device.StreamAsync();
        await first.KeysAsync(1);
        Assert.Equal("STREAM_REPLACED", await first.EndAsync());
        return await Scrape.OfAsync(server);
    }

    private static List<string> Dashboard()
    {
        var dashboard = JsonNode.Parse(File.ReadAllText(Path.Combine(Documents(), "grafana", "heliossync.json")))!;
        return
        [
            .. dashboard["panels"]!.AsArray().SelectMany(static p => p!["targets"]?.AsArray() ?? [])
                .Select(static t => t!["expr"]!.GetValue<string>()),
            .. dashboard["templating"]!["list"]!.AsArray().Select(static v => v!["query"]!.GetValue<string>())
                .Where(static q => q.StartsWith("label_values", StringComparison.Ordinal)),
        ];
    }

    private static List<string> Alerts()
    {
        var rules = File.ReadAllText(Path.Combine(Documents(), "prometheus", "heliossync.rules.yml"));
        return [.. Expression().Matches(rules).Select(static m => m.Groups[1].Value.Trim())];
    }

    private static string Documents()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "HeliosSync.sln")))
        {
            folder = folder.Parent!;
        }

        return Path.Combine(folder.FullName, "docs");
    }

    [GeneratedRegex(@"\b(?:heliossync|dotnet|kestrel)_[a-z0-9_]+")]
    private static partial Regex Metric();

    [GeneratedRegex("([a-z_]+)(?:=~|!=|!~|=)\"")]
    private static partial Regex Matcher();

    [GeneratedRegex(@"by \(([^)]*)\)")]
    private static partial Regex Grouping();

    [GeneratedRegex(@"expr: (?:>\n)?((?:.|\n {10})*)")]
    private static partial Regex Expression();
}
