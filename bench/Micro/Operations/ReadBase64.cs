using System.Text;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using HeliosSync.Codec;

namespace HeliosSync.Micro;

/// <summary>
/// The data of one row, 200 bytes, out of base64. The framework's reader takes whitespace too; ours takes one text for each value.
/// </summary>
public class ReadBase64 : OperationSet
{
    private readonly byte[] _data = Row.Make(1)[0].Data;
    private readonly byte[] _read = new byte[Row.DataBytes + 2];
    private byte[] _text = [];
    private byte[] _json = [];

    public override long Expected => _data.Length + _data[^1];

    public override void SetUp()
    {
        _text = Encoding.ASCII.GetBytes(Convert.ToBase64String(_data));
        _json = JsonSerializer.SerializeToUtf8Bytes(_data);
    }

    [Benchmark(Baseline = true)]
    public long Utf8JsonReader()
    {
        var json = new Utf8JsonReader(_json);
        json.Read();
        var bytes = json.GetBytesFromBase64();
        return bytes.Length + bytes[^1];
    }

    [Benchmark]
    public long Ours()
    {
        StrictBase64.TryDecode(_text, _read, out var count);
        return count + _read[count - 1];
    }
}
