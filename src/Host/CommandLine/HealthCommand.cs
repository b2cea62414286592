using System.CommandLine;

namespace HeliosSync.Host;

/// <summary>
/// <c>heliossync health</c>: asks a running server how it is. For images that hold nothing but the program, and so no curl to ask with.
/// </summary>
internal sealed class HealthCommand(TextWriter output, Func<WebApplicationBuilder> builder)
{
    /// <summary>Exit code where the server does not say that it is well.</summary>
    private const int Unwell = 1;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>The command, for the command line.</summary>
    public static Command Of(TextWriter output, Func<WebApplicationBuilder> builder)
    {
        var url = new Option<string?>("--url") { Description = "Where the server is; by default where BIND_ADDR says, on this machine." };
        var live = new Option<bool>("--live") { Description = "Ask only whether the process answers, not whether it can write." };
        var health = new Command("health", "Ask a running server how it is; exit with 1 where it is not well, or does not answer.")
        {
            url,
            live,
        };
        health.SetAction((parsed, ct) =>
            new HealthCommand(output, builder).RunAsync(parsed.GetValue(url), parsed.GetValue(live), ct));
        return health;
    }

    private async Task<int> RunAsync(string? url, bool live, CancellationToken ct)
    {
        var server = (url ?? Configured()).TrimEnd('/');
        var path = $"{HeliosSyncEndpoints.BasePath}/health/{(live ? "live" : "ready")}";
        if (!Uri.TryCreate(server + path, UriKind.Absolute, out var at) || at.Scheme is not ("http" or "https"))
        {
            throw new SettingsException([$"--url is {Quoted.Text(server)}; it takes an address such as http://localhost:8080."]);
        }

        using var http = new HttpClient { Timeout = Patience };
        try
        {
            using var response = await http.GetAsync(at, ct);
            await output.WriteLineAsync(await response.Content.ReadAsStringAsync(ct));
            return response.IsSuccessStatusCode ? 0 : Unwell;
        }
        catch (HttpRequestException e)
        {
            await output.WriteLineAsync($"{at} does not answer: {e.Message}");
        }
        catch (TaskCanceledException) when (!ct.IsCancellationRequested)
        {
            await output.WriteLineAsync($"{at} does not answer within {Patience.TotalSeconds} seconds.");
        }

        return Unwell;
    }

    /// <summary>The address that the server of the same configuration listens on, as this machine reaches it.</summary>
    private string Configured()
    {
        var problems = new List<string>();
        var options = OptionsBinding.Bind(builder().Configuration, problems);
        if (problems.Count == 0 && BindAddress.TryParse(options.BindAddress, out var listen))
        {
            return BindAddress.UrlOf(options.Edge.CertificateFile is null ? "http" : "https", listen);
        }

        throw new SettingsException([.. problems, $"BIND_ADDR is {Quoted.Text(options.BindAddress)}; it takes an address and a port."]);
    }
}
