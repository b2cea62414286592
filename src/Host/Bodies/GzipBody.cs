using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;

namespace HeliosSync.Host;

/// <summary>
/// One gzip member (RFC 1952), read to its end. The framework's own takes a body that was cut short, or goes on, for a whole one: so
/// the checksum and the length at the end of the body are held against what came out.
/// </summary>
internal sealed class GzipBody : BodyStream
{
    private readonly Tail _tail;
    private readonly GZipStream _gzip;
    private readonly Crc32 _crc = new();
    private uint _bytes;

    /// <summary>Reads that body, which stays open.</summary>
    public GzipBody(Stream body)
    {
        _tail = new Tail(body);
        _gzip = new GZipStream(_tail, CompressionMode.Decompress, leaveOpen: true);
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await _gzip.ReadAsync(buffer, cancellationToken);
        _crc.Append(buffer.Span[..read]);
        _bytes += (uint)read;
        return read > 0 || buffer.IsEmpty || _tail.Is(_crc.GetCurrentHashAsUInt32(), _bytes)
            ? read
            : throw new InvalidDataException("The gzip member ends early, is followed by something, or is damaged.");
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _gzip.Dispose();
            _tail.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>Passes a body on and remembers its last eight bytes.</summary>
    private sealed class Tail(Stream body) : BodyStream
    {
        private readonly byte[] _last = new byte[sizeof(ulong)];
        private long _bytes;

        /// <summary>Whether the body ended with that checksum and that length.</summary>
        public bool Is(uint crc, uint bytes) =>
            _bytes >= _last.Length
            && BinaryPrimitives.ReadUInt32LittleEndian(_last) == crc
            && BinaryPrimitives.ReadUInt32LittleEndian(_last.AsSpan(sizeof(uint))) == bytes;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await body.ReadAsync(buffer, cancellationToken);
            var kept = Math.Min(read, _last.Length);
            _last.AsSpan(kept).CopyTo(_last);
            buffer.Span[(read - kept)..read].CopyTo(_last.AsSpan(_last.Length - kept));
            _bytes += read;
            return read;
        }
    }
}
