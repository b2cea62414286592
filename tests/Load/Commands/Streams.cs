using System.Diagnostics;
using System.Globalization;
using System.Text;
using HeliosSync.Load.Clients;
using HeliosSync.Load.Compare;
using HeliosSync.Load.Engine;
using HeliosSync.Load.Reports;
using HeliosSync.Load.Server;

namespace HeliosSync.Load.Commands;

/// <summary>
/// Command <c>streams</c>: from the answer to a push of one row until every stream of its tenant has it, against a server that only sends
/// the same bytes to as many connections, in turn; the same of pulls that wait; and what streams cost that have nothing to send.
/// </summary>
internal sealed class Streams(LoadRun run) : IAsyncDisposable
{
    private const int PushesEachRound = 40;
    private const int LongPolls = 50;
    private const string Program = "heliossync-baselines";

    private readonly LoadOptions _options = run.Options;
    private readonly Site _bareSite = new();
    private readonly StreamSockets _ours = new();
    private readonly StreamSockets _bare = new();
    private readonly Rounds _all = new("until all streams have it");
    private readonly Rounds _bareAll = new("until all connections have the same bytes");
    private readonly Rounds _each = new("until a stream has it");
    private readonly Rounds _polls = new("from a push being sent until a pull that waits is answered");

    private int Tenants => _options.TenantsGiven ?? 1;

    public async Task RunAsync(CancellationToken ct)
    {
        await using var self = this;
        var server = await run.Site.StartServerAsync(ct, new Dictionary<string, string>
        {
            ["HeliosSync__TenantStreamsMax"] = Text(_options.Streams),
        });
        var each = Math.Max(1, _options.Streams / Tenants);
        var plan = new PushPlan("streams", Math.Max(each, LongPolls), 1, _options.DataBytes, Base64: true);
        using var fleet = new Fleet(Tenants, plan, run.Site.Tokens, server.Address);
        await fleet.RegisterAsync(ct);
        await IdleAsync(server, each, ct);
        var bare = await _bareSite.StartAsync(static s => s with { Program = Program, Arguments = ["bare"] }, ct);
        await Many(each, _ => _bare.OpenAsync(bare.Address, null, ct));
        await FanOutAsync(fleet, each, bare, ct);
        var pushed = fleet.Tenants[0].Ledger.Count;
        var streamed = _ours.Events;
        run.Report.Add(new Check(
            "every stream had each change of its tenant once",
            streamed.Most == pushed && (Tenants > 1 || streamed.Least == pushed),
            $"{pushed} pushed, {streamed.Least} to {streamed.Most} events"));
        await LongPollsAsync(fleet, ct);
        run.Report.Add(await fleet.SettleAsync(ct));
        run.Report.Add(await fleet.AuditAsync(ct));
        Judge();
    }

    public async ValueTask DisposeAsync()
    {
        await _ours.DisposeAsync();
        await _bare.DisposeAsync();
        await _bareSite.DisposeAsync();
    }

    /// <summary>Opens all streams, and looks what they cost while nothing happens.</summary>
    private async Task IdleAsync(ServerProcess server, int each, CancellationToken ct)
    {
        var rest = TimeSpan.FromSeconds(_options.Limits ? 10 : 1);
        await Task.Delay(rest, ct);
        var before = server.Usage;
        for (var tenant = 0; tenant < Tenants; tenant++)
        {
            var name = $"streams-{Text(tenant)}";
            await Many(each, i => _ours.OpenAsync(server.Address, run.Site.Tokens.Mint(name, Rows.ClientOf(i)), ct));
        }

        await Task.Delay(rest, ct);
        var idle = (Usage: server.Usage, At: Stopwatch.GetTimestamp());
        await Task.Delay(TimeSpan.FromSeconds(_options.Limits ? Math.Max(_options.Seconds, 30) : 1), ct);
        var after = server.Usage;
        var kilobytes = (idle.Usage.ResidentBytes - before.ResidentBytes) / 1e3 / _ours.Count;
        var percent = (after.Cpu - idle.Usage.Cpu).TotalSeconds * 100 / Stopwatch.GetElapsedTime(idle.At).TotalSeconds;
        run.Judge($"{_ours.Count} idle streams of {Tenants} tenants",
            new Goal(Measure.Of("the server's memory (RSS) for a stream", "KB", kilobytes), "at most", Targets.StreamKilobytes),
            new Goal(Measure.Of("CPU of the server while nothing happens", "% of a core", percent), "at most", Targets.IdlePercent));
    }

