using System.Globalization;
using System.Text.Json;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Host;

/// <summary>How <c>heliossync token</c> prints.</summary>
/// <param name="Pair">Whether a refresh token is made too.</param>
/// <param name="Json">Whether it is one line of JSON.</param>
internal readonly record struct TokenForm(bool Pair, bool Json);

/// <summary><c>heliossync token</c>: prints a token and nothing else, so that a shell can take it into a variable.</summary>
internal sealed class TokenCommand(TextWriter output, Func<WebApplicationBuilder> builder)
{
    /// <summary>What a token allows where nobody says otherwise.</summary>
    public const string DefaultScopes = "sync:read,sync:write";

    private const int LifetimeDaysMax = 366;

    public async Task<int> RunAsync(string client, string tenant, string scopes, string lifetime, string? user, TokenForm form)
    {
        var made = builder();
        var problems = new List<string>();
        var (clientId, tenantId) = (Client(client, problems), Tenant(tenant, problems));
        var names = Scopes(scopes, problems);
        var time = Lifetime(lifetime, problems);
        var settings = TokenSettings.Read(OptionsBinding.Bind(made.Configuration, []).Tokens, problems);
        var secret = SettingsReader.FindSecret(made.Configuration, made.Environment.IsDevelopment(), problems, out var keyId);
        if (problems.Count > 0)
        {
            throw new SettingsException(problems);
        }

        var mint = new TokenMint(secret, keyId, TimeProvider.System);
        if (!form.Pair)
        {
            var token = mint.Mint(tenantId, clientId, names, time, user ?? client);
            await output.WriteLineAsync(form.Json ? CommandJson.Write(j => WriteToken(j, token, time)) : token);
            return 0;
        }

        var pair = new TokenIssuer(mint, settings, TimeProvider.System).IssuePair(tenantId, clientId, names, user ?? client, time);
        await output.WriteLineAsync(form.Json
            ? CommandJson.Write(j => TokenWriter.WritePair(
                j,
                pair.AccessToken,
                (long)pair.AccessLifetime.TotalSeconds,
                pair.RefreshToken,
                (long)pair.RefreshLifetime.TotalSeconds))
            : $"{pair.AccessToken}{Environment.NewLine}{pair.RefreshToken}");
        return 0;
    }

    private static void WriteToken(Utf8JsonWriter json, string token, TimeSpan lifetime)
    {
        json.WriteString("access_token"u8, token);
        json.WriteString("token_type"u8, "Bearer"u8);
        json.WriteNumber("expires_in"u8, (long)lifetime.TotalSeconds);
    }

    private static ClientId Client(string text, List<string> problems)
    {
        if (!ClientId.TryParse(text, out var client))
        {
            problems.Add($"--client is {Quoted.Text(text)}; it takes 1 to {Limits.ClientIdCharsMax} characters of A-Z a-z 0-9 . _ : -");
        }

        return client;
    }

    private static TenantId Tenant(string text, List<string> problems)
    {
        if (!TenantId.TryParse(text, out var tenant))
        {
            problems.Add($"--tenant is {Quoted.Text(text)}; it takes 1 to {Limits.ClientIdCharsMax} characters of A-Z a-z 0-9 . _ : -");
        }

        return tenant;
    }

    private static string[] Scopes(string text, List<string> problems)
    {
        var names = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        foreach (var name in names.Where(static n => ScopeNames.Parse(n) is Host.Scopes.None or Host.Scopes.Refresh))
        {
            problems.Add($"--scopes has {Quoted.Text(name)}; it takes sync:read, sync:write and sync:admin.");
        }

        return names;
    }

    private static TimeSpan Lifetime(string text, List<string> problems)
    {
        var unit = text.Length < 2 ? default : text[^1] switch
        {
            's' => TimeSpan.FromSeconds(1),
            'm' => TimeSpan.FromMinutes(1),
            'h' => TimeSpan.FromHours(1),
            'd' => TimeSpan.FromDays(1),
            _ => default,
        };
        var digits = text.AsSpan(0, Math.Max(0, text.Length - 1));
        var counted = int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count);
        if (counted && count > 0 && unit > TimeSpan.Zero && count <= TimeSpan.FromDays(LifetimeDaysMax) / unit)
        {
            return count * unit;
        }

        problems.Add($"--lifetime is {Quoted.Text(text)}; it takes a number and s, m, h or d, up to {LifetimeDaysMax}d.");
        return TimeSpan.Zero;
    }
}
