using System.Buffers;

namespace HeliosSync.Codec;

/// <summary>
/// Where the keys and data of one batch are decoded to: rented chunks, in which each value lies whole and never moves.
/// Values read for a change that turns out to be cut short are taken back with <see cref="Rewind"/>.
/// </summary>
internal sealed class PayloadArena : IDisposable
{
    private const int FirstChunkBytes = 16 * 1_024;
    private const int ChunkBytesMax = 512 * 1_024;

    private readonly List<byte[]> _chunks = [];
    private int _chunk = -1;
    private int _used;

    /// <summary>A place to come back to.</summary>
    public (int Chunk, int Used) Mark => (_chunk, _used);

    /// <summary>Room for this many bytes, good until the next call.</summary>
    public Span<byte> Reserve(int bytes)
    {
        while (_chunk < 0 || _chunks[_chunk].Length - _used < bytes)
        {
            _chunk++;
            _used = 0;
            if (_chunk == _chunks.Count)
            {
                var grown = Math.Min(ChunkBytesMax, FirstChunkBytes << Math.Min(_chunk, 8));
                _chunks.Add(ArrayPool<byte>.Shared.Rent(Math.Max(bytes, grown)));
            }
        }

        return _chunks[_chunk].AsSpan(_used, bytes);
    }

    /// <summary>Keeps the first bytes of the room reserved last.</summary>
    public ReadOnlyMemory<byte> Commit(int bytes)
    {
        var value = _chunks[_chunk].AsMemory(_used, bytes);
        _used += bytes;
        return value;
    }

    /// <summary>Takes back all that was kept since the mark.</summary>
    public void Rewind((int Chunk, int Used) mark) => (_chunk, _used) = mark;

    /// <summary>Gives the chunks back.</summary>
    public void Dispose()
    {
        foreach (var chunk in _chunks)
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }

        _chunks.Clear();
        _chunk = -1;
    }
}
