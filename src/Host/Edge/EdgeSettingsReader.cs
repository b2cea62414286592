using System.Net;
using System.Net.Sockets;

namespace HeliosSync.Host;

/// <summary>Makes <see cref="EdgeSettings"/> of options; what is wrong with them is added to the problems.</summary>
internal static class EdgeSettingsReader
{
    private const string Section = $"{HeliosSyncOptions.Section}:{nameof(HeliosSyncOptions.Edge)}";
    private const int CheckSecondsMax = 3_600;

    /// <summary>The environment variables, which beat the section.</summary>
    public static void Bind(IConfiguration configuration, EdgeOptions options)
    {
        OptionsBinding.Take(configuration, "TLS_CERT_FILE", v => options.CertificateFile = v);
        OptionsBinding.Take(configuration, "TLS_KEY_FILE", v => options.KeyFile = v);
        OptionsBinding.Take(configuration, "TLS_CERT_PASSWORD", v => options.CertificatePassword = v);
        OptionsBinding.Take(configuration, "TRUSTED_PROXIES", v => OptionsBinding.Replace(options.TrustedProxies, v));
    }

    /// <summary>The settings. A certificate has to be there and whole at the start; later it may be missing for a while.</summary>
    public static EdgeSettings Read(EdgeOptions options, ICollection<string> problems)
    {
        var seconds = options.CertificateCheckSeconds;
        if (seconds is < 1 or > CheckSecondsMax)
        {
            problems.Add($"{Section}:{nameof(options.CertificateCheckSeconds)} is {seconds}; it takes 1 to {CheckSecondsMax}.");
        }

        return new EdgeSettings(
            Files(options, problems), TimeSpan.FromSeconds(seconds), options.Http2, Networks(options.TrustedProxies, problems));
    }

    private static CertificateFiles? Files(EdgeOptions options, ICollection<string> problems)
    {
        if (string.IsNullOrEmpty(options.CertificateFile))
        {
            if (!string.IsNullOrEmpty(options.KeyFile))
            {
                problems.Add("TLS_KEY_FILE is set, and TLS_CERT_FILE is not; give both, or neither for plain HTTP.");
            }

            return null;
        }

        var key = string.IsNullOrEmpty(options.KeyFile) ? null : Path.GetFullPath(options.KeyFile);
        var files = new CertificateFiles(Path.GetFullPath(options.CertificateFile), key, options.CertificatePassword);
        if (files.Load().Problem is { } problem)
        {
            problems.Add($"TLS_CERT_FILE and TLS_KEY_FILE do not hold: {problem}.");
        }

        return files;
    }

    private static List<IPNetwork> Networks(IList<string> texts, ICollection<string> problems)
    {
        var networks = new List<IPNetwork>();
        foreach (var text in texts)
        {
            if (TryParse(text, out var network))
            {
                networks.Add(network);
            }
            else
            {
                problems.Add(
                    $"TRUSTED_PROXIES has {Quoted.Text(text)}; it takes addresses and networks such as 127.0.0.1, ::1 or 10.1.0.0/16, "
                    + "and never all addresses there are.");
            }
        }

        return networks;
    }

    /// <summary>
    /// An address, or a network with nothing behind its prefix. A network of everyone is refused: whoever connects could then choose the
    /// address that limits and logs know it by.
    /// </summary>
    private static bool TryParse(string text, out IPNetwork network)
    {
        network = default;
        if (text.Contains('/', StringComparison.Ordinal))
        {
            return IPNetwork.TryParse(text, out network) && network.PrefixLength > 0
                && network.BaseAddress.Equals(IPAddress.Parse(text[..text.IndexOf('/', StringComparison.Ordinal)]));
        }

        // Its own text again, or 1 would be taken for 0.0.0.1.
        if (!IPAddress.TryParse(text, out var address)
            || (address.AddressFamily == AddressFamily.InterNetwork && address.ToString() != text))
        {
            return false;
        }

        network = new IPNetwork(address, address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128);
        return true;
    }
}
