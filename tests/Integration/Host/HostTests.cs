using Akka.Actor;
using HeliosSync.Actors;
using HeliosSync.Host;
using HeliosSync.Integration.Protocol.Rig;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace HeliosSync.Integration.Hosting;

/// <summary>The program as a whole: how it ends by itself, and that several live side by side.</summary>
public sealed class HostTests
{
    [Fact(Timeout = 60_000)]
    public async Task The_program_ends_with_exit_code_1_when_its_actor_system_ends_by_itself()
    {
        using var folder = new TemporaryFolder();
        var started = new TaskCompletionSource<SyncServer>();
        WebApplicationBuilder Builder()
        {
            var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
            builder.Configuration.Sources.Clear();
            builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["BIND_ADDR"] = "127.0.0.1:0",
                ["DATA_DIR"] = folder.Path,
                ["JWT_SECRET"] = TestServer.Secret,
                ["LOG_LEVEL"] = "off",
            });
            builder.Services.AddSingleton<StartSyncServer>((options, time, logs) =>
            {
                var server = SyncServer.Start(options, time, logs);
                started.SetResult(server);
                return server;
            });
            return builder;
        }

        using var output = new StringWriter();
        var running = new CommandLine(output, output, Builder).RunAsync(["serve"]);
        var system = ((ActorRefWithCell)(await started.Task).Tenants).Underlying.System;
        Assert.False(running.IsCompleted);
        await system.Terminate();
        Assert.Equal(1, await running);
        Assert.Empty(output.ToString());
    }

    [Fact]
    public async Task Three_whole_hosts_in_one_process_share_nothing_and_one_that_stops_does_not_stop_another()
    {
        await using var first = await TestServer.StartAsync();
        await using var second = await TestServer.StartAsync();
        await using var third = await TestServer.StartAsync();
        TestServer[] servers = [first, second, third];
        for (var i = 0; i < servers.Length; i++)
        {
            var device = Device(servers[i]);
            (await device.RegisterAsync()).Ok();
            (await device.PushAsync(Change.Insert(1, $"k{i}"))).Ok();
        }

        await first.RestartAsync();
        await second.StopAsync();
        Assert.Equal(["k0"], await KeysAsync(first));
        Assert.Equal(["k2"], await KeysAsync(third));
        await second.InitializeAsync();
        Assert.Equal(["k1"], await KeysAsync(second));
    }

    [Fact]
    public async Task Programs_that_make_the_development_secret_at_the_same_instant_end_with_one()
    {
        for (var round = 0; round < 100; round++)
        {
            using var folder = new TemporaryFolder();
            using var start = new Barrier(4);
            var secrets = new string[4];
            var made = new bool[4];
            void Make(int n)
            {
                start.SignalAndWait();
                secrets[n] = SecretFile.ReadOrMake(folder.Path, out made[n]);
            }

            await Task.WhenAll(Enumerable.Range(0, 4).Select(n => Task.Factory.StartNew(
                () => Make(n), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
            Assert.True(SecretFile.TryRead(folder.Path, out var kept));
            Assert.All(secrets, secret => Assert.Equal(kept, secret));
            Assert.Single(made, static m => m);
            Assert.Equal(["jwt-secret"], new DirectoryInfo(folder.Path).GetFiles().Select(static f => f.Name));
        }
    }

    private static Device Device(TestServer server) => new(
        new HttpClient(new SocketsHttpHandler { UseCookies = false, UseProxy = false }) { BaseAddress = server.Address },
        "c",
        server.Token("c", "a"));

    private static async Task<IEnumerable<string>> KeysAsync(TestServer server) =>
        (await Device(server).PullAllAsync()).Select(static c =>
            System.Text.Encoding.UTF8.GetString([.. c.Longs("key").Select(static b => (byte)b)]));

    private sealed class TemporaryFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("heliossync-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
