using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;

namespace HeliosSync.Host;

/// <summary>
/// The memory in which connections receive and send. In Kestrel's own blocks of 4 KiB, a push of a hundred changes takes a dozen receives,
/// and as many turns through the thread pool. These are of 64 KiB while few are out, and of 4 KiB beyond: connections without number that
/// have each sent a little take no more than before. One pool for all of Kestrel's queues; thread-safe.
/// </summary>
internal sealed class ConnectionBlocks : MemoryPool<byte>, IMemoryPoolFactory<byte>
{
    /// <summary>Bytes of a large block.</summary>
    public const int LargeBytes = 64 * 1_024;

    /// <summary>Bytes of a small block, Kestrel's own size.</summary>
    public const int SmallBytes = 4 * 1_024;

    /// <summary>Large blocks that there are at most: 16 MiB.</summary>
    public const int LargeMax = 256;

    /// <summary>Small blocks that are kept when they come back, 16 MiB; more are left to the collector.</summary>
    public const int SmallKept = 4_096;

    private readonly ConcurrentQueue<Block> _large = new();
    private readonly ConcurrentQueue<Block> _small = new();
    private int _largeMade;

    /// <summary>Large blocks that were made so far.</summary>
    public int LargeMade => Math.Min(Volatile.Read(ref _largeMade), LargeMax);

    /// <inheritdoc/>
    public override int MaxBufferSize => SmallBytes;

    /// <inheritdoc/>
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => this;

    /// <inheritdoc/>
    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, SmallBytes);
        if (_large.TryDequeue(out var block))
        {
            return block;
        }

        if (Volatile.Read(ref _largeMade) < LargeMax && Interlocked.Increment(ref _largeMade) <= LargeMax)
        {
            return new Block(this, LargeBytes);
        }

        return _small.TryDequeue(out block) ? block : new Block(this, SmallBytes);
    }

    /// <summary>Nothing: each of Kestrel's queues disposes of it, and what is in it is the collector's.</summary>
    protected override void Dispose(bool disposing)
    {
    }

    private void Return(Block block)
    {
        if (block.Memory.Length == LargeBytes)
        {
            _large.Enqueue(block);
        }
        else if (_small.Count < SmallKept)
        {
            _small.Enqueue(block);
        }
    }

    /// <summary>Where the collector never moves it, so that a receive need not pin it.</summary>
    private sealed class Block(ConnectionBlocks pool, int bytes) : IMemoryOwner<byte>
    {
        public Memory<byte> Memory { get; } =
            MemoryMarshal.CreateFromPinnedArray(GC.AllocateUninitializedArray<byte>(bytes, pinned: true), 0, bytes);

        public void Dispose() => pool.Return(this);
    }
}
