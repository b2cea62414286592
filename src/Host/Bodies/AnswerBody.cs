using System.Buffers;
using System.IO.Compression;
using ZstdSharp;

namespace HeliosSync.Host;

/// <summary>
/// The body of an answer: takes what a writer of the codec writes, compresses it on the way where the client asked for that and it is
/// worth it, and keeps it until it is sent.
/// </summary>
internal sealed class AnswerBody(HttpResponse response, int status, ContentCoding coding, ZstdPools zstd)
    : IBufferWriter<byte>, IAsyncDisposable
{
    /// <summary>Bytes from which on an answer is compressed: below, the headers weigh more than what is saved.</summary>
    public const int CompressedBytesMin = 1_024;

    private const int BufferBytes = 16 * 1_024;

    /// <summary>
    /// Bytes that are handed to the connection at once. Each time costs a turn of the connection's sender; they are held here or there.
    /// </summary>
    private const int FlushBytes = 256 * 1_024;

    private readonly RentedSegments _ready = new();
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
    private int _used;
    private Stream? _encoder;
    private Action? _giveBack;

    /// <inheritdoc/>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _buffer.Length - _used);
        _used += count;
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        MakeRoom(Math.Max(sizeHint, 1));
        return _buffer.AsMemory(_used);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        MakeRoom(Math.Max(sizeHint, 1));
        return _buffer.AsSpan(_used);
    }

    /// <summary>Nothing more is written. Gives the bytes that the answer has, as they go out.</summary>
    public async ValueTask<long> EndAsync()
    {
        Spill(isLast: true);
        if (_encoder is not null)
        {
            await _encoder.DisposeAsync();
            GiveBack();
        }

        return _ready.Length;
    }

    /// <summary>Sends the answer, which has ended, as fast as the client takes it.</summary>
    public async ValueTask SendAsync(CancellationToken ct)
    {
        response.ContentLength = _ready.Length;
        response.StatusCode = status;
        response.ContentType = MediaTypes.Json;
        response.Headers.Vary = "Accept-Encoding";
        if (_encoder is not null)
        {
            response.Headers.ContentEncoding = ContentCodings.NameOf(coding);
        }

        // The head first, or the connection would collect what is written before it in arrays of its own.
        await response.StartAsync(ct);
        var unsent = 0;
        while (_ready.TryTake(out var segment, out var count))
        {
            response.BodyWriter.Write(segment.AsSpan(0, count));
            ArrayPool<byte>.Shared.Return(segment);
            unsent += count;
            if (unsent >= FlushBytes)
            {
                await response.BodyWriter.FlushAsync(ct);
                unsent = 0;
            }
        }

        await response.BodyWriter.FlushAsync(ct);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
        }

        if (_encoder is not null)
        {
            await _encoder.DisposeAsync();
        }

        await _ready.DisposeAsync();
        GiveBack();
    }

    /// <summary>The compressor, which is not to wait for a client that takes its time.</summary>
    private void GiveBack()
    {
        _giveBack?.Invoke();
        _giveBack = null;
    }

    private void MakeRoom(int bytes)
    {
        if (_buffer.Length - _used >= bytes)
        {
            return;
        }

        Spill(isLast: false);
        if (_buffer.Length < bytes)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(bytes, BufferBytes));
        }
    }

    /// <summary>
    /// Passes on what is in the buffer. Whether the answer is compressed is decided the first time, for all of it: what is not the last
    /// is the beginning of a long answer, however short it is itself.
    /// </summary>
    private void Spill(bool isLast)
    {
        if (coding != ContentCoding.Identity && _encoder is null && (!isLast || _used >= CompressedBytesMin))
        {
            _encoder = Encoder();
        }

        if (_encoder is null)
        {
            _ready.Give(_buffer, _used);
            _buffer = [];
        }
        else
        {
            _encoder.Write(_buffer.AsSpan(0, _used));
        }

        _used = 0;
    }

    private Stream Encoder()
    {
        switch (coding)
        {
            case ContentCoding.Gzip:
                return new GZipStream(_ready, CompressionLevel.Fastest, leaveOpen: true);
            case ContentCoding.Brotli:
                return new BrotliStream(_ready, CompressionLevel.Fastest, leaveOpen: true);
            default:
                var compressor = zstd.GetCompressor();
                _giveBack = () => zstd.Return(compressor);
                return new CompressionStream(_ready, compressor, BufferBytes, preserveCompressor: true, leaveOpen: true);
        }
    }
}
