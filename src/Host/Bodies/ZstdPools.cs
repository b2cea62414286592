using System.Numerics;
using HeliosSync.Domain;
using Microsoft.Extensions.ObjectPool;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace HeliosSync.Host;

/// <summary>Zstd contexts of this host, kept for the next body: each costs hundreds of kilobytes to make. Thread-safe.</summary>
internal sealed class ZstdPools : IDisposable
{
    private const int Level = 1;

    private readonly ObjectPool<Compressor> _compressors = Pool(new MakeCompressors());
    private readonly ObjectPool<Decompressor> _decompressors = Pool(new MakeDecompressors());

    /// <summary>A compressor at its start; give it back.</summary>
    public Compressor GetCompressor() => _compressors.Get();

    /// <summary>Takes a compressor back.</summary>
    public void Return(Compressor compressor) => _compressors.Return(compressor);

    /// <summary>A decompressor at its start, which refuses windows over <see cref="Limits.ZstdWindowBytesMax"/>; give it back.</summary>
    public Decompressor GetDecompressor() => _decompressors.Get();

    /// <summary>Takes a decompressor back.</summary>
    public void Return(Decompressor decompressor) => _decompressors.Return(decompressor);

    public void Dispose()
    {
        (_compressors as IDisposable)?.Dispose();
        (_decompressors as IDisposable)?.Dispose();
    }

    private static ObjectPool<T> Pool<T>(PooledObjectPolicy<T> policy)
        where T : class => new DefaultObjectPoolProvider { MaximumRetained = 2 * Environment.ProcessorCount }.Create(policy);

    private sealed class MakeCompressors : PooledObjectPolicy<Compressor>
    {
        public override Compressor Create() => new(Level);

        public override bool Return(Compressor obj)
        {
            obj.ResetStream();
            return true;
        }
    }

    private sealed class MakeDecompressors : PooledObjectPolicy<Decompressor>
    {
        public override Decompressor Create()
        {
            var made = new Decompressor();
            made.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, BitOperations.Log2((ulong)Limits.ZstdWindowBytesMax));
            return made;
        }

        public override bool Return(Decompressor obj)
        {
            obj.ResetStream();
            return true;
        }
    }
}
