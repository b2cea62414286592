using System.IO.Hashing;
using System.Text;

namespace HeliosSync.Micro;

/// <summary>A row's change as all samples have it: a key of 8 bytes and 200 bytes of data.</summary>
/// <param name="Key">The key's bytes.</param>
/// <param name="Data">The data's bytes: any values, each as likely as the others, or text.</param>
internal sealed record Row(byte[] Key, byte[] Data)
{
    public const string Table = "tasks";
    public const int DataBytes = 200;

    public uint Checksum { get; } = Crc32.HashToUInt32([.. Key, .. Data]);

    /// <summary>So many rows, the same every time.</summary>
    public static Row[] Make(int count, int first = 0, bool isText = false)
    {
        var random = new Random(1 + first);
        var rows = new Row[count];
        for (var i = 0; i < count; i++)
        {
            rows[i] = new Row(KeyOf(first + i), isText ? Text(random) : Bytes(random));
        }

        return rows;
    }

    private static byte[] Bytes(Random random)
    {
        var data = new byte[DataBytes];
        random.NextBytes(data);
        return data;
    }

    private static byte[] Text(Random random)
    {
        var text = $$"""
            {"title":"Task {{random.Next()}}","done":false,"owner":"user-{{random.Next(100)}}","note":"{{random.NextInt64()}}"}
            """;
        return Encoding.ASCII.GetBytes(text.PadRight(DataBytes));
    }

    public static byte[] KeyOf(int number) => Encoding.ASCII.GetBytes($"k{number:d7}");
}
