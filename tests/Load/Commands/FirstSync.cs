using System.Diagnostics;
using HeliosSync.Load.Clients;
using HeliosSync.Load.Engine;
using HeliosSync.Load.Reports;
using HeliosSync.Load.Server;

namespace HeliosSync.Load.Commands;

/// <summary>
/// Command <c>first-sync</c>: what a new client's first sync takes in a tenant whose rows were written twenty times over, by chance,
/// against one that only ever had the rows. Both on one server, in turn; and what a client would take that is given every change.
/// </summary>
internal sealed class FirstSync(LoadRun run)
{
    private const int Times = 20;
    private const int DefaultRows = 50_000;
    private const int BatchChanges = 100;

    private readonly LoadOptions _options = run.Options;

    public async Task RunAsync(CancellationToken ct)
    {
        var rows = Math.Min(_options.Rows, DefaultRows);
        var server = await run.Site.StartServerAsync(
            ct, new Dictionary<string, string> { ["HeliosSync__FirstSyncChanges"] = "1000" });
        using var lived = await FillAsync(server, "lived", rows, Times, ct);
        using var fresh = await FillAsync(server, "fresh", rows, 1, ct);
        var (ofLived, ofFresh, ofAll) = (new Figures(), new Figures(), new Figures());
        await SyncAsync(server, lived, 0, new Figures(), ct);
        await SyncAsync(server, fresh, 0, new Figures(), ct);
        for (var round = 0; round < _options.Rounds; round++)
        {
            await SyncAsync(server, lived, 0, ofLived, ct);
            await SyncAsync(server, fresh, 0, ofFresh, ct);
            await SyncAsync(server, lived, 1, ofAll, ct);
        }

        Report("a tenant of many changes", ofLived);
        Report("a tenant of its rows alone", ofFresh);
        Report("every change from LSN 1 on", ofAll);
        run.Report.Add(new Check(
            "a first sync gives as many changes as there are rows",
            ofLived.Entries == ofLived.Keys && ofFresh.Entries == ofFresh.Keys,
            $"{ofLived.Entries} of {ofLived.Keys} rows, {ofFresh.Entries} of {ofFresh.Keys}"));
        run.Report.Add(Measure.Ratio(
            "seconds a change, of many changes to rows alone",
            new Measure("", "", [.. ofLived.Seconds.Select(s => s / ofLived.Entries)]),
            new Measure("", "", [.. ofFresh.Seconds.Select(s => s / ofFresh.Entries)])));
    }

    private async Task<PushingClients> FillAsync(ServerProcess server, string name, int rows, int times, CancellationToken ct)
    {
        var batch = _options.Batch ?? BatchChanges;
        var rowsEach = rows / _options.Clients;
        var plan = new PushPlan(
            name, _options.Clients, batch, _options.DataBytes, Base64: true, RowsEach: rowsEach, Scattered: times > 1);
        var clients = new PushingClients(plan, run.Site.Tokens);
        clients.Connect(server.Address);
        await clients.RegisterAsync(ct);
        var fill = new Scenario
        {
            Name = $"fill {name}",
            Prepare = clients.Prepare,
            Run = step => clients.PushAsync(step.Copy, step.Stop),
            Simulations = [LoadSimulation.IterationsForConstant(_options.Clients, ((long)rowsEach * _options.Clients * times / batch) + 1)],
        };
        await new ScenarioRunner(fill, run.Output, run.Live).RunAsync(null, ct);
        run.Report.Add(await clients.SettleAsync(ct));
        return clients;
    }

    /// <summary>A whole sync by one client, page behind page. What it was given is looked at afterwards.</summary>
    private static async Task SyncAsync(ServerProcess server, PushingClients clients, long since, Figures figures, CancellationToken ct)
    {
        var pages = new List<byte[]>();
        var (cpu, began) = (server.Usage.Cpu, Stopwatch.GetTimestamp());
        string? token = null;
        do
        {
            var answer = (await clients.First.PullAsync(new PullOf(since, 1_000, Base64: true, token), ct)).OrThrow();
            pages.Add(answer.Body);
            token = TokenOf(answer.Body);
        }
        while (token is not null);
        figures.Seconds.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
        figures.Cpu.Add((server.Usage.Cpu - cpu).TotalSeconds);
        var keys = new HashSet<UInt128>();
        figures.Entries = 0;
        foreach (var page in pages.Select(static body => Page.Read(body)))
        {
            figures.Entries += page.Changes.Count;
            keys.UnionWith(page.Changes.Select(static c => System.IO.Hashing.XxHash128.HashToUInt128(c.Key)));
        }

        figures.Keys = keys.Count;
    }

    /// <summary>The token, without reading the page: that would take longer than the server takes.</summary>
    private static string? TokenOf(ReadOnlySpan<byte> body)
    {
        var name = "\"continuation_token\":"u8;
        var value = body[(body.LastIndexOf(name) + name.Length)..];
        return value[0] == '"' ? System.Text.Encoding.ASCII.GetString(value[1..(1 + value[1..].IndexOf((byte)'"'))]) : null;
    }

    private void Report(string of, Figures figures)
    {
        run.Report.Add(Measure.Of($"{of}: changes given", "", figures.Entries));
        run.Report.Add(new Measure($"{of}: a sync", "s", figures.Seconds));
        run.Report.Add(new Measure($"{of}: server's CPU", "s", figures.Cpu));
    }

    private sealed class Figures
    {
        public List<double> Seconds { get; } = [];

        public List<double> Cpu { get; } = [];

        public long Entries { get; set; }

        public long Keys { get; set; }
    }
}
