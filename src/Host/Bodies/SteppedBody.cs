using System.Buffers;

namespace HeliosSync.Host;

/// <summary>
/// One compressed stream, read to its end and not a byte further. What is cut short, or goes on, is no body: the framework's own
/// streams take both for whole ones.
/// </summary>
internal abstract class SteppedBody(Stream body) : BodyStream
{
    private const int BufferBytes = 16 * 1_024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
    private int _at;
    private int _end;
    private bool _done;

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            var written = _done ? 0 : Decode(buffer.Span);
            if (written > 0)
            {
                return written;
            }

            if (_done && _at < _end)
            {
                throw new InvalidDataException("Bytes follow the compressed stream.");
            }

            (_at, _end) = (0, await body.ReadAsync(_buffer, cancellationToken));
            if (_end == 0)
            {
                return _done ? 0 : throw new InvalidDataException("The compressed stream ends early.");
            }
        }

        return 0;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && _buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
        }

        base.Dispose(disposing);
    }

    /// <summary>
    /// Decompresses what it can: <see cref="OperationStatus.Done"/> at the end of the stream, and all of the source is consumed where
    /// more is needed.
    /// </summary>
    protected abstract OperationStatus Decompress(ReadOnlySpan<byte> source, Span<byte> to, out int consumed, out int written);

    private int Decode(Span<byte> to)
    {
        var status = Decompress(_buffer.AsSpan(_at, _end - _at), to, out var consumed, out var written);
        _at += consumed;
        _done = status == OperationStatus.Done;
        return status == OperationStatus.InvalidData ? throw new InvalidDataException("The bytes are not compressed so.") : written;
    }
}
