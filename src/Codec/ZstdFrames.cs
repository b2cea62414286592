using System.Collections.Concurrent;
using HeliosSync.Domain;
using ZstdSharp;

namespace HeliosSync.Codec;

/// <summary>
/// Decompresses data that is one zstd frame (protocol 5.1), into a span whose length is the bound, whatever the frame's header says.
/// Safe to use from many threads; keeps a few decompressors of about 100 KB each.
/// </summary>
public sealed class ZstdFrames : IDisposable
{
    // One for each thread that can run at a time, and some for threads that were put aside in the middle.
    private static readonly int KeptMax = 2 * Environment.ProcessorCount;

    private readonly ConcurrentBag<Decompressor> _idle = [];

    /// <summary>
    /// Decompresses exactly one frame. False where the bytes are anything else, name a dictionary, ask for a window above
    /// <see cref="Limits.ZstdWindowBytesMax"/>, fail their own checksum, or grow past <paramref name="destination"/> or
    /// <see cref="Limits.DataBytesMax"/>. The destination's bytes past <paramref name="written"/>, or after a failure, mean nothing.
    /// </summary>
    public bool TryUnwrap(ReadOnlySpan<byte> frame, Span<byte> destination, out int written)
    {
        written = 0;
        if (!ZstdFrameWalk.IsOneFrame(frame))
        {
            return false;
        }

        var bound = destination[..Math.Min(destination.Length, Limits.DataBytesMax)];
        if (!_idle.TryTake(out var decompressor))
        {
            decompressor = new Decompressor();
        }

        try
        {
            return decompressor.TryUnwrap(frame, bound, out written);
        }
        catch (ZstdException)
        {
            // The library's only way to say that the bytes are no zstd; the next call begins afresh.
            written = 0;
            return false;
        }
        finally
        {
            if (_idle.Count < KeptMax)
            {
                _idle.Add(decompressor);
            }
            else
            {
                decompressor.Dispose();
            }
        }
    }

    /// <summary>Frees the decompressors kept so far.</summary>
    public void Dispose()
    {
        while (_idle.TryTake(out var decompressor))
        {
            decompressor.Dispose();
        }
    }
}
