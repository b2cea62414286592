using HeliosSync.Domain;
using ZstdSharp;

namespace HeliosSync.Host;

/// <summary>A body is refused in the midst of being read.</summary>
internal sealed class BodyRefusedException(Refusal refusal) : IOException(refusal.Message)
{
    /// <summary>What to answer.</summary>
    public Refusal Refusal { get; } = refusal;
}

/// <summary>
/// Counts what comes out of a body and ends it where it cannot be decompressed (protocol 3: 400), or passes its limit or the budget
/// (413, 503). HTTP that is broken passes through as what Kestrel throws.
/// </summary>
/// <param name="inner">The body, as sent or decompressed.</param>
/// <param name="coding">How it was compressed.</param>
/// <param name="bytesMax">Bytes that may come.</param>
/// <param name="baseBytes">Bytes that the request costs beside what comes.</param>
/// <param name="share">What the request has taken of the budget.</param>
internal sealed class MeteredStream(Stream inner, ContentCoding coding, long bytesMax, long baseBytes, ByteBudget.Share share) : BodyStream
{
    private long _bytes;

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await ReadInnerAsync(buffer, cancellationToken);
        _bytes += read;
        if (_bytes > bytesMax)
        {
            throw new BodyRefusedException(BodyRefusals.TooLarge(bytesMax));
        }

        return share.TryCover(baseBytes + _bytes) ? read : throw new BodyRefusedException(BodyRefusals.Overloaded);
    }

    private async ValueTask<int> ReadInnerAsync(Memory<byte> buffer, CancellationToken ct)
    {
        try
        {
            return await inner.ReadAsync(buffer, ct);
        }
        catch (Exception e) when (coding != ContentCoding.Identity && e is InvalidDataException or ZstdException)
        {
            // Each decompressor has its own word for garbage and for an early end.
            throw new BodyRefusedException(BodyRefusals.NotDecompressed(coding));
        }
    }
}
