using BenchmarkDotNet.Attributes;

namespace HeliosSync.Micro;

/// <summary>A pull's answer of 1,000 changes from the events on, keys and data as base64.</summary>
public class WritePageBase64 : OperationSet
{
    private PageWriting _page = null!;

    public override long Expected => _page.Length;

    public override void SetUp() => _page = new PageWriting(base64: true);

    [Benchmark(Baseline = true)]
    public long Utf8JsonWriter() => _page.ByUtf8JsonWriter();

    [Benchmark]
    public long Ours() => _page.Ours();
}
