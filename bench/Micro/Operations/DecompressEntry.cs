using BenchmarkDotNet.Attributes;
using ZstdSharp;

namespace HeliosSync.Micro;

/// <summary>One entry of 200 bytes out of its zstd frame: by the library alone, and by ours, which bounds it first.</summary>
public class DecompressEntry : OperationSet
{
    private readonly byte[] _data = Row.Make(1, isText: true)[0].Data;
    private readonly byte[] _room = new byte[Row.DataBytes];
    private readonly Decompressor _library = new();
    private byte[] _frame = [];

    public override long Expected => Row.DataBytes;

    public override void SetUp()
    {
        using var zstd = new Compressor();
        _frame = zstd.Wrap(_data).ToArray();
    }

    [Benchmark(Baseline = true)]
    public long Library() => _library.Unwrap(_frame, _room);

    [Benchmark]
    public long Ours() => PushReading.Zstd.TryUnwrap(_frame, _room, out var written) ? written : 0;
}
