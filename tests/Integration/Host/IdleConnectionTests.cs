using System.Diagnostics;
using System.Net.Sockets;
using HeliosSync.Load;

namespace HeliosSync.Integration.Hosting;

/// <summary>Ten thousand connections that say nothing, to the real program in a process of its own: each end takes a handle.</summary>
public sealed class IdleConnectionTests
{
    private const int Connections = 10_000;
    private const int Probes = 51;

    [EnoughHandlesFact(Connections + 2_000)]
    public async Task Ten_thousand_idle_connections_keep_nobody_out()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        await using var site = new Site();
        var server = await site.StartServerAsync(patience.Token);
        using var http = new HttpClient { BaseAddress = new Uri(server.Address, "/api/v1/sync/") };
        Assert.Equal("OK", (await http.GetAsync("health", patience.Token)).ReasonPhrase);
        var before = server.Usage.ResidentBytes;
        var idle = new List<Socket>();
        try
        {
            for (var i = 0; i < Connections; i++)
            {
                idle.Add(new Socket(SocketType.Stream, ProtocolType.Tcp) { LingerState = new LingerOption(true, 0) });
                await idle[^1].ConnectAsync(server.Address.Host, server.Address.Port, patience.Token);
            }

            // On a new connection each: what is asked is whether one more gets in. The middle of many, since the machine may be busy.
            var times = new List<TimeSpan>();
            for (var i = 0; i < Probes; i++)
            {
                using var fresh = new HttpClient { BaseAddress = http.BaseAddress };
                var began = Stopwatch.GetTimestamp();
                Assert.Equal("OK", (await fresh.GetAsync("health", patience.Token)).ReasonPhrase);
                times.Add(Stopwatch.GetElapsedTime(began));
            }

            Assert.True(times.Order().ElementAt(Probes / 2) < TimeSpan.FromMilliseconds(100), $"{times.Order().ElementAt(Probes / 2)}");
            Assert.Equal("OK", (await http.GetAsync("health/ready", patience.Token)).ReasonPhrase);
            const long BytesPerConnectionMax = 32 * 1_024;
            Assert.InRange(server.Usage.ResidentBytes - before, long.MinValue, Connections * BytesPerConnectionMax);
        }
        finally
        {
            idle.ForEach(static s => s.Dispose());
        }
    }
}

/// <summary>A fact that needs so many open files in one process, and says so where it may not have them.</summary>
internal sealed class EnoughHandlesFactAttribute : FactAttribute
{
    public EnoughHandlesFactAttribute(int handles)
    {
        Handles = handles;
        var line = File.ReadLines("/proc/self/limits").First(static l => l.StartsWith("Max open files", StringComparison.Ordinal));
        var limit = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[4];
        if (limit != "unlimited" && int.Parse(limit, System.Globalization.CultureInfo.InvariantCulture) < handles)
        {
            Skip = $"This machine lets a process open {limit} files, and {handles} are needed (ulimit -n).";
        }
    }

    public int Handles { get; }
}
