using System.IO.Hashing;
using BenchmarkDotNet.Attributes;

namespace HeliosSync.Micro;

/// <summary>The checksums of 100 rows over key and data (protocol 5.2).</summary>
public class Checksum : OperationSet
{
    private readonly Row[] _rows = Row.Make(100);
    private readonly Crc32 _crc = new();
    private readonly uint[] _table = new uint[256];

    public override long Expected => _rows.Sum(static r => (long)r.Checksum);

    public override void SetUp()
    {
        for (var i = 0u; i < 256; i++)
        {
            _table[i] = i;
            for (var bit = 0; bit < 8; bit++)
            {
                _table[i] = (_table[i] >> 1) ^ ((_table[i] & 1) * 0xedb88320);
            }
        }
    }

    /// <summary>What one finds in most textbooks.</summary>
    [Benchmark(Baseline = true)]
    public long ByTable()
    {
        var sum = 0L;
        foreach (var row in _rows)
        {
            sum += ~Append(Append(uint.MaxValue, row.Key), row.Data);
        }

        return sum;
    }

    [Benchmark]
    public long Ours()
    {
        var sum = 0L;
        foreach (var row in _rows)
        {
            _crc.Append(row.Key);
            _crc.Append(row.Data);
            sum += _crc.GetCurrentHashAsUInt32();
            _crc.Reset();
        }

        return sum;
    }

    private uint Append(uint crc, byte[] bytes)
    {
        foreach (var b in bytes)
        {
            crc = (crc >> 8) ^ _table[(byte)(crc ^ b)];
        }

        return crc;
    }
}
