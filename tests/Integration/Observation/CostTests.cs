using HeliosSync.Actors.Journal;
using HeliosSync.Actors.Telemetry;
using HeliosSync.Domain;
using HeliosSync.Host;
using HeliosSync.Integration.Protocol.Rig;
using Microsoft.AspNetCore.Http;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace HeliosSync.Integration.Observation;

/// <summary>What counting costs a request in memory: nothing, whether anybody listens or not.</summary>
public sealed class CostTests
{
    private const int Warm = 2_000;
    private const int Times = 10_000;

    [Theory]
    [InlineData("")]
    [InlineData("127.0.0.1:0")]
    public async Task Counting_a_request_allocates_nothing(string listen)
    {
        await using var server = await TestServer.StartAsync(new() { ["HeliosSync:Metrics:Listen"] = listen });
        var metrics = server.Services.GetRequiredService<RequestMetrics>();
        Exchange[] exchanges =
        [
            Of("/push", null, null),
            Of("/pull", ErrorCode.Overloaded, null),
            Of("/pull", ErrorCode.Unauthorized, "The token has expired."),
        ];
        Assert.Equal(0, Allocated(() =>
        {
            foreach (var exchange in exchanges)
            {
                metrics.Answered(exchange, TimeSpan.FromMilliseconds(3));
            }

            metrics.Pulled(3, "pull");
        }));
        if (listen.Length > 0)
        {
            // It was not for nothing.
            Assert.Equal(3 * (Times + Warm), (await Scrape.OfAsync(server)).Of("heliossync_request_duration_seconds_count"));
        }

        Array.ForEach(exchanges, static e => e.Dispose());
    }

    [Theory]
    [InlineData("")]
    [InlineData("127.0.0.1:0")]
    public async Task Counting_a_durable_push_allocates_nothing(string listen)
    {
        await using var server = await TestServer.StartAsync(new() { ["HeliosSync:Metrics:Listen"] = listen });
        var metrics = new SyncMetrics(server.Services.GetRequiredService<ServerMeter>().Meter);
        using var http = new HttpClient { BaseAddress = server.Address };
        var device = new Device(http, "c", server.Token("c"));
        (await device.RegisterAsync()).Ok();
        (await device.PushAsync(Change.Inserts(1, 5, "k"))).Ok();
        var other = new Device(http, "d", server.Token("d"));
        (await other.RegisterAsync()).Ok();
        Assert.Single((await other.PushAsync(Change.Insert(1, "k-0", "else"))).Ok().Conflicts);
        var events = Stored(server.DataDir);
        Assert.Equal(4, events.Count);
        Assert.Equal(0, Allocated(() =>
        {
            foreach (var e in events)
            {
                metrics.Stored(e);
            }
        }));
    }

    private static long Allocated(Action once)
    {
        for (var i = 0; i < Warm; i++)
        {
            once();
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Times; i++)
        {
            once();
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static List<JournalEvent> Stored(string folder)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(folder, "heliossync.db")};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT manifest, message FROM journal";
        using var rows = command.ExecuteReader();
        var events = new List<JournalEvent>();
        while (rows.Read())
        {
            events.Add(new JournalEvent(rows.GetString(0), (byte[])rows[1]));
        }

        return events;
    }

    private static Exchange Of(string path, ErrorCode? code, string? reason) => new(
        new DefaultHttpContext(), new HeliosSync.Host.Endpoint(path, HttpMethods.Post, Scopes.Read, static _ => default), "id")
    {
        Code = code,
        Reason = reason,
    };
}
