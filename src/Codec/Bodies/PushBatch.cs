using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>
/// A push and the rented buffers behind its keys, data and changes. Whoever got the answer to the push disposes it; from then on the
/// buffers hold other people's bytes, so <see cref="Push"/> throws.
/// </summary>
public sealed class PushBatch : IDisposable
{
    private readonly Push _push;
    private readonly IDisposable? _buffers;
    private int _disposed;

    /// <summary>A batch that owns these buffers; null where nothing was rented.</summary>
    public PushBatch(Push push, IDisposable? buffers = null)
    {
        _push = push;
        _buffers = buffers;
    }

    /// <summary>The push; throws once the batch is disposed.</summary>
    public Push Push
    {
        get
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
            return _push;
        }
    }

    /// <summary>Gives the buffers back, once: a second call does nothing, since a buffer returned twice would have two owners.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _buffers?.Dispose();
        }
    }
}
