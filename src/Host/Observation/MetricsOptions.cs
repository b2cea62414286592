using System.Net;

namespace HeliosSync.Host;

/// <summary>Where the server's metrics can be read (<c>HeliosSync:Metrics</c>).</summary>
public sealed class MetricsOptions
{
    /// <summary>
    /// Address and port of their own on which <c>/metrics</c> answers, such as <c>127.0.0.1:9464</c>. Empty: nowhere. Whoever reaches it
    /// reads it: it asks for no token.
    /// </summary>
    public string Listen { get; set; } = "";
}

/// <summary><see cref="MetricsOptions"/>, found to hold.</summary>
/// <param name="Listen">Where <c>/metrics</c> answers; null: nowhere.</param>
public sealed record MetricsSettings(IPEndPoint? Listen)
{
    /// <summary>Checks the options; what is wrong is added to the problems.</summary>
    internal static MetricsSettings Read(MetricsOptions options, ICollection<string> problems)
    {
        if (options.Listen.Length == 0)
        {
            return new MetricsSettings(Listen: null);
        }

        if (!BindAddress.TryParse(options.Listen, out var endPoint))
        {
            problems.Add(
                $"HeliosSync:Metrics:Listen is {Quoted.Text(options.Listen)}; it takes an address and a port, such as 127.0.0.1:9464.");
        }

        return new MetricsSettings(endPoint);
    }
}
