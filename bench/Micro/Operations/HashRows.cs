using System.Text;
using BenchmarkDotNet.Attributes;

namespace HeliosSync.Micro;

/// <summary>The keyed hashes of 100 rows: of table and key, and of the data. Nobody without the key can make two of them meet.</summary>
public class HashRows : OperationSet
{
    private readonly byte[] _table = Encoding.ASCII.GetBytes(Row.Table);
    private readonly Row[] _rows = Row.Make(100);

    /// <summary>That each differs from the one before.</summary>
    public override long Expected => 2 * _rows.Length;

    public override void SetUp()
    {
    }

    [Benchmark]
    public long Ours()
    {
        var last = 0UL;
        var different = 0L;
        foreach (var row in _rows)
        {
            var identity = PushReading.Hash.OfRow(_table, row.Key).Low;
            different += identity == last ? 0 : 1;
            last = PushReading.Hash.OfContent(row.Data);
            different += identity == last ? 0 : 1;
        }

        return different;
    }
}
