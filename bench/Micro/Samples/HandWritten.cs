using System.IO.Hashing;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace HeliosSync.Micro;

/// <summary>The messages as one would write them for System.Text.Json, keys and data as arrays of integers.</summary>
internal sealed record IntegersPush(
    string Type, Guid MessageId, string ClientId, IntegersChange[] Changes, Dictionary<string, long> VectorClock);

internal sealed record IntegersChange(
    long Lsn,
    string Table,
    string Operation,
    int[] Key,
    int[] Data,
    Dictionary<string, long> VectorClock,
    DateTimeOffset Timestamp,
    uint Checksum);

/// <summary>The same with base64, which System.Text.Json reads as arrays of bytes.</summary>
internal sealed record Base64Push(
    string Type, Guid MessageId, string ClientId, Base64Change[] Changes, Dictionary<string, long> VectorClock);

internal sealed record Base64Change(
    long Lsn,
    string Table,
    string Operation,
    byte[] Key,
    byte[] Data,
    Dictionary<string, long> VectorClock,
    DateTimeOffset Timestamp,
    uint Checksum);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(IntegersPush))]
[JsonSerializable(typeof(Base64Push))]
internal sealed partial class HandWrittenJson : JsonSerializerContext;

/// <summary>What is left to do with a message that System.Text.Json has read: to verify it.</summary>
internal static class HandWritten
{
    public static long ReadIntegers(ReadOnlySpan<byte> body)
    {
        var fold = 0L;
        foreach (var change in JsonSerializer.Deserialize(body, HandWrittenJson.Default.IntegersPush)!.Changes)
        {
            fold += Verify(change.Lsn, Bytes(change.Key), Bytes(change.Data), change.Checksum);
        }

        return fold;
    }

    public static long ReadBase64(ReadOnlySpan<byte> body)
    {
        var fold = 0L;
        foreach (var change in JsonSerializer.Deserialize(body, HandWrittenJson.Default.Base64Push)!.Changes)
        {
            fold += Verify(change.Lsn, change.Key, change.Data, change.Checksum);
        }

        return fold;
    }

    private static byte[] Bytes(int[] integers) => Array.ConvertAll(integers, Convert.ToByte);

    private static long Verify(long lsn, byte[] key, byte[] data, uint checksum)
    {
        var crc = new Crc32();
        crc.Append(key);
        crc.Append(data);
        return crc.GetCurrentHashAsUInt32() == checksum ? lsn * checksum : throw new InvalidDataException("The checksum is wrong.");
    }
}
