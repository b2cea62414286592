using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace HeliosSync.Host;

/// <summary>Reads <c>BIND_ADDR</c>.</summary>
internal static class BindAddress
{
    /// <summary>
    /// An address and a port (0: any free one). <c>localhost</c>, and nothing or <c>*</c> for every address, are understood.
    /// Other host names are not: what they stand for may change between two starts.
    /// </summary>
    public static bool TryParse(string text, out IPEndPoint endPoint)
    {
        endPoint = new IPEndPoint(IPAddress.Any, 0);
        var colon = text.LastIndexOf(':');
        if (colon < 0 || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            return false;
        }

        var host = text[..colon];
        IPAddress? address = host switch
        {
            "" or "*" => IPAddress.Any,
            "localhost" => IPAddress.Loopback,
            ['[', .. var six, ']'] => IPAddress.TryParse(six, out var v6) && v6.AddressFamily == AddressFamily.InterNetworkV6 ? v6 : null,
            // Its own text again, or 1 would be taken for 0.0.0.1.
            _ => IPAddress.TryParse(host, out var v4) && v4.ToString() == host && !host.Contains(':', StringComparison.Ordinal) ? v4 : null,
        };
        endPoint = new IPEndPoint(address ?? IPAddress.Any, port);
        return address is not null;
    }

    /// <summary>The address as a person on this machine types it.</summary>
    public static string UrlOf(string scheme, IPEndPoint endPoint) =>
        endPoint.Address.Equals(IPAddress.Any) || endPoint.Address.Equals(IPAddress.IPv6Any)
            ? $"{scheme}://localhost:{endPoint.Port}"
            : $"{scheme}://{endPoint}";
}
