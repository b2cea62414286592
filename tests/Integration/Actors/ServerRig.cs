using System.IO.Hashing;
using System.Text;
using Akka.Actor;
using HeliosSync.Actors;
using HeliosSync.Actors.Tenants;
using HeliosSync.Actors.Wiring;
using HeliosSync.Codec;
using HeliosSync.Domain;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace HeliosSync.Integration.Actors;

/// <summary>A sync server without endpoints, over a data folder of its own that outlives restarts.</summary>
internal sealed class ServerRig : IAsyncDisposable
{
    private readonly Func<SyncServerOptions, SyncServerOptions> _configure;
    private readonly StoragePlugins? _plugins;
    private readonly TimeProvider _time;
    private readonly ILoggerFactory _logs;

    /// <summary>Starts a server.</summary>
    /// <param name="configure">Options of its own.</param>
    /// <param name="plugins">Storage plugins of its own.</param>
    /// <param name="time">A clock of its own.</param>
    public ServerRig(
        Func<SyncServerOptions, SyncServerOptions>? configure = null, StoragePlugins? plugins = null, TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        _configure = configure ?? (static options => options);
        _plugins = plugins;
        _logs = LoggerFactory.Create(b => b.AddProvider(Log).SetMinimumLevel(LogLevel.Information));
        Server = Start();
    }

    /// <summary>Where its lines go.</summary>
    public ILoggerFactory Logs => _logs;

    /// <summary>Tells rows, also when the server has stopped.</summary>
    public KeyedHash Hash => Server.Hash;

    /// <summary>What compaction would have to leave, with a snapshot as new as can be.</summary>
    public async Task<NeedsReply?> NeedsAsync(string tenant)
    {
        var reply = await Server.Tenants.Ask<object>(new KeepSnapshot(Tenant(tenant)), TimeSpan.FromSeconds(60));
        return reply as NeedsReply;
    }

    /// <summary>Every line of its log, over all restarts.</summary>
    public LogLines Log { get; } = new();

    public string DataDir { get; } = Directory.CreateTempSubdirectory("heliossync-").FullName;

    public SyncServer Server { get; private set; }

    public static TenantId Tenant(string name) => TenantId.TryParse(name, out var id) ? id : throw new ArgumentException(name);

    public static ClientId Client(string name) => ClientId.TryParse(name, out var id) ? id : throw new ArgumentException(name);

    public async Task RestartAsync()
    {
        await Server.DisposeAsync();
        Server = Start();
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _logs.Dispose();
        Directory.Delete(DataDir, recursive: true);
    }

    /// <summary>A client's first registration.</summary>
    public static Register Registration(string client) =>
        new(Client(client), NodeId.Of(Client(client)), 0, null, VectorClock.Empty, null, []);

    public Task<Reply<RegisterReply>> RegisterAsync(string tenant, string client) =>
        Server.RegisterAsync(Tenant(tenant), Registration(client));

    public Task<Reply<PushReply>> PushAsync(string tenant, Push push) => Server.PushAsync(Tenant(tenant), new PushBatch(push));

    /// <summary>A push of one insert of one row per local number, without clocks.</summary>
    public Push Inserts(string client, Guid message, params (long LocalLsn, string Key, string Data)[] changes) =>
        Inserts(Server.Hash, client, message, changes);

    /// <inheritdoc cref="Inserts(string, Guid, ValueTuple{long, string, string}[])"/>
    public static Push Inserts(KeyedHash hash, string client, Guid message, params (long LocalLsn, string Key, string Data)[] changes)
    {
        var pushed = changes.Select(c => Change(hash, c.LocalLsn, c.Key, c.Data)).ToArray();
        var digest = hash.OfPush(Encoding.UTF8.GetBytes(string.Join('|', changes)));
        return new Push(message, Client(client), VectorClock.Empty, null, false, pushed, digest);
    }

    /// <summary>Repeats a push as a client does: unchanged, until it is answered. Ends, because a tenant's pause has an end.</summary>
    public async Task<Reply<PushReply>> UntilStoredAsync(string tenant, Push push)
    {
        while (true)
        {
            var reply = await PushAsync(tenant, push);
            if (reply.Refusal?.Code != ErrorCode.StorageUnavailable)
            {
                return reply;
            }

            await Task.Delay(20);
        }
    }

    /// <summary>Every change of a tenant, page by page, as a client that follows tokens would see them.</summary>
    public async Task<List<(long Lsn, string Key, string Data)>> PullAllAsync(string tenant, string client, int maxEntries = 1_000)
    {
        var all = new List<(long, string, string)>();
        string? token = null;
        do
        {
            var pull = new Pull(Guid.NewGuid(), Client(client), 0, maxEntries, token, null, null, false, false, false);
            var (refusal, reply) = await Server.PullAsync(Tenant(tenant), pull);
            Assert.Null(refusal);
            all.AddRange(Changes(reply!.Page));
            token = reply.ContinuationToken;
        }
        while (token is not null);
        return all;
    }

    /// <summary>What a page holds.</summary>
    public static IEnumerable<(long Lsn, string Key, string Data)> Changes(PageBuilder page) => page.Changes.Select(static c => Change(c));

    /// <summary>What matters of a change.</summary>
    public static (long Lsn, string Key, string Data) Change(StoredChange change) =>
        (change.Lsn, Encoding.UTF8.GetString(change.Key.Span), Encoding.UTF8.GetString(change.Data.Span));

    /// <summary>Runs SQL on one of the files, as somebody at the server's machine could.</summary>
    public long Sql(string sql, string file = "heliossync.db")
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(DataDir, file)};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar() as long? ?? 0;
    }

    /// <summary>Takes the journal's write lock, so that whatever is written waits until it is given back.</summary>
    public IDisposable HoldWrites()
    {
        var connection = new SqliteConnection($"Data Source={Path.Combine(DataDir, "heliossync.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "BEGIN IMMEDIATE";
        command.ExecuteNonQuery();
        return connection;
    }

    /// <summary>Snapshots are kept behind the answers: waits until the file has one.</summary>
    public async Task SnapshotIsKeptAsync()
    {
        while (Sql("SELECT COUNT(*) FROM snapshot", "snapshots.db") == 0)
        {
            await Task.Delay(10);
        }
    }

    private SyncServer Start() => SyncServer.Start(
        // A pull from 0 is to show what the journal has, also where that is much.
        _configure(new SyncServerOptions { DataDir = DataDir, FirstSyncChanges = long.MaxValue }), _time, _logs, _plugins);

    private static PushedChange Change(KeyedHash hash, long localLsn, string keyText, string dataText)
    {
        var (key, data) = (Encoding.UTF8.GetBytes(keyText), Encoding.UTF8.GetBytes(dataText));
        var checksum = Crc32.HashToUInt32([.. key, .. data]);
        return new PushedChange(
            localLsn, "t", Operation.Insert, key, data, false, VectorClock.Empty, 0, 0, checksum,
            hash.OfRow("t"u8, key), hash.OfContent(data));
    }
}
