using System.IO.Compression;
using ZstdSharp;

namespace HeliosSync.Integration.Protocol.Rig;

/// <summary>The content codings of protocol 6, on the client's side.</summary>
internal static class Coding
{
    public static byte[] Encode(string coding, byte[] plain) => Encode(coding, plain, 1);

    /// <summary>The bytes so many times over, never there as a whole.</summary>
    public static byte[] Encode(string coding, byte[] plain, int times)
    {
        using var to = new MemoryStream();
        using (Stream encoder = coding switch
        {
            "gzip" => new GZipStream(to, CompressionLevel.Fastest, leaveOpen: true),
            "br" => new BrotliStream(to, CompressionLevel.Fastest, leaveOpen: true),
            "zstd" => new CompressionStream(to, 3, leaveOpen: true),
            _ => throw new ArgumentException(coding),
        })
        {
            for (var i = 0; i < times; i++)
            {
                encoder.Write(plain);
            }
        }

        return to.ToArray();
    }

    public static byte[] Decode(string coding, byte[] encoded)
    {
        using var from = new MemoryStream(encoded);
        using Stream decoder = coding switch
        {
            "gzip" => new GZipStream(from, CompressionMode.Decompress),
            "br" => new BrotliStream(from, CompressionMode.Decompress),
            "zstd" => new DecompressionStream(from),
            _ => throw new ArgumentException(coding),
        };
        using var plain = new MemoryStream();
        decoder.CopyTo(plain);
        return plain.ToArray();
    }

    public static Action<HttpRequestMessage> Sent(string coding) => request =>
        request.Content!.Headers.TryAddWithoutValidation("Content-Encoding", coding);

    public static Action<HttpRequestMessage> Accepted(string codings) => request =>
        request.Headers.TryAddWithoutValidation("Accept-Encoding", codings);
}
