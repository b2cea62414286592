using System.Buffers;
using BenchmarkDotNet.Attributes;

namespace HeliosSync.Micro;

/// <summary>A push of 100 changes, keys and data as arrays of integers: read and verified.</summary>
public class ReadPushIntegers : OperationSet
{
    private readonly Row[] _rows = Row.Make(100);
    private byte[] _body = [];
    private BodyPipe _whole = new(default);
    private BodyPipe _segments = new(default);

    public override long Expected => PushReading.FoldOf(_rows);

    public override void SetUp()
    {
        _body = Bodies.Push(_rows, base64: false);
        _whole = new BodyPipe(new ReadOnlySequence<byte>(_body));
        _segments = new BodyPipe(Bodies.InSegments(_body));
    }

    [Benchmark(Baseline = true)]
    public long SystemTextJson() => HandWritten.ReadIntegers(_body);

    [Benchmark]
    public long Ours() => PushReading.Fold(_whole);

    [Benchmark]
    public long OursInSegments() => PushReading.Fold(_segments);
}
