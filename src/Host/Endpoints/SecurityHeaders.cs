namespace HeliosSync.Host;

/// <summary>
/// What every answer tells browsers, for the day on which somebody opens one there: not to keep it, not to guess what it is, not to run or
/// frame it; and, where it came over TLS, never to come without.
/// </summary>
internal static class SecurityHeaders
{
    private const string NothingRuns = "default-src 'none'; frame-ancestors 'none'";
    private const string TlsForAYear = "max-age=31536000";

    /// <summary>Puts them into an answer that has not begun.</summary>
    public static void Put(HttpContext http)
    {
        var headers = http.Response.Headers;
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        headers.ContentSecurityPolicy = NothingRuns;
        if (http.Request.IsHttps)
        {
            headers.StrictTransportSecurity = TlsForAYear;
        }
    }
}
