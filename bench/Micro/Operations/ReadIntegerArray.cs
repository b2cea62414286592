using System.Text.Json;
using BenchmarkDotNet.Attributes;
using HeliosSync.Codec;

namespace HeliosSync.Micro;

/// <summary>The data of one row, 200 bytes, out of a JSON array of integers.</summary>
public class ReadIntegerArray : OperationSet
{
    private readonly byte[] _data = Row.Make(1)[0].Data;
    private readonly byte[] _read = new byte[Row.DataBytes + 32];
    private byte[] _text = [];

    public override long Expected => _data.Length + _data[^1];

    public override void SetUp() => _text = JsonSerializer.SerializeToUtf8Bytes(Array.ConvertAll(_data, static b => (int)b));

    [Benchmark(Baseline = true)]
    public long Utf8JsonReader()
    {
        var json = new Utf8JsonReader(_text);
        json.Read();
        var count = 0;
        while (json.Read() && json.TokenType == JsonTokenType.Number)
        {
            _read[count++] = json.GetByte();
        }

        return count + _read[count - 1];
    }

    [Benchmark]
    public long Ours()
    {
        IntegerArrays.Read(_text, _read, out _, out var count);
        return count + _read[count - 1];
    }

    [Benchmark]
    public long OursWithoutVectors()
    {
        IntegerArrays.Read(_text, _read, byVectors: false, out _, out var count);
        return count + _read[count - 1];
    }
}
