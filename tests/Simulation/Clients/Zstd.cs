using ZstdSharp;

namespace HeliosSync.Simulation;

/// <summary>A client's zstd; one for each thread, since making one costs more than a run of it.</summary>
internal sealed class Zstd : IDisposable
{
    private readonly Compressor _compressor = new(1);
    private readonly Decompressor _decompressor = new();

    public byte[] Wrap(byte[] data) => _compressor.Wrap(data).ToArray();

    public byte[] Unwrap(byte[] frame) => _decompressor.Unwrap(frame).ToArray();

    public void Dispose()
    {
        _compressor.Dispose();
        _decompressor.Dispose();
    }
}
