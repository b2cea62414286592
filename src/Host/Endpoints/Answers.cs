using HeliosSync.Domain;

namespace HeliosSync.Host;

/// <summary>Opens the bodies of answers, and sends them within the bound on what may wait for clients to take it.</summary>
internal sealed class Answers(ZstdPools zstd, AnswerBudget budget)
{
    /// <summary>Bytes up to which an answer goes into its connection's own buffer at once, and waits for nobody.</summary>
    public const long UncountedBytesMax = 64 * 1_024;

    /// <summary>A body in the coding that the client likes best.</summary>
    public AnswerBody Open(Exchange exchange, int status) =>
        new(exchange.Http.Response, status, ContentCodings.Negotiate(exchange.Http.Request.Headers.AcceptEncoding), zstd);

    /// <summary>
    /// Sends an answer that is written. The request is no longer in hand then: a client that reads slowly keeps the bytes of its answer
    /// and nothing else. Where there is no room for those, nothing is sent and the answer is a refusal.
    /// </summary>
    public async ValueTask<Refusal?> SendAsync(Exchange exchange, AnswerBody body)
    {
        var bytes = await body.EndAsync();
        using var share = budget.Bytes.Open(exchange.Caller?.Tenant ?? default);
        // An answer beyond all bounds goes out when no other does, or its client would come again for ever.
        if (bytes > UncountedBytesMax && !share.TryCover(Math.Min(bytes, budget.Bytes.RequestBytesCeiling)))
        {
            return BodyRefusals.Overloaded;
        }

        exchange.Leave();
        await body.SendAsync(exchange.Http.RequestAborted);
        return null;
    }
}

/// <summary>The bytes of answers that wait for their clients. Apart from those of requests, so that slow readers stop no push.</summary>
/// <param name="Bytes">The budget.</param>
internal sealed record AnswerBudget(ByteBudget Bytes);
