using System.IO.Hashing;
using HeliosSync.Codec;
using HeliosSync.Domain;
using ZstdSharp;

namespace HeliosSync.Property.Codec;

/// <summary>A change as a test means it; its data uncompressed.</summary>
internal sealed record InboundChange(
    long Lsn, string Table, Operation Operation, byte[] Key, byte[] Data, Dictionary<string, long> Clock, long BaseLsn, long Micros)
{
    public uint Checksum => Crc32.HashToUInt32([.. Key, .. Data]);

    public byte[] Frame
    {
        get
        {
            using var compressor = new Compressor(1);
            return compressor.Wrap(Data).ToArray();
        }
    }
}

/// <summary>A push as a test means it, drawn from a seed out of small alphabets, or made by hand.</summary>
internal sealed record InboundPush(
    Guid Message, string Client, InboundChange[] Changes, Dictionary<string, long> Clock, string? ServerNode, bool Atomic)
{
    private static readonly string[] Tables = ["tasks", "t$1", "A.b:c-d_e"];
    private static readonly string[] Nodes = ["my-client-123", "my-client-123#2", "other", "0b06e8ab-0000-4000-8000-00000000000a"];

    /// <summary>The push of the quick start, with the right checksum.</summary>
    public static InboundPush QuickStart { get; } = new(
        Guid.Parse("660e8400-e29b-41d4-a716-446655440001"),
        "my-client-123",
        [new(1, "tasks", Operation.Insert, [1, 2, 3], [10, 20, 30], [], 0, 1_763_980_200_000_000)],
        [],
        null,
        false);

    public static InboundPush Of(int seed)
    {
        var random = new Random(seed);
        var lsn = 1L;
        var changes = Enumerable.Range(0, 1 + random.Next(random.Next(1, 12))).Select(_ => ChangeOf(random, lsn += 1 + random.Next(3)));
        return new InboundPush(
            new Guid(Bytes(random, 16)),
            Nodes[0],
            random.Next(4) == 0 ? [.. changes.Reverse()] : [.. changes],
            Entries(random),
            random.Next(2) == 0 ? Nodes[3] : null,
            random.Next(2) == 0);
    }

    /// <summary>Asserts that this is what was read.</summary>
    public void AssertIs(Push push, KeyedHash hash)
    {
        Assert.Equal((Message, Client, ServerNode, Atomic), (push.Message, push.Client.Value, push.ServerNode?.Value, push.Atomic));
        Assert.Equal(Clock.Where(static e => e.Value > 0).OrderBy(static e => e.Key, StringComparer.Ordinal), Pairs(push.Clock));
        Assert.Equal(Changes.Length, push.Changes.Length);
        for (var i = 0; i < Changes.Length; i++)
        {
            AssertIs(Changes[i], push.Changes.Span[i], hash);
        }
    }

    private static void AssertIs(InboundChange expected, PushedChange read, KeyedHash hash)
    {
        Assert.Equal(
            (expected.Lsn, expected.Table, expected.Operation, expected.BaseLsn, expected.Micros, expected.Checksum, expected.Data.Length),
            (read.LocalLsn, read.Table, read.Operation, read.BaseLsn, read.TimestampMicros, read.Checksum, read.DataBytes));
        Assert.Equal(expected.Key, read.Key.ToArray());
        Assert.Equal(read.Compressed ? expected.Frame : expected.Data, read.Data.ToArray());
        Assert.Equal(expected.Clock.Where(static e => e.Value > 0).OrderBy(static e => e.Key, StringComparer.Ordinal), Pairs(read.Clock));
        Assert.Equal(hash.OfRow(System.Text.Encoding.UTF8.GetBytes(expected.Table), expected.Key), read.Row);
        Assert.Equal(hash.OfContent(expected.Data), read.Content);
    }

    private static IEnumerable<KeyValuePair<string, long>> Pairs(VectorClock clock) =>
        clock.Entries.ToArray().Select(static e => KeyValuePair.Create(e.Node.Value, e.Counter));

    private static InboundChange ChangeOf(Random random, long lsn)
    {
        var operation = (Operation)random.Next(1, 4);
        return new InboundChange(
            lsn,
            Tables[random.Next(Tables.Length)],
            operation,
            Bytes(random, 1 + random.Next(20)),
            operation == Operation.Delete ? [] : Bytes(random, random.Next(random.Next(1, 300))),
            Entries(random),
            random.Next(2) == 0 ? 0 : random.Next(100),
            random.NextInt64(-62_135_596_800_000_000, 253_402_300_800_000_000));
    }

    private static Dictionary<string, long> Entries(Random random) =>
        Nodes.Where(_ => random.Next(3) == 0)
            .ToDictionary(static n => n, _ => random.Next(4) == 0 ? Limits.SafeIntegerMax : random.Next(4));

    private static byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
