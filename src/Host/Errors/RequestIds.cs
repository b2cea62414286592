using System.Buffers;

namespace HeliosSync.Host;

/// <summary>The id that an answer and the log name a request by (protocol 3).</summary>
internal static class RequestIds
{
    /// <summary>The header, in requests and answers.</summary>
    public const string Header = "X-Request-ID";

    private const int CharsMax = 128;

    private static readonly SearchValues<char> Alphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-");

    /// <summary>The request's own id where it sent exactly one sane one, else a new one.</summary>
    public static string Of(IHeaderDictionary headers)
    {
        var sent = headers[Header];
        return sent is [{ Length: > 0 and <= CharsMax } id] && !id.AsSpan().ContainsAnyExcept(Alphabet) ? id : Guid.NewGuid().ToString("D");
    }
}
