using System.Buffers;
using System.Runtime.InteropServices;
using HeliosSync.Host;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;

namespace HeliosSync.Integration.Hosting;

/// <summary>What connections receive in: large blocks for a few, small ones for all others, and no more kept than is said.</summary>
public sealed class ConnectionBlocksTests : IDisposable
{
    private readonly ConnectionBlocks _blocks = new();

    public void Dispose() => _blocks.Dispose();

    [Fact]
    public void The_first_are_large_further_ones_small_and_one_that_comes_back_goes_out_again()
    {
        var large = Rent(ConnectionBlocks.LargeMax);
        Assert.All(large, static b => Assert.Equal(ConnectionBlocks.LargeBytes, b.Memory.Length));
        Assert.All(Rent(3), static b => Assert.Equal(ConnectionBlocks.SmallBytes, b.Memory.Length));
        large[7].Dispose();
        Assert.Same(large[7], _blocks.Rent());
        Assert.Equal(ConnectionBlocks.SmallBytes, _blocks.Rent().Memory.Length);
    }

    [Fact]
    public void No_two_that_are_out_share_memory()
    {
        var arrays = Rent(ConnectionBlocks.LargeMax + 10).Select(ArrayOf).ToHashSet();
        Assert.Equal(ConnectionBlocks.LargeMax + 10, arrays.Count);
    }

    [Fact]
    public void Of_small_ones_that_come_back_only_some_are_kept()
    {
        Rent(ConnectionBlocks.LargeMax);
        var small = Rent(ConnectionBlocks.SmallKept + 1);
        small.ForEach(static b => b.Dispose());
        var known = small.Select(ArrayOf).ToHashSet();
        Assert.All(Rent(ConnectionBlocks.SmallKept), b => Assert.Contains(ArrayOf(b), known));
        Assert.DoesNotContain(ArrayOf(_blocks.Rent()), known);
    }

    [Fact]
    public void More_than_Kestrel_ever_asks_for_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => _blocks.Rent(_blocks.MaxBufferSize + 1));

    [Fact]
    public async Task The_server_receives_in_them()
    {
        await using var server = await TestServer.StartAsync();
        var blocks = Assert.IsType<ConnectionBlocks>(server.Services.GetRequiredService<IMemoryPoolFactory<byte>>());
        Assert.Equal(0, blocks.LargeMade);
        using var healthy = await server.Http.GetAsync("health");
        Assert.NotEqual(0, blocks.LargeMade);
    }

    private static byte[] ArrayOf(IMemoryOwner<byte> block) =>
        MemoryMarshal.TryGetArray<byte>(block.Memory, out var array) ? array.Array! : throw new InvalidOperationException("No array.");

    private List<IMemoryOwner<byte>> Rent(int count) => [.. Enumerable.Range(0, count).Select(_ => _blocks.Rent())];
}
