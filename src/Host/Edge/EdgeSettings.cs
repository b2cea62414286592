using System.Net;

namespace HeliosSync.Host;

/// <summary>How the program meets the network, found to hold.</summary>
/// <param name="Certificate">Where the certificate is; null for plain HTTP.</param>
/// <param name="CheckEvery">Between two looks whether the certificate's files have changed.</param>
/// <param name="Http2">Whether clients may choose HTTP/2 over TLS.</param>
/// <param name="TrustedProxies">Whose <c>X-Forwarded-*</c> are believed.</param>
public sealed record EdgeSettings(
    CertificateFiles? Certificate, TimeSpan CheckEvery, bool Http2, IReadOnlyList<IPNetwork> TrustedProxies);
