using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using HeliosSync.Load.Clients;
using HeliosSync.Load.Engine;
using HeliosSync.Load.Reports;
using HeliosSync.Load.Server;

namespace HeliosSync.Load.Commands;

/// <summary>
/// Command <c>compaction</c>: a tenant whose rows were written again and again is compacted, while another tenant's small pushes go on;
/// then its file and a new client's first sync are held against those of a tenant that only ever had the rows.
/// </summary>
internal sealed class Compacted(LoadRun run)
{
    private const int BatchChanges = 100;
    private const double SizeMax = 2;
    private const double SyncMax = 1.2;
    private static readonly Dictionary<string, string> Settings = new()
    {
        ["HeliosSync__HistoryDays"] = "0",
        ["HeliosSync__CompactEveryHours"] = "0",
    };

    private readonly LoadOptions _options = run.Options;

    public async Task RunAsync(CancellationToken ct)
    {
        var rows = _options.RowsGiven ?? 50_000;
        var batch = _options.Batch ?? BatchChanges;
        var each = (Math.Max(rows / _options.Clients, batch) + batch - 1) / batch * batch;
        await using var freshSite = new Site();
        var freshServer = await freshSite.StartServerAsync(ct, Settings);
        using var fresh = new PushingClients(Plan("fresh", batch, each), freshSite.Tokens);
        await FillAsync(fresh, freshServer.Address, each, ct);
        var server = await run.Site.StartServerAsync(ct, Settings);
        using var rewritten = new PushingClients(Plan("rewritten", batch, each), run.Site.Tokens);
        await FillAsync(rewritten, server.Address, (long)each * _options.Rewrites, ct);
        run.Report.Add(new Check("changes pushed", true, $"{rewritten.Ledger.Count} on {each * _options.Clients} rows"));
        await CompactAsync(server.Address, ct);
        await run.Site.Server.StopAsync(ct);
        await freshSite.Server.StopAsync(ct);
        var (after, alone) = (FileBytes(run.Site), FileBytes(freshSite));
        run.Report.Add(Measure.Of("the file after compaction", "MB", after / 1e6));
        run.Report.Add(Measure.Of("the file of the rows alone", "MB", alone / 1e6));
        run.Limit(
            $"after compaction the file has at most {SizeMax} times the size of the rows alone",
            after <= SizeMax * alone,
            string.Create(CultureInfo.InvariantCulture, $"{after / (double)alone:F2} times"));
        server = await run.Site.StartServerAsync(ct, Settings);
        freshServer = await freshSite.StartServerAsync(ct, Settings);
        await SyncAsync(server, "rewritten", freshServer, freshSite, each * _options.Clients, ct);
    }

    private PushPlan Plan(string tenant, int batch, int each) =>
        new(tenant, _options.Clients, batch, _options.DataBytes, Base64: true, each);

    private static long FileBytes(Site site) => new FileInfo(Path.Combine(site.DataDir, "heliossync.db")).Length;

    /// <summary>Every client writes so many changes, one batch after the other.</summary>
    private async Task FillAsync(PushingClients clients, Uri address, long changesEach, CancellationToken ct)
    {
        clients.Connect(address);
        await clients.RegisterAsync(ct);
        await Parallel.ForAsync(
            0,
            _options.Clients,
            new ParallelOptions { MaxDegreeOfParallelism = _options.Clients, CancellationToken = ct },
            async (client, stop) =>
            {
                for (var pushed = 0L; pushed < changesEach; pushed += clients.BatchChanges)
                {
                    clients.Prepare(client);
                    while ((await clients.PushAsync(client, stop)).Error is not null)
                    {
                        // Refused for now: it comes back with the same batch.
                    }
                }
            });
        run.Report.Add(await clients.SettleAsync(ct));
    }

    private async Task CompactAsync(Uri address, CancellationToken ct)
    {
        using var small = new PushingClients(new PushPlan("small", 1, 1, _options.DataBytes, Base64: true, 1), run.Site.Tokens);
        small.Connect(address);
        await small.RegisterAsync(ct);
        var quiet = await PushSmallAsync(small, Task.Delay(TimeSpan.FromSeconds(_options.Seconds), ct), ct);
        using var http = SyncClient.Connect(address);
        var admin = new SyncClient(http, "admin", run.Site.Tokens.Mint("rewritten", "admin", "sync:admin"));
        var began = Stopwatch.GetTimestamp();
        var compaction = admin.PostAsync("compact", """{"dry_run":false}"""u8.ToArray(), ct);
        var beside = await PushSmallAsync(small, compaction, ct);
        var answer = (await compaction).OrThrow();
        run.Report.Add(Measure.Of("the compaction, beside small pushes", "s", Stopwatch.GetElapsedTime(began).TotalSeconds));
        // What was pushed beside it is not to count.
        var other = new SyncClient(http, "admin", run.Site.Tokens.Mint("small", "admin", "sync:admin"));
        (await other.PostAsync("compact", """{"dry_run":false}"""u8.ToArray(), ct)).OrThrow();
        run.Report.Add(new Check("the compaction's answer", true, Shorten(answer.Body)));
        run.Report.Add(Measure.Of("p50 of small pushes without compaction", "ms", Percentile(quiet, 0.5)));
        run.Report.Add(Measure.Of("p50 of small pushes beside it", "ms", Percentile(beside, 0.5)));
        run.Report.Add(Measure.Of("p99 of small pushes without compaction", "ms", Percentile(quiet, 0.99)));
        run.Report.Add(Measure.Of("p99 of small pushes beside it", "ms", Percentile(beside, 0.99)));
        run.Report.Add(Measure.Of("the slowest of them without compaction", "ms", Percentile(quiet, 1)));
        run.Report.Add(Measure.Of("the slowest of them beside it", "ms", Percentile(beside, 1)));
    }

