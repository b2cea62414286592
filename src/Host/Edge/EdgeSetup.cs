using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace HeliosSync.Host;

/// <summary>Wires TLS, HTTP/2 and the trust in proxies into the program.</summary>
internal static class EdgeSetup
{
    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(10);

    /// <summary>A client of HTTP/2 that says nothing is asked after so long whether it is there, and cut off where it is not.</summary>
    private static readonly TimeSpan PingAfter = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(20);

    /// <summary>Requests at once on one connection of HTTP/2; a stream, or a pull that waits, is one for as long as it lasts.</summary>
    public const int StreamsPerConnectionMax = 100;

    /// <summary>Adds what <see cref="Listen"/> and <see cref="UseForwarded"/> need.</summary>
    public static IServiceCollection AddEdge(this IServiceCollection services, EdgeSettings edge)
    {
        services.AddSingleton(edge);
        services.AddSingleton<ServerCertificate>();
        if (edge.Certificate is not null)
        {
            services.AddHostedService(static s => s.GetRequiredService<ServerCertificate>());
        }

        // Last, so that it also holds for ASPNETCORE_FORWARDEDHEADERS_ENABLED, which would else believe everyone.
        return services.PostConfigure<ForwardedHeadersOptions>(options => Trust(options, edge));
    }

    /// <summary>
    /// HTTP/2 by TLS's own choice of protocol alone. Without TLS there is HTTP/1.1 only: no proxy of those documented speaks anything
    /// else to a server, and two protocols on one plain port are how requests get past a proxy.
    /// </summary>
    public static void Listen(ListenOptions listen, EdgeSettings edge)
    {
        listen.Protocols = HttpProtocols.Http1;
        if (edge.Certificate is not null)
        {
            var certificate = listen.ApplicationServices.GetRequiredService<ServerCertificate>();
            listen.Protocols = edge.Http2 ? HttpProtocols.Http1AndHttp2 : HttpProtocols.Http1;
            listen.UseHttps(new TlsHandshakeCallbackOptions
            {
                OnConnection = _ => ValueTask.FromResult(certificate.Current),
                HandshakeTimeout = HandshakeTimeout,
            });
        }
    }

    /// <summary>
    /// The limits of HTTP/2. A connection buffers at most as much as one of HTTP/1.1 does (<paramref name="bufferBytes"/>), however many
    /// requests it has. Against requests that are reset as soon as they are sent, Kestrel's own count stands in the project file.
    /// </summary>
    public static void Limit(Http2Limits limits, int bufferBytes, int headBytes)
    {
        limits.MaxStreamsPerConnection = StreamsPerConnectionMax;
        limits.HeaderTableSize = 4 * 1_024;
        limits.MaxFrameSize = 16 * 1_024;
        limits.MaxRequestHeaderFieldSize = headBytes;
        limits.InitialConnectionWindowSize = bufferBytes;
        limits.InitialStreamWindowSize = bufferBytes * 3 / 4;
        limits.KeepAlivePingDelay = PingAfter;
        limits.KeepAlivePingTimeout = PingTimeout;
    }

    /// <summary>Nothing at all where no proxy is trusted.</summary>
    public static void UseForwarded(this IApplicationBuilder app, EdgeSettings edge)
    {
        if (edge.TrustedProxies.Count > 0)
        {
            app.UseForwardedHeaders();
        }
    }

    private static void Trust(ForwardedHeadersOptions options, EdgeSettings edge)
    {
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        if (edge.TrustedProxies.Count == 0)
        {
            options.ForwardedHeaders = ForwardedHeaders.None;
            return;
        }

        foreach (var network in edge.TrustedProxies)
        {
            options.KnownIPNetworks.Add(network);
        }

        options.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost;
        // From the right, as long as those who speak are trusted: the first that is not is the client.
        options.ForwardLimit = null;
    }
}
