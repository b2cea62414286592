using BenchmarkDotNet.Attributes;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Micro;

/// <summary>Journal bytes of a push of so many changes: verified, as every reader does, and read back whole, as replay does.</summary>
public class ReadEvent : OperationSet
{
    private const long Sequence = 2;

    private readonly EventReader _reader = new(PushReading.Hash, PushReading.Zstd);
    private byte[] _bytes = [];

    [Params(1, 100)]
    public int Changes { get; set; }

    public override long Expected => Changes;

    public override void SetUp()
    {
        var journal = new Journal();
        journal.Store(Row.Make(Changes));
        _bytes = journal.Pushes[0];
        EventSeal.Bind(_bytes, Place());
    }

    [Benchmark]
    public long Verify() => EventSeal.Holds(_bytes, Place()) ? Changes : 0;

    [Benchmark]
    public long Replay() => ((Pushed)_reader.Read(EventManifests.Pushed, _bytes, Place())).AcceptedCount;

    private static uint Place() => EventSeal.PlaceOf("tenant-1", Sequence, EventManifests.Pushed);
}
