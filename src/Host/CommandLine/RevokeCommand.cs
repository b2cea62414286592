using System.CommandLine;
using HeliosSync.Actors;
using HeliosSync.Actors.Tokens;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Host;

/// <summary>
/// <c>heliossync revoke</c>: revokes tokens in the data folder, whether the server runs or not; one that runs hears of it within two
/// seconds.
/// </summary>
internal sealed class RevokeCommand(TextWriter output, Func<WebApplicationBuilder> builder)
{
    /// <summary>The command.</summary>
    public static Command Make(TextWriter output, Func<WebApplicationBuilder> builder)
    {
        var tenant = new Option<string>("--tenant") { Description = "The tenant's id.", Required = true };
        var jti = new Option<string?>("--jti") { Description = "One token, by its jti." };
        var client = new Option<string?>("--client") { Description = "All tokens of that client that were issued up to now." };
        var all = new Option<bool>("--all") { Description = "All tokens of the tenant that were issued up to now." };
        var json = new Option<bool>("--json") { Description = "Say it in one line of JSON." };
        var revoke = new Command(
            "revoke",
            "Revoke tokens: one by --jti, those of a client, or all of a tenant. A server that runs on DATA_DIR heeds it within 2 s. "
            + "For example: heliossync revoke --tenant demo --client phone-1")
        {
            tenant,
            jti,
            client,
            all,
            json,
        };
        revoke.SetAction((parsed, _) => new RevokeCommand(output, builder).RunAsync(
            parsed.GetRequiredValue(tenant),
            parsed.GetValue(jti),
            parsed.GetValue(client),
            parsed.GetValue(all),
            parsed.GetValue(json)));
        return revoke;
    }

    private async Task<int> RunAsync(string tenant, string? id, string? client, bool all, bool json)
    {
        var problems = new List<string>();
        var options = OptionsBinding.Bind(builder().Configuration, problems);
        var settings = TokenSettings.Read(options.Tokens, problems);
        var (of, asked) = Check(tenant, id, client, all, problems);
        if (problems.Count > 0)
        {
            throw new SettingsException(problems);
        }

        var dataDir = Path.GetFullPath(options.DataDir);
        if (!Directory.Exists(dataDir))
        {
            // A folder that is mistyped would be a revocation that nobody heeds.
            throw new StartupException($"There is no data folder '{dataDir}'.");
        }

        long? upTo;
        using (var store = TokenStore.Open(dataDir, settings.Store, TimeProvider.System))
        {
            upTo = await store.RevokeAsync(RevokeEndpoint.Of(of, asked)) ?? throw new StartupException(
                $"The tenant has {settings.TenantRevocationsMax} revocations in force already: revoke a client's tokens, or all.");
        }

        upTo = asked.Id is null ? upTo : null;
        await RevokeEndpoint.NextSecondAsync(upTo, TimeProvider.System);
        await output.WriteLineAsync(json
            ? CommandJson.Write(j => TokenWriter.WriteRevoked(j, of, asked, upTo))
            : Say(of, asked, upTo));
        return 0;
    }

    private static string Say(TenantId tenant, RevokeRequest asked, long? upTo)
    {
        var time = DateTimeOffset.FromUnixTimeSeconds(upTo ?? 0);
        return asked.Id is not null ? $"{tenant}: one token is revoked"
            : asked.Client is { } client ? $"{tenant}: all tokens of {client} issued up to {time:yyyy-MM-ddTHH:mm:ssZ} are revoked"
            : $"{tenant}: all tokens issued up to {time:yyyy-MM-ddTHH:mm:ssZ} are revoked";
    }

    private static (TenantId Tenant, RevokeRequest Asked) Check(
        string tenant, string? id, string? client, bool all, List<string> problems)
    {
        if (!TenantId.TryParse(tenant, out var of))
        {
            problems.Add($"--tenant is {Quoted.Text(tenant)}, which is no tenant's id.");
        }

        ClientId? whose = null;
        if (client is not null)
        {
            whose = ClientId.TryParse(client, out var parsed) ? parsed : null;
            if (whose is null)
            {
                problems.Add($"--client is {Quoted.Text(client)}, which is no client's id.");
            }
        }

        if (id is { Length: 0 or > RevokeRequest.IdBytesMax })
        {
            problems.Add($"--jti takes 1 to {RevokeRequest.IdBytesMax} characters.");
        }

        if ((id is null ? 0 : 1) + (client is null ? 0 : 1) + (all ? 1 : 0) != 1)
        {
            problems.Add("Exactly one of --jti, --client and --all says what is revoked.");
        }

        return (of, new RevokeRequest(id, whose, all));
    }
}
