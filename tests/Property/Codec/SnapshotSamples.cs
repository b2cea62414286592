using HeliosSync.Domain;

namespace HeliosSync.Property.Codec;

/// <summary>Snapshots with any contents that a tenant could have, and what "the same" means for two of them.</summary>
internal static class SnapshotSamples
{
    private const long Head = 1_000_000;
    private const long Sequence = 2_000_000;

    public static TenantSnapshot Make(
        Random random, int? rows = null, int? clients = null, int? windows = null, int? marks = null, int? times = null)
    {
        var clientCount = clients ?? random.Next(1, 4);
        var former = Enumerable.Range(0, random.Next(2) * random.Next(4)).Select(_ => new Guid(JournalSamples.Bytes(random, 16))).ToArray();
        var nodes = Enumerable.Range(0, clientCount + 1)
            .Select(i => new NodeState(Tiny.Node($"client-{i}#life"), Number(random), Number(random), Number(random))).ToArray();
        return new TenantSnapshot(
            new Guid(JournalSamples.Bytes(random, 16)),
            Head,
            Sequence,
            nodes,
            [
                .. Enumerable.Range(0, clientCount).Select(i => Client(random, i, nodes.Length, windows ?? random.Next(4)) with
                {
                    MustRegister = former.Length > 0 && random.Next(2) == 0,
                }),
            ],
            Chunks(random, rows ?? random.Next(4), nodes.Length),
            [.. Enumerable.Range(1, marks ?? random.Next(3)).Select(i => new JournalMark(i, i + random.Next(2) + (long)i))],
            [.. Enumerable.Range(1, times ?? random.Next(3)).Select(i => new WriteMark(i, Tiny.Now + random.Next(-5, 5)))])
        {
            FormerServerNodes = former,
            Policies = random.Next(2) == 0 ? null : JournalSamples.Policies(random),
            Conflicts = [.. Enumerable.Range(1, rows is null ? random.Next(3) : 0).Select(i => Conflict(random, i, nodes.Length))],
        };
    }

    public static void Same(TenantSnapshot expected, TenantSnapshot actual)
    {
        Assert.Equal(expected.ServerNode, actual.ServerNode);
        Assert.Equal((expected.Head, expected.Sequence), (actual.Head, actual.Sequence));
        Assert.Equal(expected.Policies, actual.Policies);
        Assert.Equal(expected.FormerServerNodes, actual.FormerServerNodes);
        Assert.Equal(expected.Conflicts, actual.Conflicts);
        Assert.Equal(expected.Nodes, actual.Nodes);
        Assert.Equal(expected.Marks, actual.Marks);
        Assert.Equal(expected.Times, actual.Times);
        Assert.Equal(expected.Clients.Count, actual.Clients.Count);
        foreach (var (left, right) in expected.Clients.Zip(actual.Clients))
        {
            Assert.Equal(left.Metadata, right.Metadata);
            Assert.Equal(left.Window, right.Window);
            Assert.Equal(left, right with { Metadata = left.Metadata, Window = left.Window });
        }

        Assert.Equal(Rows(expected), Rows(actual));
    }

    private static RowVersion[] Rows(TenantSnapshot snapshot) => [.. snapshot.Rows.SelectMany(chunk => chunk.ToArray())];

    private static ClientSnapshot Client(Random random, int number, int nodes, int window) => new(
        Tiny.Client($"client-{number}"),
        random.Next(nodes),
        [.. Enumerable.Range(0, random.Next(3)).Select(i => new MetadataEntry($"name {i}", "größe"))],
        Tiny.Now + random.Next(),
        random.Next(3) == 0 ? null : Tiny.Now - random.Next(),
        random.Next(3),
        [.. Enumerable.Range(0, window).Select(_ => new WindowEntry(
            new Guid(JournalSamples.Bytes(random, 16)), Hash(random), 1 + random.NextInt64(Sequence)))]);

    /// <summary>Chunks as a row table freezes them: full ones, and the last as far as it goes.</summary>
    private static ReadOnlyMemory<RowVersion>[] Chunks(Random random, int rows, int nodes) =>
    [
        .. Enumerable.Range(0, rows).Select(_ => Row(random, nodes)).Chunk(RowTable.ChunkRows)
            .Select(static chunk => (ReadOnlyMemory<RowVersion>)chunk),
    ];

    private static RowVersion Row(Random random, int nodes) => new(
        Hash(random), 1 + random.NextInt64(Head), Number(random), Number(random), (ulong)random.NextInt64(), random.Next(nodes),
        (Operation)random.Next(1, 4), random.Next(2) == 0, Tiny.Now + random.Next(1_000_000));

    private static ConflictEntry Conflict(Random random, int number, int nodes)
    {
        var met = Row(random, nodes);
        var incoming = Row(random, nodes) with { Row = met.Row, Lsn = random.Next(3) };
        return new ConflictEntry(
            (number * 1_000L) + random.Next(1_000),
            Tiny.Now,
            (ConflictType)random.Next(1, 5),
            (ConflictPolicy)random.Next(4),
            incoming,
            met)
        {
            State = (ConflictState)random.Next(5),
            SettledMicros = random.Next(1_000),
            SettledBy = random.Next(-1, nodes),
            SettledLsn = random.Next(3),
        };
    }

    private static Hash128 Hash(Random random) => new((ulong)random.NextInt64(), (ulong)random.NextInt64());

    private static long Number(Random random) => random.Next(4) == 0 ? random.NextInt64(Limits.SafeIntegerMax + 1) : random.Next(1_000);
}
