using Microsoft.Net.Http.Headers;

namespace HeliosSync.Host;

/// <summary>Judges <c>Content-Type</c>.</summary>
internal static class MediaTypes
{
    /// <summary>What answers are.</summary>
    public const string Json = "application/json";

    /// <summary>Whether a body is declared as JSON in UTF-8: <c>application/json</c>, its charset absent or utf-8.</summary>
    public static bool IsJson(string? contentType)
    {
        if (!MediaTypeHeaderValue.TryParse(contentType, out var type) || !type.MediaType.Equals(Json, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        return type.Parameters.Where(static p => p.Name.Equals("charset", StringComparison.OrdinalIgnoreCase))
            .All(static p => p.GetUnescapedValue().Equals("utf-8", StringComparison.OrdinalIgnoreCase));
    }
}
