using System.Globalization;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace HeliosSync.Host;

/// <summary>How a body is compressed (protocol 6), from the least to the most wanted for answers.</summary>
internal enum ContentCoding
{
    /// <summary>Not at all.</summary>
    Identity,

    /// <summary>gzip.</summary>
    Gzip,

    /// <summary>Brotli.</summary>
    Brotli,

    /// <summary>Zstandard.</summary>
    Zstd,
}

/// <summary>Content codings as HTTP headers name them.</summary>
internal static class ContentCodings
{
    /// <summary>What a 415 tells the client to use instead (RFC 9110, 15.5.16).</summary>
    public const string Supported = "zstd, br, gzip, identity";

    /// <summary>The header's name of a coding.</summary>
    public static string NameOf(ContentCoding coding) => coding switch
    {
        ContentCoding.Gzip => "gzip",
        ContentCoding.Brotli => "br",
        ContentCoding.Zstd => "zstd",
        _ => "identity",
    };

    /// <summary>Reads <c>Content-Encoding</c>: one coding that this server knows, or none; false otherwise.</summary>
    public static bool TryParse(StringValues header, out ContentCoding coding)
    {
        coding = ContentCoding.Identity;
        return header.Count == 0 || (header is [{ } name] && TryName(name.Trim(' ', '\t'), out coding));
    }

    /// <summary>The coding for an answer, by <c>Accept-Encoding</c> with its weights; among equals zstd, then br, then gzip.</summary>
    public static ContentCoding Negotiate(StringValues acceptEncoding)
    {
        if (acceptEncoding.Count == 0)
        {
            return ContentCoding.Identity;
        }

        Span<double?> weights = [null, null, null, null];
        double? others = null;
        foreach (var part in acceptEncoding.SelectMany(static v => (v ?? "").Split(',', StringSplitOptions.TrimEntries)))
        {
            if (!TryWeight(part, out var name, out var weight))
            {
                continue;
            }

            if (name == "*")
            {
                others = weight;
            }
            else if (TryName(name, out var known))
            {
                weights[(int)known] = weight;
            }
        }

        var (best, most) = (ContentCoding.Identity, 0.0);
        for (var coding = ContentCoding.Zstd; coding > ContentCoding.Identity; coding--)
        {
            if ((weights[(int)coding] ?? others ?? 0) is var weight && weight > most)
            {
                (best, most) = (coding, weight);
            }
        }

        // Identity is acceptable by itself, but wins only where the client says that it prefers it.
        return weights[(int)ContentCoding.Identity] is { } plain && plain > most ? ContentCoding.Identity : best;
    }

    private static bool TryWeight(string part, out string name, out double weight)
    {
        (name, weight) = ("", 0);
        if (!StringWithQualityHeaderValue.TryParse(part, out var parsed))
        {
            return false;
        }

        name = parsed.Value.ToString().ToLower(CultureInfo.InvariantCulture);
        weight = parsed.Quality ?? 1;
        return true;
    }

    private static bool TryName(string name, out ContentCoding coding)
    {
        (coding, var known) = name.ToLower(CultureInfo.InvariantCulture) switch
        {
            "identity" => (ContentCoding.Identity, true),
            "gzip" => (ContentCoding.Gzip, true),
            "br" => (ContentCoding.Brotli, true),
            "zstd" => (ContentCoding.Zstd, true),
            _ => (ContentCoding.Identity, false),
        };
        return known;
    }
}
