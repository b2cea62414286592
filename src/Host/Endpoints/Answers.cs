namespace HeliosSync.Host;

/// <summary>Opens the bodies of answers.</summary>
internal sealed class Answers(ZstdPools zstd)
{
    /// <summary>A body in the coding that the client likes best.</summary>
    public AnswerBody Open(Exchange exchange, int status) =>
        new(exchange.Http.Response, status, ContentCodings.Negotiate(exchange.Http.Request.Headers.AcceptEncoding), zstd);
}
