using System.Buffers;
using System.IO.Compression;

namespace HeliosSync.Host;

/// <summary>One Brotli stream.</summary>
internal sealed class BrotliBody(Stream body) : SteppedBody(body)
{
    private BrotliDecoder _decoder;

    /// <inheritdoc/>
    protected override OperationStatus Decompress(ReadOnlySpan<byte> source, Span<byte> to, out int consumed, out int written) =>
        _decoder.Decompress(source, to, out consumed, out written);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _decoder.Dispose();
        }

        base.Dispose(disposing);
    }
}
