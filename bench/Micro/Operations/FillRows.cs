using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using HeliosSync.Domain;

namespace HeliosSync.Micro;

/// <summary>100,000 new rows, one after the other, into an empty table: ours against the framework's dictionary.</summary>
public class FillRows : OperationSet
{
    private const int Count = 100_000;

    private readonly RowVersion[] _versions = new RowVersion[Count];

    public override long Expected => Count;

    public override void SetUp()
    {
        for (var i = 0; i < Count; i++)
        {
            _versions[i] = new RowVersion(PushReading.Hash.OfRow("t"u8, Row.KeyOf(i)), i + 1, 0, i + 1, 0, 0, Operation.Insert, false);
        }
    }

    [Benchmark(Baseline = true)]
    public long Dictionary()
    {
        var rows = new Dictionary<Hash128, RowVersion>();
        foreach (ref readonly var version in _versions.AsSpan())
        {
            CollectionsMarshal.GetValueRefOrAddDefault(rows, version.Row, out _) = version;
        }

        return rows.Count;
    }

    [Benchmark]
    public long Ours()
    {
        var rows = new RowTable();
        foreach (ref readonly var version in _versions.AsSpan())
        {
            rows.Set(in version);
        }

        return rows.Count;
    }
}