    /// <summary>A client of another tenant pushes one change after the other, until something ends. Gives milliseconds.</summary>
    private static async Task<List<double>> PushSmallAsync(PushingClients small, Task until, CancellationToken ct)
    {
        var took = new List<double>();
        do
        {
            small.Prepare(0);
            var began = Stopwatch.GetTimestamp();
            var result = await small.PushAsync(0, ct);
            took.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            _ = result.Error is null ? 0 : throw new InvalidDataException($"A small push was answered {result.Error}.");
        }
        while (!until.IsCompleted);
        return took;
    }

    private static double Percentile(List<double> of, double part)
    {
        var sorted = of.Order().ToArray();
        return sorted[Math.Min(sorted.Length - 1, (int)Math.Ceiling(sorted.Length * part) - 1)];
    }

    /// <summary>The figures of the answer, without the tables and clients.</summary>
    private static string Shorten(byte[] body)
    {
        using var json = JsonDocument.Parse(body);
        var text = new StringBuilder();
        foreach (var field in json.RootElement.EnumerateObject().Where(static f => f.Value.ValueKind == JsonValueKind.Number))
        {
            text.Append(CultureInfo.InvariantCulture, $"{field.Name} {field.Value} ");
        }

        return text.ToString().TrimEnd();
    }

    /// <summary>New clients pull everything, of both in turn.</summary>
    private async Task SyncAsync(
        ServerProcess server, string tenant, ServerProcess freshServer, Site freshSite, long rows, CancellationToken ct)
    {
        var (seconds, alone, cpu, cpuAlone) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        var found = "";
        var whole = true;
        for (var round = 0; round <= _options.Rounds; round++)
        {
            var one = await SyncOnceAsync(server, run.Site, tenant, ct);
            var other = await SyncOnceAsync(freshServer, freshSite, "fresh", ct);
            found = $"{one.Entries} entries of {one.Rows} rows, and {other.Entries} of {other.Rows}";
            whole &= one.Rows == rows && other.Rows == rows && other.Entries == rows;
            if (round > 0)
            {
                seconds.Add(one.Seconds);
                alone.Add(other.Seconds);
                cpu.Add(one.CpuSeconds);
                cpuAlone.Add(other.CpuSeconds);
            }
        }

        run.Report.Add(new Check("a new client is given every row", whole, found));
        var (took, tookAlone) = (new Measure("first sync after compaction", "s", seconds), new Measure("of the rows alone", "s", alone));
        var ratio = Measure.Ratio("first sync after compaction over that of the rows alone", took, tookAlone);
        run.Report.Add(took);
        run.Report.Add(tookAlone);
        run.Report.Add(ratio);
        run.Report.Add(Measure.Ratio(
            "the same in the server's CPU time", new Measure("", "s", cpu), new Measure("", "s", cpuAlone)));
        run.Limit(
            $"after compaction a first sync takes at most {SyncMax} times that of the rows alone",
            ratio.Median <= SyncMax,
            $"{Measure.Text(ratio.Median)} times");
    }

    private static async Task<(double Seconds, double CpuSeconds, long Entries, long Rows)> SyncOnceAsync(
        ServerProcess server, Site site, string tenant, CancellationToken ct)
    {
        var entries = 0L;
        using var http = SyncClient.Connect(server.Address);
        var client = new SyncClient(http, "new", site.Tokens.Mint(tenant, "new"));
        (await client.RegisterAsync(ct)).OrThrow();
        var (cpu, took, position, rows) = (server.Usage.Cpu, TimeSpan.Zero, 0L, new HashSet<string>());
        for (var more = true; more;)
        {
            var began = Stopwatch.GetTimestamp();
            var answer = (await client.PullAsync(new PullOf(position, Puller.Entries, Base64: true), ct)).OrThrow();
            took += Stopwatch.GetElapsedTime(began);
            using var page = JsonDocument.Parse(answer.Body);
            foreach (var change in page.RootElement.GetProperty("changes").EnumerateArray())
            {
                entries++;
                rows.Add(change.GetProperty("key").GetString()!);
            }

            position = page.RootElement.GetProperty("server_lsn").GetInt64();
            more = page.RootElement.GetProperty("has_more").GetBoolean();
        }

        return (took.TotalSeconds, (server.Usage.Cpu - cpu).TotalSeconds, entries, rows.Count);
    }
}
