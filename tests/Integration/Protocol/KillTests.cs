using HeliosSync.Domain;
using HeliosSync.Host;
using HeliosSync.Integration.Protocol.Rig;

namespace HeliosSync.Integration.Protocol;

/// <summary>
/// The real program, killed in the midst of its work: what it acknowledged is there, nothing is there twice, and whoever got no answer
/// gets it by asking again.
/// </summary>
public sealed class KillTests : IDisposable
{
    private const int Pushers = 64;
    private const int Kills = 20;
    private const int PushesMax = 1_000_000;

    private readonly string _dataDir = Directory.CreateTempSubdirectory("heliossync-").FullName;
    private readonly Random _random = new(7);
    private readonly Pusher[] _pushers;
    private readonly Dictionary<string, Ledger> _ledgers;
    private bool _registered;

    public KillTests()
    {
        _pushers = [.. Enumerable.Range(0, Pushers).Select(NewPusher)];
        _ledgers = _pushers.Select(static p => p.Tenant).Distinct().ToDictionary(static t => t, static _ => Ledger.Empty);
    }

    public void Dispose() => Directory.Delete(_dataDir, recursive: true);

    [Fact]
    public async Task Twenty_kills_in_the_midst_of_64_pushers_lose_nothing_that_was_acknowledged_and_store_nothing_twice()
    {
        for (var kill = 1; kill <= Kills; kill++)
        {
            await using var server = await StartAsync();
            using var http = Http(server);
            await BeginAsync(http);
            await PushUntilAsync(http, server.KillAsync);
        }

        await FinishAsync();

        // Or the kills would all have come at harmless moments, and prove nothing.
        Assert.True(_pushers.Sum(static p => p.FoundStored) > 0, "No kill came between a write and its answer.");
        Assert.True(_pushers.Sum(static p => p.FoundAbsent) > 0, "No kill came before a write.");
    }

    [Fact]
    public async Task A_stop_by_sigterm_under_load_ends_with_exit_code_0_and_loses_nothing()
    {
        await using (var server = await StartAsync())
        {
            using var http = Http(server);
            await BeginAsync(http);
            await PushUntilAsync(http, async () => Assert.Equal(0, await server.TerminateAsync()));
        }

        await FinishAsync();
    }

    /// <summary>Pushes with all clients at once, and ends the server after so many answers, while all others wait for theirs.</summary>
    private async Task PushUntilAsync(HttpClient http, Func<Task> end)
    {
        var left = _random.Next(20, 150);
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Answered()
        {
            if (Interlocked.Decrement(ref left) == 0)
            {
                enough.SetResult();
            }
        }

        var pushing = Task.WhenAll(_pushers.Select(p => p.RunAsync(http, _ledgers[p.Tenant], PushesMax, Answered)));
        await await Task.WhenAny(enough.Task, pushing);
        await end();
        await pushing;
    }

    /// <summary>The last start: everyone gets an answer, and the books are closed.</summary>
    private async Task FinishAsync()
    {
        await using var server = await StartAsync();
        using var http = Http(server);
        await VerifyAsync(http);
        await Task.WhenAll(_pushers.Select(p => p.RunAsync(http, _ledgers[p.Tenant], 1, static () => { })));
        Assert.All(_pushers, static p => Assert.Null(p.Pending));
        await VerifyAsync(http);
    }

    /// <summary>The first time, everyone registers; later, that and everything else must still be known.</summary>
    private async Task BeginAsync(HttpClient http)
    {
        if (_registered)
        {
            await VerifyAsync(http);
            return;
        }

        foreach (var answer in await Task.WhenAll(_pushers.Select(p => p.RegisterAsync(http))))
        {
            answer.Ok();
        }

        _registered = true;
    }

    private async Task VerifyAsync(HttpClient http)
    {
        foreach (var ofTenant in _pushers.GroupBy(static p => p.Tenant))
        {
            var first = ofTenant.First();
            var ledger = await Ledger.ReadAsync(new Device(http, first.Client, Token(first.Tenant, first.Client)));
            ledger.Continues(_ledgers[ofTenant.Key]);
            Assert.All(ofTenant, ledger.Holds);
            _ledgers[ofTenant.Key] = ledger;
        }
    }

    private Task<ServerProcess> StartAsync() => ServerProcess.StartAsync(_dataDir, TestServer.Secret);

    private static HttpClient Http(ServerProcess server) =>
        new(new SocketsHttpHandler { UseCookies = false, UseProxy = false }) { BaseAddress = server.Address };

    /// <summary>Half of them share one tenant, the others are four to a tenant.</summary>
    private Pusher NewPusher(int n)
    {
        var (tenant, client) = (n < Pushers / 2 ? "large" : $"small-{n / 4}", $"c{n}");
        return new Pusher(tenant, client, Token(tenant, client), new Random(_random.Next()));
    }

    private static string Token(string tenant, string client)
    {
        Assert.True(TenantId.TryParse(tenant, out var tenantId));
        Assert.True(ClientId.TryParse(client, out var clientId));
        return new TokenMint(TestServer.Secret, null, TimeProvider.System).Mint(
            tenantId, clientId, ["sync:read", "sync:write"], TokenMint.DefaultLifetime, client);
    }
}
