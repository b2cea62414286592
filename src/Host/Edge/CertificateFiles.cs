using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace HeliosSync.Host;

/// <summary>
/// The files of a certificate. Whoever renews them may be half-way through at any moment: what is read is judged as a whole, and anything
/// that does not fit together is a <see cref="LoadedCertificate.Problem"/>, never an exception.
/// </summary>
/// <param name="certificate">PEM with the certificate first and its chain behind, or PFX.</param>
/// <param name="key">The key as PEM; null where the certificate's file has it.</param>
/// <param name="password">Of a PFX file or an encrypted key.</param>
public sealed class CertificateFiles(string certificate, string? key, string? password)
{
    /// <summary>No chain is nearly as long; a file that grows without end is not read to it.</summary>
    private const int FileBytesMax = 1_024 * 1_024;

    /// <summary>The first byte of a PFX file, an ASN.1 sequence; a PEM file is text.</summary>
    private const byte Sequence = 0x30;

    private const string PemBegin = "-----BEGIN ";
    private const string PemEnd = "-----END ";

    /// <summary>Reads and judges the files as they are now.</summary>
    internal LoadedCertificate Load()
    {
        byte[] fingerprint = [];
        try
        {
            var chain = Read(certificate);
            var keyBytes = key is null ? null : Read(key);
            fingerprint = [.. SHA256.HashData(chain), .. SHA256.HashData(keyBytes ?? [])];
            var context = chain is [Sequence, ..] ? OfPfx(chain) : OfPem(Text(certificate, chain), keyBytes);
            return new LoadedCertificate(fingerprint, context, null);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or IOException or UnauthorizedAccessException
            or NotSupportedException or InvalidDataException)
        {
            return new LoadedCertificate(fingerprint, null, OneLine(e.Message));
        }
    }

    private SslStreamCertificateContext OfPfx(byte[] bytes)
    {
        var all = X509CertificateLoader.LoadPkcs12Collection(bytes, password);
        var leaf = all.FirstOrDefault(static c => c.HasPrivateKey)
            ?? throw new InvalidDataException($"{certificate} has no private key");
        all.Remove(leaf);
        return SslStreamCertificateContext.Create(leaf, all, offline: true);
    }

    private SslStreamCertificateContext OfPem(string chain, byte[]? keyBytes)
    {
        var keys = keyBytes is null ? chain : Text(key!, keyBytes);
        var all = new X509Certificate2Collection();
        all.ImportFromPem(chain);
        if (all.Count == 0)
        {
            throw new InvalidDataException($"{certificate} has no certificate");
        }

        // Says so too where the key is of another certificate.
#pragma warning disable CA2000 // Handshakes have it for as long as they like.
        var leaf = string.IsNullOrEmpty(password)
            ? X509Certificate2.CreateFromPem(chain, keys)
            : X509Certificate2.CreateFromEncryptedPem(chain, keys, password);
#pragma warning restore CA2000
        all.RemoveAt(0);
        return SslStreamCertificateContext.Create(leaf, all, offline: true);
    }

    /// <summary>A file that ends within a block is half-written: its whole blocks alone could pass for a shorter chain.</summary>
    private static string Text(string file, byte[] bytes)
    {
        var text = Encoding.UTF8.GetString(bytes);
        return text.Split(PemBegin).Length == text.Split(PemEnd).Length && text.TrimEnd().EndsWith("-----", StringComparison.Ordinal)
            ? text
            : throw new InvalidDataException($"{file} is no PEM file, or half-written");
    }

    private static byte[] Read(string file)
    {
        using var from = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (from.Length > FileBytesMax)
        {
            throw new InvalidDataException($"{file} has more than {FileBytesMax} bytes");
        }

        var bytes = new byte[from.Length];
        from.ReadExactly(bytes);
        return bytes;
    }

    private static string OneLine(string message) => message.ReplaceLineEndings(" ").TrimEnd('.', ' ');
}

/// <summary>What was found in the files of a certificate.</summary>
/// <param name="Fingerprint">Differs where the files do; empty where they could not be read.</param>
/// <param name="Context">Certificate, key and chain; null where they do not hold.</param>
/// <param name="Problem">Why not, without a full stop.</param>
internal sealed record LoadedCertificate(byte[] Fingerprint, SslStreamCertificateContext? Context, string? Problem);
