using BenchmarkDotNet.Attributes;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Micro;

/// <summary>A judged push of so many changes as journal bytes, tied to its place.</summary>
public class EncodeEvent : OperationSet
{
    private readonly Journal _journal = new();
    private Pushed _pushed = null!;

    [Params(1, 100)]
    public int Changes { get; set; }

    public override long Expected => _journal.Pushes[0].Length;

    public override void SetUp() => _pushed = _journal.Store(Row.Make(Changes));

    [Benchmark]
    public long Ours()
    {
        var bytes = EventWriter.Write(_pushed);
        EventSeal.Bind(bytes, EventSeal.PlaceOf("tenant-1", 2, EventManifests.Pushed));
        return bytes.Length;
    }
}
