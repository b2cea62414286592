using System.IO.Compression;
using BenchmarkDotNet.Attributes;
using ZstdSharp;

namespace HeliosSync.Micro;

/// <summary>
/// An answer of 1,000 changes as base64, compressed whole: zstd at the server's level against gzip and br at their fastest.
/// </summary>
public class CompressAnswer : OperationSet
{
    private const int ServersLevel = 1;

    private readonly Compressor _zstd = new(ServersLevel);
    private readonly MemoryStream _to = new();
    private byte[] _answer = [];
    private byte[] _room = [];

    /// <summary>That what comes out is smaller than what went in: each has its own size.</summary>
    public override long Expected => 1;

    public override void SetUp()
    {
        _answer = new PageWriting(base64: true).Answer.ToArray();
        _room = new byte[Compressor.GetCompressBound(_answer.Length)];
        _to.Capacity = _room.Length;
    }

    [Benchmark(Baseline = true)]
    public long Gzip()
    {
        _to.SetLength(0);
        using (var gzip = new GZipStream(_to, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(_answer);
        }

        return IsSmaller(_to.Length);
    }

    [Benchmark]
    public long Brotli()
    {
        _to.SetLength(0);
        using (var brotli = new BrotliStream(_to, CompressionLevel.Fastest, leaveOpen: true))
        {
            brotli.Write(_answer);
        }

        return IsSmaller(_to.Length);
    }

    [Benchmark]
    public long Zstd() => IsSmaller(_zstd.Wrap(_answer, _room));

    private long IsSmaller(long length) => length > 0 && length < _answer.Length ? 1 : 0;
}
