using System.Text.Json.Nodes;
using HeliosSync.Integration.Protocol.Rig;
using HeliosSync.Integration.Storage;

namespace HeliosSync.Integration.Protocol;

/// <summary>
/// A backup is made while the server runs, life goes on, and then the backup is all that is left (protocol 1, 3, 4.1): clients are ahead
/// of it.
/// </summary>
public sealed class ResyncTests : IAsyncLifetime
{
    private readonly Site _site = new(new() { ["HeliosSync:SnapshotEvents"] = "10" });
    private readonly string _backups = Directory.CreateTempSubdirectory("heliossync-backup-").FullName;

    public Task InitializeAsync() => _site.InitializeAsync();

    public async Task DisposeAsync()
    {
        await _site.DisposeAsync();
        Directory.Delete(_backups, recursive: true);
    }

    [Theory]
    [InlineData("careful", "naive", "late")]
    [InlineData("naive", "late", "careful")]
    [InlineData("late", "careful", "naive")]
    public async Task Clients_ahead_of_the_backup_end_with_the_same_rows_and_none_of_theirs_is_skipped(params string[] order)
    {
        var careful = new Phone(_site, "t", "careful", namesServerNode: true);
        var naive = new Phone(_site, "t", "naive", namesServerNode: false);
        await careful.StartAsync();
        await naive.StartAsync();
        await careful.EditAsync("shared", "from careful");
        await careful.EditAsync("careful-before", "1");
        await naive.EditAsync("naive-before", "1");
        await naive.PullAsync();
        await careful.PullAsync();
        var backup = await BackupAsync();

        // Lost on the server, and had by somebody: by its author alone, by others too, and by a client that the backup does not know.
        await naive.EditAsync("shared", "newer, from naive");
        await careful.EditAsync("careful-after", "2");
        var late = new Phone(_site, "t", "late", namesServerNode: false);
        await late.StartAsync();
        await late.EditAsync("late-after", "3");
        await naive.PullAsync();
        await naive.EditAsync("naive-alone", "4");
        await late.EditAsync("late-alone", "5");
        for (var i = 0; i < 12; i++)
        {
            await careful.EditAsync("careful-often", $"{i}");
        }

        await RestoreAsync(backup);
        var phones = new[] { careful, naive, late };
        foreach (var phone in phones)
        {
            phone.GoOnAt(_site);
        }

        foreach (var name in order)
        {
            await phones.Single(p => p.Name == name).StartAsync();
        }

        for (var round = 0; round < 3; round++)
        {
            foreach (var phone in phones)
            {
                await phone.PullAsync();
            }
        }

        string[] keys =
            ["careful-after", "careful-before", "careful-often", "late-after", "late-alone", "naive-alone", "naive-before", "shared"];
        var fresh = new Phone(_site, "t", "fresh", namesServerNode: true);
        await fresh.StartAsync();
        Assert.Equal(keys, fresh.Rows.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("11", fresh.Rows["careful-often"]);
        Assert.Contains(fresh.Rows["shared"], new[] { "newer, from naive", "from careful" });
        Assert.All(phones, phone => Assert.Equal(Sorted(fresh.Rows), Sorted(phone.Rows)));
        Assert.All(phones, static phone => Assert.Equal(1, phone.Resyncs));
    }

    [Fact]
    public async Task Everything_is_answered_410_until_the_client_registers_again_over_restarts_and_snapshots()
    {
        var a = await _site.DeviceAsync("t", "a");
        (await a.PushAsync(Change.Inserts(1, 30, "k"))).Ok();
        var page = (await a.PullAsync(0, new() { ["max_entries"] = 2 })).Ok();
        var (token, node) = (page.Token, page.ServerNode);
        await _site.DeviceAsync("t", "b");
        await RestoreAsync(await BackupAsync());
        await AllAre410Async(_site.Stranger("t", "a"), token!, node);
        await AllAre410Async(_site.Stranger("t", "nobody"), token: null, node);

        // Enough events for a snapshot, and read back from it.
        var b = _site.Stranger("t", "b");
        (await b.RegisterAsync(new() { ["last_known_lsn"] = 30 })).Refused(410, "RESYNC_REQUIRED");
        (await b.RegisterAsync(new() { ["last_known_lsn"] = 30, ["server_node"] = node })).Refused(410, "RESYNC_REQUIRED");
        Assert.NotEqual(node, (await b.RegisterAsync()).Ok().ServerNode);
        for (var lsn = 1; lsn <= 25; lsn++)
        {
            (await b.PushAsync(Change.Insert(lsn, $"b-{lsn}"))).Ok();
        }

        await _site.RestartAsync();
        await AllAre410Async(_site.Stranger("t", "a"), token!, node);
        b = _site.Stranger("t", "b");
        var now = (await b.PullAsync(30)).Ok().ServerNode;
        (await b.RegisterAsync(new() { ["last_known_lsn"] = 30, ["server_node"] = now, ["last_local_lsn"] = 25 })).Ok();
        var a2 = _site.Stranger("t", "a");
        (await a2.RegisterAsync(new() { ["last_local_lsn"] = 30 })).Ok();
        (await a2.PullAsync(0, new() { ["continuation_token"] = token, ["max_entries"] = 2 })).Refused(410, "RESYNC_REQUIRED");
        (await a2.PullAsync(0, new() { ["server_node"] = node })).Refused(410, "RESYNC_REQUIRED");
        (await a2.PullAsync(0)).Ok();
    }

    [Fact]
    public async Task A_tenant_that_the_backup_does_not_have_lets_nobody_stay_where_he_was()
    {
        await _site.DeviceAsync("t", "a");
        var backup = await BackupAsync();
        var lost = await _site.DeviceAsync("lost", "x");
        (await lost.PushAsync(Change.Inserts(1, 3, "k"))).Ok();
        await RestoreAsync(backup);
        var x = _site.Stranger("lost", "x");
        Assert.Equal("journal", (await x.PullAsync(3)).Refused(410, "RESYNC_REQUIRED"));
        var y = _site.Stranger("lost", "y");
        (await y.RegisterAsync()).Ok();
        (await y.PushAsync(Change.Inserts(1, 5, "other"))).Ok();

        // By now the head has passed its position: without the 410 it would miss those below.
        (await x.RegisterAsync(new() { ["last_known_lsn"] = 3 })).Refused(410, "RESYNC_REQUIRED");
        (await x.RegisterAsync()).Ok();
        Assert.Equal(5, (await x.PullAllAsync()).Count);
    }

    [Fact]
    public async Task A_second_restoration_of_the_same_backup_is_another_journal_again()
    {
        var a = await _site.DeviceAsync("t", "a");
        (await a.PushAsync(Change.Insert(1, "k"))).Ok();
        var original = (await a.PullAsync()).Ok().ServerNode;
        var backup = await BackupAsync();
        await RestoreAsync(backup);
        a = _site.Stranger("t", "a");
        var first = (await a.RegisterAsync(new() { ["last_local_lsn"] = 1 })).Ok().ServerNode;
        (await a.PushAsync(Change.Insert(2, "k2"))).Ok();
        await RestoreAsync(backup);
        a = _site.Stranger("t", "a");
        (await a.PullAsync(2)).Refused(410, "RESYNC_REQUIRED");
        (await a.RegisterAsync(new() { ["server_node"] = first })).Refused(410, "RESYNC_REQUIRED");
        Assert.NotEqual(first, (await a.RegisterAsync(new() { ["last_local_lsn"] = 2 })).Ok().ServerNode);
        (await _site.Stranger("t", original).RegisterAsync()).Refused(400, "INVALID_MESSAGE");
    }

    /// <summary>A context of the lost journal would excuse a conflict, were it taken for one of this.</summary>
    [Fact]
    public async Task A_context_of_the_lost_journal_excuses_nothing()
    {
        var a = await _site.DeviceAsync("t", "a");
        var b = await _site.DeviceAsync("t", "b");
        (await a.PushAsync(Change.Insert(1, "k", "one"))).Ok();
        var node = (await b.PullAsync()).Ok().ServerNode;
        await RestoreAsync(await BackupAsync());
        (a, b) = (_site.Stranger("t", "a"), _site.Stranger("t", "b"));
        (await a.RegisterAsync()).Ok();
        var now = (await b.RegisterAsync()).Ok().ServerNode;
        (await a.PushAsync(Change.Update(2, "k", "two"))).Ok();
        var stale = new JsonObject { ["vector_clock"] = new JsonObject { [node] = 900 } };
        Assert.Single((await b.PushAsync(Change.Update(1, "k", "mine", stale))).Ok().Conflicts);
        (await b.PushWithAsync(new() { ["server_node"] = node }, Change.Insert(2, "new"))).Refused(410, "RESYNC_REQUIRED");
        var pulled = (await b.PullAllAsync())[^1];
        Assert.Equal([now], pulled.Object("vector_clock").Names().Where(n => n == now || n == node));
    }

    private static async Task AllAre410Async(Device device, string? token, string node)
    {
        (await device.PullAsync(5)).Refused(410, "RESYNC_REQUIRED");
        (await device.PullAsync(0, new() { ["wait_ms"] = 60_000 })).Refused(410, "RESYNC_REQUIRED");
        (await device.PullAsync(5, new() { ["server_node"] = node })).Refused(410, "RESYNC_REQUIRED");
        (await device.PullAsync(1_000)).Refused(410, "RESYNC_REQUIRED");
        (await device.PushAsync(Change.Insert(100, "new"))).Refused(410, "RESYNC_REQUIRED");
        (await device.HeartbeatAsync(5)).Refused(410, "RESYNC_REQUIRED");
        (await device.NoStreamAsync("?since_lsn=0")).Refused(410, "RESYNC_REQUIRED");
        (await device.NoStreamAsync("?since_lsn=0", "7")).Refused(410, "RESYNC_REQUIRED");
        (await device.SendAsync(HttpMethod.Get, "conflicts?since=0")).Refused(410, "RESYNC_REQUIRED");
        var settles = Body.Push("x", [Change.Insert(100, "new")]);
        settles["client_id"] = device.Client;
        Assert.Equal("journal", (await device.PostAsync("conflicts/2000/resolve", settles)).Refused(410, "RESYNC_REQUIRED"));
        if (token is not null)
        {
            (await device.PullAsync(0, new() { ["continuation_token"] = token })).Refused(410, "RESYNC_REQUIRED");
        }
    }

    private static IEnumerable<KeyValuePair<string, string>> Sorted(Dictionary<string, string> rows) =>
        rows.OrderBy(static r => r.Key, StringComparer.Ordinal);

    private async Task<string> BackupAsync()
    {
        var to = Path.Combine(_backups, Guid.NewGuid().ToString("N"));
        var (code, lines) = await CommandRun.OfAsync(_site.DataDir, "backup", "--to", to);
        Assert.True(code == 0, string.Join('\n', lines));
        return to;
    }

    private Task RestoreAsync(string backup) => _site.RestartAsync(async () =>
    {
        var (code, lines) = await CommandRun.OfAsync(_site.DataDir, "restore", "--from", backup, "--replace");
        Assert.True(code == 0, string.Join('\n', lines));
    });

    /// <summary>
    /// A client that keeps rows and lives by docs/protocol.md 12: at a 410 it drops what it knew of the journal, pulls from 0, and pushes
    /// again what the server lacks.
    /// </summary>
    private sealed class Phone(Site site, string tenant, string name, bool namesServerNode)
    {
        private readonly Dictionary<string, long> _lsns = [];
        private Device _device = site.Stranger(tenant, name);
        private long _position;
        private long _local;
        private string? _node;

        public string Name => name;

        public Dictionary<string, string> Rows { get; } = [];

        public int Resyncs { get; private set; }

        public void GoOnAt(Site restored) => _device = restored.Stranger(tenant, name);

        public async Task StartAsync()
        {
            var answer = await _device.RegisterAsync(Named(new() { ["last_known_lsn"] = _position, ["last_local_lsn"] = _local }));
            if (answer.Status == 410)
            {
                await ResyncAsync();
                return;
            }

            _node = answer.Ok().ServerNode;
            await PullAsync();
        }

        public async Task EditAsync(string key, string value)
        {
            Rows[key] = value;
            await PushAsync(key);
        }

        public async Task PullAsync()
        {
            bool hasMore;
            do
            {
                var page = (await _device.PullAsync(_position, Named(new() { ["max_entries"] = 3 }))).Ok();
                foreach (var change in page.Changes)
                {
                    (Rows[change.KeyText()], _lsns[change.KeyText()]) = (change.DataText(), change.Long("lsn"));
                }

                (_position, hasMore) = (page.ServerLsn, page.HasMore);
            }
            while (hasMore);
        }

        private async Task ResyncAsync()
        {
            Resyncs++;
            var had = Rows.ToList();
            Rows.Clear();
            _lsns.Clear();
            (_position, _node) = (0, null);
            _node = (await _device.RegisterAsync(new() { ["last_local_lsn"] = _local })).Ok().ServerNode;
            await PullAsync();
            foreach (var (key, value) in had.Where(r => Rows.GetValueOrDefault(r.Key) != r.Value))
            {
                // What stands may be older or newer than what was had: this client cannot tell, so it keeps what it has.
                Rows[key] = value;
                await PushAsync(key);
            }
        }

        private async Task PushAsync(string key)
        {
            var with = new JsonObject { ["base_lsn"] = _lsns.GetValueOrDefault(key) };
            var pushed = (await _device.PushWithAsync(Named([]), Change.Update(++_local, key, Rows[key], with))).Ok();
            foreach (var report in pushed.Conflicts)
            {
                var theirs = report.Object("server_change");
                (Rows[key], _lsns[key]) = (theirs.DataText(), theirs.Long("lsn"));
            }

            if (pushed.Assigned.Count > 0)
            {
                _lsns[key] = pushed.Assigned[0];
            }
        }

        private JsonObject Named(JsonObject with)
        {
            if (namesServerNode && _node is not null)
            {
                with["server_node"] = _node;
            }

            return with;
        }
    }
}