    /// <summary>Pushes into the first tenant, and posts as many bytes to the bare server, in turn.</summary>
    private async Task FanOutAsync(Fleet fleet, int each, ServerProcess bare, CancellationToken ct)
    {
        using var http = SyncClient.Connect(bare.Address);
        await PushAsync(fleet, each, null, ct);
        var content = Encoding.ASCII.GetBytes($"id: 1\ndata: {{{new string('x', Math.Max(1, _ours.EventBytes - 16))}}}\n\n");
        await PostAsync(http, content, null, ct);
        for (var round = 0; round < _options.Rounds; round++)
        {
            for (var i = 0; i < PushesEachRound; i++)
            {
                await PushAsync(fleet, each, _all, ct);
            }

            for (var i = 0; i < PushesEachRound; i++)
            {
                await PostAsync(http, content, _bareAll, ct);
            }

            _all.EndRound();
            _bareAll.EndRound();
            _each.EndRound();
        }
    }

    private async Task PushAsync(Fleet fleet, int each, Rounds? all, CancellationToken ct)
    {
        fleet.Prepare(0);
        _ours.Expect(each);
        var result = await fleet.PushAsync(0, ct);
        var answered = Stopwatch.GetTimestamp();
        if (result.Error is { } error)
        {
            throw new InvalidDataException($"A push was refused: {error}");
        }

        var had = await _ours.HadAsync(ct);
        all?.Add(answered, had.Max());
        foreach (var at in all is null ? [] : had)
        {
            _each.Add(answered, at);
        }
    }

    private async Task PostAsync(HttpClient http, byte[] content, Rounds? all, CancellationToken ct)
    {
        _bare.Expect(_bare.Count);
        using var body = new ByteArrayContent(content);
        using var answer = await http.PostAsync("fan-out", body, ct);
        var answered = Stopwatch.GetTimestamp();
        all?.Add(answered, (await _bare.HadAsync(ct)).Max());
    }

    private async Task LongPollsAsync(Fleet fleet, CancellationToken ct)
    {
        for (var i = 0; i < (_options.Limits ? PushesEachRound : 2); i++)
        {
            var head = fleet.Tenants[0].Ledger.Count;
            var polls = Enumerable.Range(0, LongPolls).Select(p => PollAsync(fleet.Tenants[0].Of(p), p, head, ct)).ToArray();
            // All are to wait by then: whatever comes later is no wait.
            await Task.Delay(TimeSpan.FromMilliseconds(300), ct);
            fleet.Prepare(0);
            var sent = Stopwatch.GetTimestamp();
            await fleet.PushAsync(0, ct);
            foreach (var at in await Task.WhenAll(polls))
            {
                _polls.Add(sent, at);
            }

            _polls.EndRound();
        }
    }

    private static async Task<long> PollAsync(SyncClient client, int number, long since, CancellationToken ct)
    {
        var answer = await client.PostAsync("pull", Encoding.UTF8.GetBytes(
            $$"""
            {"type":"pull_request","message_id":"{{Guid.NewGuid()}}","client_id":"{{Rows.ClientOf(number)}}",
            "since_lsn":{{Text(since)}},"wait_ms":60000}
            """), ct);
        var at = Stopwatch.GetTimestamp();
        var changes = Page.Read(answer.OrThrow().Body).Changes.Count;
        return changes == 1 ? at : throw new InvalidDataException($"A pull that waited has {changes} changes.");
    }

    private void Judge()
    {
        run.Judge($"A push of one row, {_options.Streams / Tenants} streams of its tenant; from its answer on",
            new Goal(_all.P50),
            new Goal(_all.P99),
            new Goal(_bareAll.P50),
            new Goal(_bareAll.P99),
            new Goal(_each.P50),
            new Goal(_each.P99),
            new Goal(Measure.Ratio("ours / the same bytes alone, p99", _all.P99, _bareAll.P99), "at most", Targets.FanOutFactor));
        run.Judge($"A push of one row, {LongPolls} pulls that wait",
            new Goal(_polls.P50, "at most", Targets.LongPollMillis),
            new Goal(_polls.P99));
    }

    private static async Task Many(int count, Func<int, Task> open)
    {
        for (var i = 0; i < count; i++)
        {
            await open(i);
        }
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Milliseconds, round by round: each gives one sample of the median and of the 99th percentile.</summary>
    private sealed class Rounds(string name)
    {
        private readonly List<double> _now = [];
        private readonly List<double> _p50 = [];
        private readonly List<double> _p99 = [];

        public Measure P50 => new($"{name}, p50", "ms", _p50);

        public Measure P99 => new($"{name}, p99", "ms", _p99);

        public void Add(long from, long to) => _now.Add(Math.Max(0, Stopwatch.GetElapsedTime(from, to).TotalMilliseconds));

        public void EndRound()
        {
            var sorted = _now.Order().ToArray();
            _p50.Add(sorted[(sorted.Length - 1) / 2]);
            _p99.Add(sorted[(int)Math.Ceiling(sorted.Length * 0.99) - 1]);
            _now.Clear();
        }
    }
}
