using BenchmarkDotNet.Attributes;

namespace HeliosSync.Micro;

/// <summary>A pull's answer of 1,000 changes whose data is stored compressed: decompressed for the answer.</summary>
public class WritePageZstd : OperationSet
{
    private PageWriting _page = null!;

    public override long Expected => _page.Length;

    public override void SetUp() => _page = new PageWriting(base64: false, compressed: true);

    [Benchmark]
    public long Ours() => _page.Ours();
}
