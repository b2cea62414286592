using System.IO.Pipelines;

namespace HeliosSync.Codec;

/// <summary>Reads bodies of one kind of message. Safe to use from many threads.</summary>
public abstract class MessageReader<T>
    where T : class
{
    private protected MessageReader()
    {
    }

    /// <summary>
    /// Reads a whole body, or up to the first reason for a refusal, of which there is the same for every cut of the body into pieces.
    /// Every limit but the body's length is kept here. Exceptions of the pipe pass through.
    /// </summary>
    public async ValueTask<Parsed<T>> ReadAsync(PipeReader body, CancellationToken cancellation)
    {
        using var parser = Begin();
        var refusal = await BodyReader.ReadAsync(body, parser, cancellation);
        return new Parsed<T>(refusal is null ? parser.Take() : null, refusal);
    }

    private protected abstract MessageParser<T> Begin();
}
