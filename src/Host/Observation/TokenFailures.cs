using System.Collections.Frozen;

namespace HeliosSync.Host;

/// <summary>
/// Short names for the sentences by which a token is refused: what an alert is made of must not change with the wording. A sentence that
/// has no name here is <see cref="Other"/>, so the number of names stays fixed whatever is added.
/// </summary>
internal static class TokenFailures
{
    /// <summary>The name of all that has none of its own.</summary>
    public const string Other = "malformed";

    private static readonly FrozenDictionary<string, string> Names = new Dictionary<string, string>
    {
        ["This call needs a token."] = "missing",
        ["The token has expired."] = "expired",
        ["The token is not valid yet."] = "not_yet_valid",
        ["The token's signature does not hold."] = "signature",
        [$"The token's issuer is not {BearerSetup.Issuer}."] = "issuer",
        [$"The token's audience is not {BearerSetup.Audience}."] = "audience",
        ["The token names a key that this server does not have."] = "unknown_key",
        ["The token is signed with another algorithm than HS256."] = "algorithm",
        ["A refresh token is no access token."] = "refresh_token",
    }.ToFrozenDictionary();

    /// <summary>The name of that sentence.</summary>
    public static string NameOf(string? sentence) =>
        sentence is not null && Names.TryGetValue(sentence, out var name) ? name
        : sentence?.Contains("revoked", StringComparison.Ordinal) == true ? "revoked"
        : Other;
}
