using System.Buffers;

namespace HeliosSync.Host;

/// <summary>A stream that keeps what is written to it in rented arrays, first in first out, until they are taken.</summary>
internal sealed class RentedSegments : Stream
{
    private const int SegmentBytes = 32 * 1_024;

    private readonly Queue<(byte[] Array, int Count)> _full = new();
    private byte[]? _last;
    private int _lastCount;
    private long _bytes;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    /// <summary>Bytes that were written and not yet taken.</summary>
    public override long Length => _bytes;

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _bytes += buffer.Length;
        while (!buffer.IsEmpty)
        {
            _last ??= ArrayPool<byte>.Shared.Rent(SegmentBytes);
            var count = Math.Min(buffer.Length, _last.Length - _lastCount);
            buffer[..count].CopyTo(_last.AsSpan(_lastCount));
            _lastCount += count;
            buffer = buffer[count..];
            if (_lastCount == _last.Length)
            {
                CloseLast();
            }
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <summary>Takes over a rented array, of which so much is written: it is not copied.</summary>
    public void Give(byte[] segment, int count)
    {
        CloseLast();
        _full.Enqueue((segment, count));
        _bytes += count;
    }

    /// <summary>The oldest array, which belongs to the taker from now on; false where there is none.</summary>
    public bool TryTake(out byte[] segment, out int count)
    {
        if (_full.Count == 0)
        {
            CloseLast();
        }

        var taken = _full.TryDequeue(out var first);
        (segment, count) = first;
        _bytes -= count;
        return taken;
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        while (disposing && TryTake(out var segment, out _))
        {
            ArrayPool<byte>.Shared.Return(segment);
        }

        base.Dispose(disposing);
    }

    private void CloseLast()
    {
        if (_last is not null)
        {
            _full.Enqueue((_last, _lastCount));
            (_last, _lastCount) = (null, 0);
        }
    }
}
