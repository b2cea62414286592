using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using HeliosSync.Load.Server;

namespace HeliosSync.Fuzz.Http;

/// <summary>Tokens, good and forged (protocol 2).</summary>
internal sealed class Tokens
{
    private readonly ServerTokens _good = new();

    /// <summary>What the server signs with.</summary>
    public string Secret => _good.Secret;

    public string Good(string tenant, string client) => _good.Mint(tenant, client);

    /// <summary>An <c>Authorization</c> that must not be let in.</summary>
    public string Bad(string tenant, string client, Random chance)
    {
        var good = Good(tenant, client);
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        const string Header = """{"alg":"HS256","typ":"JWT"}""";
        return chance.Next(20) switch
        {
            0 => "",
            1 => "Basic dXNlcjpwYXNz",
            2 => "Bearer",
            3 => "Bearer x.y.z",
            4 => $"Bearer {good} {good}",
            5 => $"Bearer {Flipped(good, chance)}",
            6 => $"Bearer {good[..(good.LastIndexOf('.') + 1)]}",
            7 => $"Bearer {good}{new string('A', 9_000)}",
            8 => Sign("""{"alg":"none","typ":"JWT"}""", Claims(tenant, client, now + 3_600)),
            9 => Sign("""{"alg":"HS512","typ":"JWT"}""", Claims(tenant, client, now + 3_600)),
            10 => Sign("""{"alg":"HS256","kid":"../../etc/passwd"}""", Claims(tenant, client, now + 3_600)),
            11 => Sign("""{"alg":"HS256","crit":["exp"]}""", Claims(tenant, client, now + 3_600)),
            12 => Sign(Header, Claims(tenant, client, now - 31)),
            13 => Sign(Header, Claims(tenant, client, now + 3_600).Replace("\"exp\"", "\"exq\"", StringComparison.Ordinal)),
            14 => Sign(Header, Claims("../x", client, now + 3_600)),
            15 => Sign(Header, Claims("", client, now + 3_600)),
            16 => Sign(Header, Claims(tenant, "a\\u001b[31m", now + 3_600)),
            17 => Sign(Header, Claims(tenant, client, now + 3_600, "\"sync:read\",\"sync:write\",\"refresh\"")),
            18 => Sign(Header, Claims(tenant, client, now + 3_600).Replace("{", "{\"tenant_id\":\"other\",", StringComparison.Ordinal)),
            _ => Sign(Header, Claims(tenant, client, now + 3_600), "another secret, of more than 32 bytes"),
        };
    }

    /// <summary>A good token without the right to write, or to read.</summary>
    public string Narrow(string tenant, string client, string scope) =>
        Sign("""{"alg":"HS256"}""", Claims(tenant, client, DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 3_600, $"\"{scope}\""));

    private static string Claims(string tenant, string client, long exp, string scopes = "\"sync:read\",\"sync:write\"") =>
        $$"""
        {"iss":"heliosdb-sync","aud":"heliosdb-client","sub":"f","tenant_id":"{{tenant}}","client_id":"{{client}}",
        "exp":{{exp}},"scopes":[{{scopes}}]}
        """;

    /// <summary>One character of the token is another; of its last one only the upper bits count, so that one stays.</summary>
    private static string Flipped(string token, Random chance)
    {
        var at = chance.Next(token.Length - 1);
        var other = token[at] == 'A' ? 'B' : 'A';
        return token[..at] + other + token[(at + 1)..];
    }

    private string Sign(string header, string payload, string? secret = null)
    {
        var signed = $"{Part(header)}.{Part(payload)}";
        var signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret ?? Secret), Encoding.ASCII.GetBytes(signed));
        return $"Bearer {signed}.{Base64Url.EncodeToString(signature)}";
    }

    private static string Part(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
}
