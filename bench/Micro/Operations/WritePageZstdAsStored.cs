using BenchmarkDotNet.Attributes;

namespace HeliosSync.Micro;

/// <summary>A pull's answer of 1,000 changes whose data is stored compressed, for a client that takes it so.</summary>
public class WritePageZstdAsStored : OperationSet
{
    private PageWriting _page = null!;

    public override long Expected => _page.Length;

    public override void SetUp() => _page = new PageWriting(base64: false, compressed: true, acceptCompressed: true);

    [Benchmark]
    public long Ours() => _page.Ours();
}
