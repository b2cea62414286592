using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Unicode;
using HeliosSync.Domain;

namespace HeliosSync.Host;

/// <summary>
/// Reads a token's own words, more strictly than JwtBearer does (protocol 2): one meaning only, whoever reads them. A name that
/// stands twice, a number as a string, an unknown <c>kid</c>, <c>crit</c>, or another <c>typ</c> refuse it. Whether the signature
/// and the times hold is not judged here.
/// </summary>
/// <param name="keyId">The one <c>kid</c> that a token may name; null where it may name none.</param>
internal sealed class TokenReader(string? keyId)
{
    /// <summary>Characters of a token.</summary>
    public const int TokenCharsMax = 8 * 1_024;

    /// <summary>The greatest time that a token may name: the end of the year 9999, in seconds since the Unix epoch.</summary>
    private const long SecondsMax = 253_402_300_799;

    private static readonly SearchValues<char> Base64UrlChars =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    /// <summary>Who the token says calls; or, false, why it is refused: a sentence with nothing of the token in it.</summary>
    public bool TryRead(string token, [NotNullWhen(true)] out Caller? caller, [NotNullWhen(false)] out string? refusal)
    {
        caller = null;
        Span<Range> parts = stackalloc Range[4];
        var text = token.AsSpan();
        if (token.Length > TokenCharsMax)
        {
            refusal = "The token is too long.";
        }
        else if (text.Split(parts, '.') != 3 || !TryDecode(text[parts[0]], out var header) || !TryDecode(text[parts[1]], out var payload)
            || text[parts[2]].IsEmpty || text[parts[2]].ContainsAnyExcept(Base64UrlChars))
        {
            refusal = "The token is no signed JWT.";
        }
        else
        {
            var claims = new Claims();
            refusal = Walk(header, new Header(keyId).Take) ?? Walk(payload, claims.Take) ?? claims.Missing(out caller);
        }

        return refusal is null;
    }

    private delegate string? Member(string name, ref Utf8JsonReader value);

    /// <summary>Hands on each member of one JSON object; null where all is well.</summary>
    private static string? Walk(byte[] json, Member take)
    {
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 8 });
            var names = new HashSet<string>(StringComparer.Ordinal);
            if (!Utf8.IsValid(json) || !reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return "The token is no signed JWT.";
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.GetString()!;
                reader.Read();
                if (!names.Add(name))
                {
                    return "The token has a name twice.";
                }

                if (take(name, ref reader) is { } refusal)
                {
                    return refusal;
                }

                reader.Skip();
            }

            return reader.Read() ? "The token is no signed JWT." : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: an escape that is half a surrogate pair.
            return "The token is no signed JWT.";
        }
    }

    private static bool TryDecode(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = [];
        if (text.IsEmpty || text.ContainsAnyExcept(Base64UrlChars) || text.Length % 4 == 1)
        {
            return false;
        }

        var buffer = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        var good = Base64Url.DecodeFromChars(text, buffer, out _, out var written) == OperationStatus.Done;
        bytes = buffer[..written];
        return good;
    }

    private sealed class Header(string? keyId)
    {
        public string? Take(string name, ref Utf8JsonReader value) => name switch
        {
            "alg" when !Is(ref value, "HS256") => "The token is signed with another algorithm than HS256.",
            "typ" when !Is(ref value, "JWT") && !Is(ref value, "at+jwt") => "The token is of another type than JWT.",
            "kid" when keyId is null || value.TokenType != JsonTokenType.String || value.GetString() != keyId
                => "The token names a key that this server does not have.",
            "crit" => "The token has extensions that this server does not know.",
            _ => null,
        };

        private static bool Is(ref Utf8JsonReader value, string text) =>
            value.TokenType == JsonTokenType.String
            && (text == "HS256" ? value.ValueTextEquals(text) : text.Equals(value.GetString(), StringComparison.OrdinalIgnoreCase));
    }

    private sealed class Claims
    {
        private bool _expires;
        private TenantId? _tenant;
        private ClientId? _client;
        private Scopes _scopes;
        private string? _id;
        private string? _family;
        private string? _user;
        private long _issuedAt;

        public string? Take(string name, ref Utf8JsonReader value)
        {
            switch (name)
            {
                case "exp":
                    _expires = true;
                    return Time(ref value, "exp", out _);
                case "nbf":
                    return Time(ref value, "nbf", out _);
                case "iat":
                    return Time(ref value, "iat", out _issuedAt);
                case "tenant_id":
                    _tenant = Text(ref value) is { } t && TenantId.TryParse(t, out var tenant) ? tenant : null;
                    return _tenant is null ? "The token's tenant_id is no tenant's id." : null;
                case "client_id":
                    _client = Text(ref value) is { } c && ClientId.TryParse(c, out var client) ? client : null;
                    return _client is null ? "The token's client_id is no client's id." : null;
                case "sub":
                    return Take(ref value, name, out _user);
                case "jti":
                    return Take(ref value, name, out _id);
                case TokenMint.Family:
                    return Take(ref value, name, out _family);
                case "scopes":
                    return TakeScopes(ref value);
                default:
                    return null;
            }
        }

        public string? Missing(out Caller? caller)
        {
            caller = null;
            if (!_expires)
            {
                return "The token has no exp.";
            }

            if (_tenant is not { } tenant || _client is not { } client)
            {
                return _tenant is null ? "The token has no tenant_id." : "The token has no client_id.";
            }

            // Whose a token is matters only where another is made of it; what is known of others is kept small.
            caller = new Caller(tenant, client, _scopes)
            {
                Marks = new TokenMarks(_id, _family, _scopes.HasFlag(Scopes.Refresh) ? _user : null, _issuedAt),
            };
            return null;
        }

        private string? TakeScopes(ref Utf8JsonReader value)
        {
            const string Wrong = "The token's scopes are no array of strings.";
            if (value.TokenType != JsonTokenType.StartArray)
            {
                return Wrong;
            }

            while (value.Read() && value.TokenType == JsonTokenType.String)
            {
                _scopes |= ScopeNames.Parse(value.GetString()!);
            }

            return value.TokenType == JsonTokenType.EndArray ? null : Wrong;
        }

        private static string? Text(ref Utf8JsonReader value) => value.TokenType == JsonTokenType.String ? value.GetString() : null;

        private static string? Take(ref Utf8JsonReader value, string name, out string? text)
        {
            text = Text(ref value);
            return text is null ? $"The token's {name} is no string." : null;
        }

        private static string? Time(ref Utf8JsonReader value, string name, out long seconds)
        {
            seconds = 0;
            return value.TokenType == JsonTokenType.Number && value.TryGetInt64(out seconds) && seconds is >= 0 and <= SecondsMax
                ? null
                : $"The token's {name} is no number of seconds.";
        }
    }
}
