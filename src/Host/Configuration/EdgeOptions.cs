namespace HeliosSync.Host;

/// <summary>
/// How the program meets the network, as it is written: the section <c>HeliosSync:Edge</c>, then the environment variables named below.
/// A program that embeds the server listens in its own way, and none of this holds there.
/// </summary>
public sealed record EdgeOptions
{
    /// <summary>
    /// <c>TLS_CERT_FILE</c>: the certificate and the chain behind it (PEM), or all with the key (PFX, or PEM without
    /// <see cref="KeyFile"/>). Not given: plain HTTP.
    /// </summary>
    public string? CertificateFile { get; set; }

    /// <summary><c>TLS_KEY_FILE</c>: the certificate's key (PEM).</summary>
    public string? KeyFile { get; set; }

    /// <summary><c>TLS_CERT_PASSWORD</c>: the password of a PFX file, or of an encrypted key.</summary>
    public string? CertificatePassword { get; set; }

    /// <summary>Seconds between two looks whether the files have changed; 1 to 3,600.</summary>
    public int CertificateCheckSeconds { get; set; } = 10;

    /// <summary>
    /// Whether clients may choose HTTP/2 over TLS. Off: many large bodies at once on one connection may have Kestrel close it by
    /// FLOW_CONTROL_ERROR, why is not known yet.
    /// </summary>
    public bool Http2 { get; set; }

    /// <summary>
    /// <c>TRUSTED_PROXIES</c>, with commas between: addresses and networks whose word on a client's address, scheme and host
    /// (<c>X-Forwarded-*</c>) is believed. Empty: nobody's.
    /// </summary>
    public IList<string> TrustedProxies { get; } = [];

    /// <summary>Never with the password: a record's own text would have it.</summary>
    public override string ToString() => $"{nameof(EdgeOptions)} {CertificateFile}";
}
