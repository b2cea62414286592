using HeliosSync.Actors;
using HeliosSync.Host;
using HeliosSync.Integration.Protocol.Rig;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace HeliosSync.Integration.Storage;

/// <summary>What clients and health checks see over real HTTP when the storage fails.</summary>
public sealed class StorageOverHttpTests
{
    private readonly StorageFaults _faults = new();

    [Fact(Timeout = 60_000)]
    public async Task A_push_that_failed_after_the_commit_is_503_and_its_repeat_finds_it_stored()
    {
        await using var server = await StartAsync();
        var device = await RegisteredAsync(server, "a");
        var other = await RegisteredAsync(server, "b");
        _faults.Plan = static (call, id, _) =>
            call == StorageCall.Write && id == "tenant:a" ? StorageFault.FailAfter : StorageFault.None;
        var push = Body.Push("c", Change.Insert(1, "k"));
        var refused = await device.PostAsync("push", push);
        refused.Refused(503, "STORAGE_UNAVAILABLE");
        Assert.Contains("repeat it with the same message_id", refused.Json.Text("error"), StringComparison.Ordinal);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5));
        (await other.PostAsync("push", Body.Push("c", Change.Insert(1, "k")))).Ok();

        _faults.Plan = static (_, _, _) => StorageFault.None;
        var stored = await UntilAsync(() => device.PostAsync("push", push), static a => a.Status == 200);
        Assert.Equal([1L], stored.Assigned);
        var pulled = (await device.PostAsync("pull", Body.Pull("c", 0))).Ok();
        Assert.Single(pulled.Json.Objects("changes"));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_journal_that_takes_no_events_is_not_ready_but_live_and_ready_again_when_it_does()
    {
        await using var server = await StartAsync();
        var device = await RegisteredAsync(server, "a");
        Sql(server, "CREATE TRIGGER full BEFORE INSERT ON journal BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END");
        (await device.PostAsync("push", Body.Push("c", Change.Insert(1, "k")))).Refused(503, "STORAGE_UNAVAILABLE");
        var notReady = await GetAsync(server, "health/ready");
        notReady.Refused(503, "STORAGE_UNAVAILABLE");
        Assert.Equal(200, (await GetAsync(server, "health/live")).Status);
        Assert.Equal(200, (await GetAsync(server, "health")).Status);

        Sql(server, "DROP TRIGGER full");
        await UntilAsync(() => GetAsync(server, "health/ready"), static a => a.Status == 200);
        (await UntilAsync(() => device.PostAsync("push", Body.Push("c", Change.Insert(1, "k"))), static a => a.Status == 200)).Ok();
    }

    /// <summary>A disk that takes no write and does not say so either: whoever asks is told within seconds.</summary>
    [Fact(Timeout = 60_000)]
    public async Task A_journal_that_hangs_is_not_ready_and_the_health_check_does_not_hang_with_it()
    {
        await using var server = await StartAsync();
        await UntilAsync(() => GetAsync(server, "health/ready"), static a => a.Status == 200);
        using (HoldWrites(server))
        {
            var began = TimeProvider.System.GetTimestamp();
            await UntilAsync(() => GetAsync(server, "health/ready"), static a => a.Status == 503);
            Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(20));
        }

        await UntilAsync(() => GetAsync(server, "health/ready"), static a => a.Status == 200);
    }

    private Task<TestServer> StartAsync() => TestServer.StartAsync(services: services => services.Replace(
        ServiceDescriptor.Singleton<StartSyncServer>((options, time, logs) => SyncServer.Start(
            options with { FailedPauseMax = TimeSpan.FromMilliseconds(200) },
            time,
            logs,
            _faults.Plugins(TimeSpan.FromSeconds(60))))));

    private static async Task<Device> RegisteredAsync(TestServer server, string tenant)
    {
        var http = new HttpClient(new SocketsHttpHandler { UseCookies = false, UseProxy = false }) { BaseAddress = server.Address };
        var device = new Device(http, "c", server.Token("c", tenant));
        (await device.RegisterAsync()).Ok();
        return device;
    }

    private static async Task<Answer> GetAsync(TestServer server, string path)
    {
        using var response = await server.Http.GetAsync(path);
        return await Answer.OfAsync(response);
    }

    private static async Task<Answer> UntilAsync(Func<Task<Answer>> ask, Predicate<Answer> wanted)
    {
        while (true)
        {
            var answer = await ask();
            if (wanted(answer))
            {
                return answer;
            }

            await Task.Delay(20);
        }
    }

    /// <summary>Takes the journal's write lock, so that whatever is written waits until it is given back.</summary>
    private static SqliteConnection HoldWrites(TestServer server)
    {
        var connection = new SqliteConnection($"Data Source={Path.Combine(server.DataDir, "heliossync.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "BEGIN IMMEDIATE";
        command.ExecuteNonQuery();
        return connection;
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
