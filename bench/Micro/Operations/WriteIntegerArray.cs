using System.Buffers;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using HeliosSync.Codec;

namespace HeliosSync.Micro;

/// <summary>The data of one row, 200 bytes, as a JSON array of integers.</summary>
public class WriteIntegerArray : OperationSet
{
    private readonly byte[] _data = Row.Make(1)[0].Data;
    private readonly byte[] _text = new byte[IntegerArrayWriter.BytesMax(Row.DataBytes)];
    private readonly ArrayBufferWriter<byte> _to = new(IntegerArrayWriter.BytesMax(Row.DataBytes));
    private readonly Utf8JsonWriter _json;

    public WriteIntegerArray() => _json = new Utf8JsonWriter(_to, new JsonWriterOptions { SkipValidation = true });

    public override long Expected => JsonSerializer.Serialize(Array.ConvertAll(_data, static b => (int)b)).Length;

    public override void SetUp()
    {
    }

    [Benchmark(Baseline = true)]
    public long Utf8JsonWriter()
    {
        _to.ResetWrittenCount();
        _json.Reset();
        _json.WriteStartArray();
        foreach (var b in _data)
        {
            _json.WriteNumberValue(b);
        }

        _json.WriteEndArray();
        _json.Flush();
        return _to.WrittenCount;
    }

    [Benchmark]
    public long Ours() => IntegerArrayWriter.Write(_data, _text);
}
