using System.Buffers;
using ZstdSharp;

namespace HeliosSync.Host;

/// <summary>One zstd frame, decompressed by a context that stays its owner's.</summary>
internal sealed class ZstdBody(Stream body, Decompressor context) : SteppedBody(body)
{
    /// <inheritdoc/>
    protected override OperationStatus Decompress(ReadOnlySpan<byte> source, Span<byte> to, out int consumed, out int written) =>
        context.UnwrapStream(source, to, out consumed, out written);
}
