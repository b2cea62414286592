using System.Globalization;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Host;

/// <summary>Writes the error body of protocol 3, the same from every layer.</summary>
internal sealed class ErrorAnswers(RetryAfter retry, ZstdPools zstd)
{
    /// <summary>Answers with that refusal.</summary>
    public async Task WriteAsync(HttpContext http, Refusal refusal, string requestId)
    {
        var shape = ErrorCatalogue.Of(refusal.Code);
        SayWhenToReturn(http, shape);
        await using var body = new AnswerBody(http.Response, shape.Status, ContentCoding.Identity, zstd);
        ErrorWriter.Write(body, shape.Name, refusal.Message, refusal.Details, requestId);
        await body.EndAsync();
        await body.SendAsync(http.RequestAborted);
    }

    private void SayWhenToReturn(HttpContext http, ErrorShape shape)
    {
        if (shape.Retry && http.Response.Headers.RetryAfter.Count == 0)
        {
            http.Response.Headers.RetryAfter = retry.NextSeconds().ToString(CultureInfo.InvariantCulture);
        }
    }
}
