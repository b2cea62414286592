using HeliosSync.Host;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace HeliosSync.Integration.Host;

/// <summary>When memory is given back: once, after a busy time has ended, and never under a load.</summary>
public sealed class IdleWatchTests
{
    private const long Busy = IdleWatch.BusyBytesMin;
    private const long Still = IdleWatch.StillBytesMax;

    [Fact]
    public async Task The_program_watches()
    {
        await using var server = await TestServer.StartAsync();
        Assert.Single(server.Services.GetServices<IHostedService>().OfType<IdleMemory>());
    }

    /// <summary>Bytes allocated between looks; after which of them it is time.</summary>
    [Theory]
    [InlineData(new[] { Busy, Still, Still, 0L, 0L }, new[] { 2 })]
    [InlineData(new[] { Still, Still, Still, Still }, new int[0])]
    [InlineData(new[] { Still + 1, Still + 1, 0L, 0L, 0L }, new int[0])]
    [InlineData(new[] { Busy - 1, 0L, 0L, 0L }, new int[0])]
    [InlineData(new[] { Busy, Still, Still + 1, Still, Busy, Busy }, new int[0])]
    [InlineData(new[] { Busy, Still, Still + 1, Still, Still }, new[] { 4 })]
    [InlineData(new[] { Busy, 0L, 0L, Busy, 0L, 0L, 0L }, new[] { 2, 5 })]
    public void It_is_time_once_when_a_busy_time_has_ended(long[] allocated, int[] times)
    {
        var (watch, total, found) = (new IdleWatch(1_000), 1_000L, new List<int>());
        for (var i = 0; i < allocated.Length; i++)
        {
            total += allocated[i];
            if (watch.Look(total))
            {
                found.Add(i);
            }
        }

        Assert.Equal(times, found);
    }
}
