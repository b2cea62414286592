using System.Diagnostics;
using System.Net;
using HeliosSync.Domain;

namespace HeliosSync.Host;

/// <summary>What a developer's own server says at its start: all that is needed to type the first line.</summary>
internal static class Welcome
{
    private const string Client = "my-client-123";
    private const string Demo = "demo";

    /// <summary>Writes address, token and first line; not through the log, which never has a token.</summary>
    public static async Task WriteAsync(TextWriter output, Settings settings, string url, TokenMint mint)
    {
        var bound = new Uri(url);
        var address = BindAddress.UrlOf(bound.Scheme, new IPEndPoint(settings.Listen.Address, bound.Port));
        var tenant = Tenant(settings);
        var token = ClientId.TryParse(Client, out var client)
            ? mint.Mint(tenant, client, TokenCommand.DefaultScopes.Split(','), TokenMint.DefaultLifetime, Client)
            : throw new UnreachableException();
        var secret = settings.SecretWasMade
            ? "It made itself a secret to sign tokens with: jwt-secret in that folder."
            : "This is Development: for a server that others use, see the README.";
        await output.WriteLineAsync($"""

            HeliosSync {ProgramVersion.Text} listens on {address} and keeps everything in {settings.DataDir}
            {secret}

            A token for client {Client} of tenant {tenant}, good for an hour:

            TOKEN="{token}"

            Try this first:

            curl {address}{HeliosSyncEndpoints.BasePath}/health

            """);
        await output.FlushAsync();
    }

    /// <summary>The quick start's tenant; or, where that one is not served, the first that is.</summary>
    private static TenantId Tenant(Settings settings) =>
        TenantId.TryParse(Demo, out var demo) && settings.Tenants?.Contains(demo) != false
            ? demo
            : settings.Tenants!.OrderBy(static t => t.Value, StringComparer.Ordinal).First();
}
