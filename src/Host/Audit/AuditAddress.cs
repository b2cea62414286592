using System.Net;

namespace HeliosSync.Host;

/// <summary>The address that a request came from, as the framework knows it behind whatever proxies are trusted.</summary>
internal static class AuditAddress
{
    /// <summary>The address; an IPv4 address is written as one, also where it came over a socket of both kinds.</summary>
    public static IPAddress? Of(HttpContext http) =>
        http.Connection.RemoteIpAddress is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4() : http.Connection.RemoteIpAddress;
}
