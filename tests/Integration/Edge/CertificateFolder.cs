using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace HeliosSync.Integration.Edge;

/// <summary>
/// A folder with a certificate for 127.0.0.1 out of a chain of three, whose root alone a client of it trusts. It can be renewed, whole or
/// spoiled.
/// </summary>
internal sealed class CertificateFolder : IDisposable
{
    public const string Password = "a pass word";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("heliossync-tls-");
    private readonly X509Certificate2 _root;
    private readonly X509Certificate2 _issuer;

    public CertificateFolder()
    {
        _root = Made("CN=test root", null, authority: true);
        _issuer = Made("CN=test issuer", _root, authority: true);
        Renew();
    }

    /// <summary>The leaf and its issuer.</summary>
    public string Chain => Path.Combine(_folder.FullName, "cert.pem");

    public string Key => Path.Combine(_folder.FullName, "key.pem");

    /// <summary>The key again, under <see cref="Password"/>.</summary>
    public string EncryptedKey => Path.Combine(_folder.FullName, "key.encrypted.pem");

    /// <summary>Leaf, issuer and key in one file, as text.</summary>
    public string All => Path.Combine(_folder.FullName, "all.pem");

    /// <summary>The same as PFX, under <see cref="Password"/>.</summary>
    public string Pfx => Path.Combine(_folder.FullName, "all.pfx");

    /// <summary>The serial number of the certificate that was made last.</summary>
    public string Serial { get; private set; } = "";

    /// <summary>Settings of a server that takes the chain and the key, looks at them every second, and speaks HTTP/2.</summary>
    public Dictionary<string, string?> Settings => new()
    {
        ["TLS_CERT_FILE"] = Chain,
        ["TLS_KEY_FILE"] = Key,
        ["HeliosSync:Edge:CertificateCheckSeconds"] = "1",
        ["HeliosSync:Edge:Http2"] = "true",
    };

    /// <summary>Writes a new certificate over the one before, with the key first, as files come that are not renewed at one blow.</summary>
    public void Renew(bool expired = false)
    {
        using var leaf = Made("CN=localhost", _issuer, authority: false, expired);
        using var key = leaf.GetECDsaPrivateKey()!;
        Serial = leaf.SerialNumber;
        var chain = $"{leaf.ExportCertificatePem()}\n{_issuer.ExportCertificatePem()}\n";
        var plain = key.ExportPkcs8PrivateKeyPem() + "\n";
        var terms = new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 10_000);
        File.WriteAllText(Key, plain);
        File.WriteAllText(EncryptedKey, key.ExportEncryptedPkcs8PrivateKeyPem(Password, terms));
        File.WriteAllText(Chain, chain);
        File.WriteAllText(All, chain + plain);
        using var issuer = X509CertificateLoader.LoadCertificate(_issuer.RawData);
        File.WriteAllBytes(Pfx, new X509Certificate2Collection { leaf, issuer }.Export(X509ContentType.Pkcs12, Password)!);
    }

    /// <summary>What a client asks of a handshake: the name, and a chain that ends at this root.</summary>
    public SslClientAuthenticationOptions Client(params SslApplicationProtocol[] protocols) => new()
    {
        TargetHost = "127.0.0.1",
        ApplicationProtocols = [.. protocols],
        CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { _root },
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        },
    };

    public void Dispose()
    {
        _folder.Delete(recursive: true);
        _root.Dispose();
        _issuer.Dispose();
    }

    private static X509Certificate2 Made(string name, X509Certificate2? issuer, bool authority, bool expired = false)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(authority, false, 0, critical: true));
        if (!authority)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName("localhost");
            names.AddIpAddress(IPAddress.Loopback);
            request.CertificateExtensions.Add(names.Build());
        }

        var now = DateTimeOffset.UtcNow;
        var (from, until) = (now.AddDays(-2), expired ? now.AddDays(-1) : now.AddDays(60));
        if (issuer is null)
        {
            return request.CreateSelfSigned(from.AddDays(-1), until.AddDays(2));
        }

        using var bare = request.Create(issuer, from, authority ? until.AddDays(1) : until, RandomNumberGenerator.GetBytes(16));
        return bare.CopyWithPrivateKey(key);
    }
}
