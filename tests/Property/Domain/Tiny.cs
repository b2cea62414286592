using FsCheck;
using FsCheck.Fluent;
using HeliosSync.Domain;

namespace HeliosSync.Property;

/// <summary>Tiny alphabets: with three clients, four rows and counters to 3, what is generated meets itself.</summary>
internal static class Tiny
{
    /// <summary>A time to judge at.</summary>
    public const long Now = 1_700_000_000_000_000;

    public static readonly Guid ServerGuid = Guid.Parse("5e5e5e5e-0000-4000-8000-000000000001");

    public static readonly NodeId Server = NodeId.OfServer(ServerGuid);

    public static readonly ClientId[] Clients = [Client("a"), Client("b"), Client("c")];

    /// <summary>Two lives of each client, and a node that never registers.</summary>
    public static readonly NodeId[] Nodes = [Node("a"), Node("a#1"), Node("b"), Node("b#1"), Node("c"), Node("c#1"), Node("z")];

    public static readonly Operation[] Operations = [Operation.Insert, Operation.Update, Operation.Delete];

    public static ClientId Client(string text) => ClientId.TryParse(text, out var id) ? id : throw new ArgumentException(text);

    public static NodeId Node(string text) => NodeId.TryParse(text, out var id) ? id : throw new ArgumentException(text);

    /// <summary>An injective stand-in for the keyed hash; its low bits spread as those of the real one do.</summary>
    public static Hash128 Row(int row) => new((ulong)row, (ulong)(row + 1) * 0x9E37_79B9_7F4A_7C15);

    public static VectorClock Clock(params (NodeId Node, long Counter)[] entries) =>
        VectorClock.TryCreate([.. entries.Select(e => new ClockEntry(e.Node, e.Counter))]) ?? throw new ArgumentException("bad clock");

    public static PushedChange Change(
        long lsn, Operation operation, int row, int content, VectorClock? clock = null, long baseLsn = 0, long timestamp = Now) =>
        new(
            lsn,
            "t",
            operation,
            new[] { (byte)row },
            operation == Operation.Delete ? default : new[] { (byte)content },
            false,
            clock ?? VectorClock.Empty,
            baseLsn,
            timestamp,
            0,
            Row(row),
            operation == Operation.Delete ? 0 : (ulong)content);
}

/// <summary>A clock as it comes from outside: any order, zeros written out.</summary>
public sealed record RawClock(ClockEntry[] Entries)
{
    public VectorClock Clock => VectorClock.TryCreate(Entries)!;

    public long this[NodeId node] => Entries.Where(e => e.Node == node).Select(e => e.Counter).SingleOrDefault();

    public override string ToString() => string.Join(' ', Entries);
}

/// <summary>Begins a run that draws by itself, from the whole range: FsCheck's own integers stay small.</summary>
public readonly record struct RandomSeed(int Value);

/// <summary>What FsCheck draws the laws' arguments from.</summary>
public static class TinyArbitraries
{
    private static readonly NodeId[] ClockNodes = [Tiny.Nodes[0], Tiny.Nodes[1], Tiny.Nodes[2]];

    public static Arbitrary<RandomSeed> RandomSeeds() => Gen.Choose(0, 1_000_000_000).Select(s => new RandomSeed(s)).ToArbitrary();

    public static Arbitrary<NodeId> NodeIds() => Gen.Elements(ClockNodes).ToArbitrary();

    public static Arbitrary<Operation> OperationsOfChanges() => Gen.Elements(Tiny.Operations).ToArbitrary();

    public static Arbitrary<RawClock> RawClocks()
    {
        var entries =
            from nodes in Gen.SubListOf(ClockNodes)
            from shuffled in Gen.Shuffle(nodes.ToArray())
            from counters in Gen.ArrayOf(Gen.Choose(0, 3), shuffled.Length)
            select new RawClock([.. shuffled.Select((n, i) => new ClockEntry(n, counters[i]))]);
        return Arb.From(entries, Fewer);
    }

    public static Arbitrary<VectorClock> Clocks() => RawClocks().Generator.Select(r => r.Clock).ToArbitrary();

    private static IEnumerable<RawClock> Fewer(RawClock raw) =>
        raw.Entries.Select((_, i) => new RawClock([.. raw.Entries.Where((_, j) => j != i)]));
}
