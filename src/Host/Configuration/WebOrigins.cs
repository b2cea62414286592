namespace HeliosSync.Host;

/// <summary>The web pages whose scripts may read answers (CORS), as they are configured.</summary>
internal static class WebOrigins
{
    /// <summary>Every page.</summary>
    public const string All = "*";

    /// <summary>Checks them; an origin is what a browser sends as one: scheme, host and, where it is not the scheme's own, port.</summary>
    public static IReadOnlyList<string> Read(IList<string> origins, ICollection<string> problems)
    {
        foreach (var origin in origins.Where(static o => o != All && !IsOrigin(o)))
        {
            problems.Add($"CORS_ORIGINS has {Quoted.Text(origin)}; it takes * or origins such as https://app.example.com.");
        }

        return [.. origins];
    }

    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri)
        && uri.Scheme is "http" or "https"
        && string.Equals(uri.GetLeftPart(UriPartial.Authority), text, StringComparison.OrdinalIgnoreCase)
        && uri.UserInfo.Length == 0;
}
