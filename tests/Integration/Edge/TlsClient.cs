using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace HeliosSync.Integration.Edge;

/// <summary>Ways to a server over TLS.</summary>
internal static class TlsClient
{
    /// <summary>Requests of that version and no other, over one connection where it is HTTP/2.</summary>
    public static HttpClient Http(Uri address, CertificateFolder certificates, Version version, IPAddress? from = null) => new(
        new OneVersion(version)
        {
            InnerHandler = new SocketsHttpHandler
            {
                UseCookies = false,
                UseProxy = false,
                EnableMultipleHttp2Connections = false,
                SslOptions = certificates.Client(),
                ConnectCallback = (context, ct) => ConnectAsync(context.DnsEndPoint, from, ct),
            },
        })
    {
        BaseAddress = address,
    };

    /// <summary>Plain requests whose connections come from that address of the loopback.</summary>
    public static HttpClient Http(Uri address, IPAddress from) => new(new SocketsHttpHandler
    {
        UseProxy = false,
        ConnectCallback = (context, ct) => ConnectAsync(context.DnsEndPoint, from, ct),
    })
    {
        BaseAddress = address,
    };

    /// <summary>Does one handshake: the serial number of the certificate that the server showed.</summary>
    public static async Task<string> SerialAsync(Uri address, CertificateFolder certificates)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(address.Host, address.Port);
        await using var tls = new SslStream(tcp.GetStream());
        await tls.AuthenticateAsClientAsync(certificates.Client(SslApplicationProtocol.Http11));
        return new X509Certificate2(tls.RemoteCertificate!).SerialNumber;
    }

    private static async ValueTask<Stream> ConnectAsync(DnsEndPoint to, IPAddress? from, CancellationToken ct)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Bind(new IPEndPoint(from ?? IPAddress.Loopback, 0));
        await socket.ConnectAsync(IPAddress.Parse(to.Host), to.Port, ct);
        return new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>A message that is made by hand has a version of its own, whatever its client's is.</summary>
    private sealed class OneVersion(Version version) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Version = version;
            request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
            var answer = await base.SendAsync(request, cancellationToken);
            Assert.Equal(version, answer.Version);
            return answer;
        }
    }
}
