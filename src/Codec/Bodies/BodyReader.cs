using System.Buffers;
using System.IO.Pipelines;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>
/// Feeds a body to a parser as it arrives. What is not yet a whole unit stays in the pipe, and is looked at again only when there are
/// twice as many bytes, or no more to come: so a body in tiny pieces costs at most about twice the work of a whole one.
/// </summary>
internal static class BodyReader
{
    /// <summary>
    /// Reads to the end of the body, or to the first reason for a refusal. Null: the parser has the message. What had arrived by then is
    /// consumed: a server that finds a completed body half read fails when it takes the connection's next request.
    /// Exceptions of the pipe pass through.
    /// </summary>
    public static async ValueTask<Refusal?> ReadAsync(PipeReader body, MessageParser parser, CancellationToken cancellation)
    {
        byte[]? copy = null;
        try
        {
            var wanted = 1;
            while (true)
            {
                var result = await body.ReadAtLeastAsync(wanted, cancellation);
                var buffer = result.Buffer;
                var taken = 0;
                Refusal? refusal = null;
                try
                {
                    if (result.IsCanceled)
                    {
                        throw new OperationCanceledException("The reading of the body was cancelled.");
                    }

                    taken = parser.Parse(Contiguous(buffer, ref copy), result.IsCompleted, out refusal);
                }
                finally
                {
                    var isOver = refusal is not null || result.IsCompleted;
                    body.AdvanceTo(isOver ? buffer.End : buffer.GetPosition(taken), buffer.End);
                }

                if (refusal is not null || result.IsCompleted)
                {
                    return refusal;
                }

                wanted = checked((int)Math.Max(1, 2 * (buffer.Length - taken)));
            }
        }
        finally
        {
            if (copy is not null)
            {
                ArrayPool<byte>.Shared.Return(copy);
            }
        }
    }

    private static ReadOnlySpan<byte> Contiguous(ReadOnlySequence<byte> buffer, ref byte[]? copy)
    {
        if (buffer.IsSingleSegment)
        {
            return buffer.FirstSpan;
        }

        var length = checked((int)buffer.Length);
        if (copy is null || copy.Length < length)
        {
            if (copy is not null)
            {
                ArrayPool<byte>.Shared.Return(copy);
            }

            copy = null;
            copy = ArrayPool<byte>.Shared.Rent(length);
        }

        buffer.CopyTo(copy);
        return copy.AsSpan(0, length);
    }
}
