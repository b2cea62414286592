using System.Globalization;
using HeliosSync.Domain;

namespace HeliosSync.Host;

/// <summary><c>heliossync token</c>: prints a token and nothing else, so that a shell can take it into a variable.</summary>
internal sealed class TokenCommand(TextWriter output, Func<WebApplicationBuilder> builder)
{
    /// <summary>What a token allows where nobody says otherwise.</summary>
    public const string DefaultScopes = "sync:read,sync:write";

    private const int LifetimeDaysMax = 366;

    public async Task<int> RunAsync(string client, string tenant, string scopes, string lifetime, string? user)
    {
        var made = builder();
        var problems = new List<string>();
        var (clientId, tenantId) = (Client(client, problems), Tenant(tenant, problems));
        var names = Scopes(scopes, problems);
        var time = Lifetime(lifetime, problems);
        var secret = SettingsReader.FindSecret(made.Configuration, made.Environment.IsDevelopment(), problems, out var keyId);
        if (problems.Count > 0)
        {
            throw new SettingsException(problems);
        }

        var mint = new TokenMint(secret, keyId, TimeProvider.System);
        await output.WriteLineAsync(mint.Mint(tenantId, clientId, names, time, user ?? client));
        return 0;
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
