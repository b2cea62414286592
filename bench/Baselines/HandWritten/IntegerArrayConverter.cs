using System.Text.Json;
using System.Text.Json.Serialization;

namespace HeliosSync.Baselines.HandWritten;

/// <summary>Bytes as an array of integers; System.Text.Json would have base64.</summary>
internal sealed class IntegerArrayConverter : JsonConverter<byte[]>
{
    private const int Expected = 256;

    public override byte[] Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            return reader.GetBytesFromBase64();
        }

        var bytes = new List<byte>(Expected);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            bytes.Add(reader.GetByte());
        }

        return [.. bytes];
    }

    public override void Write(Utf8JsonWriter writer, byte[] value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (var b in value)
        {
            writer.WriteNumberValue(b);
        }

        writer.WriteEndArray();
    }
}
