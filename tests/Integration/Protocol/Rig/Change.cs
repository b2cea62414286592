using System.IO.Hashing;
using System.Text;
using System.Text.Json.Nodes;

namespace HeliosSync.Integration.Protocol.Rig;

/// <summary>Changes as a client writes them (protocol 5.1), with the checksum that belongs to them.</summary>
internal static class Change
{
    public const string Table = "tasks";

    public static JsonObject Insert(long lsn, string key, string data = "data", JsonObject? with = null) =>
        Of("Insert", lsn, Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(data)).With(with);

    public static JsonObject Update(long lsn, string key, string data = "data", JsonObject? with = null) =>
        Of("Update", lsn, Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(data)).With(with);

    public static JsonObject Delete(long lsn, string key, JsonObject? with = null) =>
        Of("Delete", lsn, Encoding.UTF8.GetBytes(key), []).With(with);

    public static JsonObject Of(string operation, long lsn, byte[] key, byte[] data) => new()
    {
        ["lsn"] = lsn,
        ["table"] = Table,
        ["operation"] = operation,
        ["key"] = Integers(key),
        ["data"] = Integers(data),
        ["vector_clock"] = new JsonObject(),
        ["timestamp"] = "2025-11-24T10:30:00Z",
        ["checksum"] = Checksum(key, data),
        ["compressed"] = false,
    };

    /// <summary>A change whose data is one zstd frame; the checksum is that of the data before compression.</summary>
    public static JsonObject Compressed(long lsn, string key, byte[] plain, byte[] frame) =>
        Of("Insert", lsn, Encoding.UTF8.GetBytes(key), plain).With(new() { ["data"] = Integers(frame), ["compressed"] = true });

    /// <summary>An insert of so many bytes of data, sent as base64, which takes a third of the room.</summary>
    public static JsonObject Large(long lsn, string key, int dataBytes)
    {
        var data = new byte[dataBytes];
        return Of("Insert", lsn, Encoding.UTF8.GetBytes(key), []).With(new()
        {
            ["data"] = Convert.ToBase64String(data),
            ["checksum"] = Checksum(Encoding.UTF8.GetBytes(key), data),
        });
    }

    /// <summary>As many inserts of new rows, with keys that begin alike.</summary>
    public static JsonObject[] Inserts(long firstLsn, int count, string keys) =>
        [.. Enumerable.Range(0, count).Select(i => Insert(firstLsn + i, $"{keys}-{i}", $"{keys}-{i}"))];

    public static long Checksum(ReadOnlySpan<byte> key, ReadOnlySpan<byte> data)
    {
        var crc = new Crc32();
        crc.Append(key);
        crc.Append(data);
        return crc.GetCurrentHashAsUInt32();
    }

    public static JsonArray Integers(IEnumerable<byte> bytes) => new([.. bytes.Select(static b => JsonValue.Create((int)b))]);
}
