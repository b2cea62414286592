using FsCheck;
using FsCheck.Fluent;
using HeliosSync.Domain;

namespace HeliosSync.Property;

/// <summary>One thing that happens to a tenant, in numbers that <see cref="Arena"/> reads in the light of the state it meets.</summary>
public abstract record Step;

/// <summary>A client registers as one of its lives; life 3 is another client's.</summary>
public sealed record RegisterStep(int Client, int Life, int Known, int LastLocal, int Told, int Names, int Metadata, bool IfAbsent) : Step;

/// <summary>A client pushes.</summary>
public sealed record PushStep(int Client, int Message, int Told, int Names, bool Atomic, IReadOnlyList<ChangeSeed> Changes) : Step
{
    public override string ToString() =>
        $"Push client {Client} message {Message} told {Told} names {Names} {(Atomic ? "atomic" : "")} [{string.Join(", ", Changes)}]";
}

/// <summary>An earlier push is sent again: as it was, or under another message id.</summary>
public sealed record RepeatStep(int Which, int Told, bool OtherId) : Step;

/// <summary>A client says where it stands: a heartbeat, or the <c>since_lsn</c> of a pull.</summary>
public sealed record PositionStep(int Client, int Known) : Step;

/// <summary>A client is forgotten: by an administrator, or by upkeep because it was silent.</summary>
public sealed record ForgetStep(int Client, bool Silent) : Step;

/// <summary>A client was heard of, so many hours later; upkeep notes it where the journal is too far behind.</summary>
public sealed record ContactStep(int Client, int Hours) : Step;

/// <summary>The server restarts from a snapshot.</summary>
public sealed record RestartStep : Step;

/// <summary>One change of a push.</summary>
public sealed record ChangeSeed(
    int Lsn, Operation Operation, int Row, int Content, int Server, int Base, int Own, IReadOnlyList<int> Others, int Time)
{
    public override string ToString() =>
        $"{Operation} row {Row} := {Content}, lsn {Lsn} server {Server} base {Base} own {Own} "
        + $"others {string.Join('/', Others)} time {Time}";
}

/// <summary>What happens to a tenant, one step after the other.</summary>
public sealed record History(IReadOnlyList<Step> Steps)
{
    public override string ToString() => string.Join(Environment.NewLine, Steps);
}

/// <summary>Histories that meet themselves: three clients, four rows, counters to 3, up to 40 steps.</summary>
public static class HistoryArbitraries
{
    public static Arbitrary<History> Histories()
    {
        var steps =
            from first in Gen.ListOf(Registers(), 2)
            from length in Gen.Choose(0, 40)
            from rest in Gen.ListOf(Steps(), length)
            select new History([.. first, .. rest]);
        return Arb.From(steps, Smaller);
    }

    public static Arbitrary<PushStep> PushSteps() => Pushes().ToArbitrary();

    private static Gen<Step> Steps() => Gen.Frequency(
        (12, Pushes().Select(p => (Step)p)),
        (2, Registers()),
        (2, Repeats()),
        (1, from client in Gen.Choose(0, 3) from known in Seed() select (Step)new PositionStep(client, known)),
        (1, Gen.Constant((Step)new RestartStep())),
        (1, from client in Gen.Choose(0, 2) from silent in Gen.Elements(true, false) select (Step)new ForgetStep(client, silent)),
        (1, from client in Gen.Choose(0, 2) from hours in Gen.Choose(15, 25) select (Step)new ContactStep(client, hours)));

    private static Gen<Step> Repeats() =>
        from which in Gen.Choose(0, 30)
        from told in Seed()
        from otherId in Gen.Elements(true, false)
        select (Step)new RepeatStep(which, told, otherId);

    private static Gen<Step> Registers() =>
        from client in Gen.Choose(0, 2)
        from life in Gen.Elements(0, 0, 0, 0, 0, 1, 1, 2, 2, 3)
        from known in Seed()
        from lastLocal in Gen.Choose(-2, 4)
        from told in Seed()
        from names in Gen.Elements(0, 0, 0, 1, 2)
        from metadata in Gen.Choose(0, 1)
        from absent in Gen.Elements(false, false, false, true)
        select (Step)new RegisterStep(client, life, known, lastLocal, told, names, metadata, absent);

    private static Gen<PushStep> Pushes() =>
        from client in Gen.Elements(0, 0, 0, 1, 1, 1, 2, 3)
        from message in Gen.Choose(0, 12)
        from told in Seed()
        from names in Gen.Elements(0, 0, 0, 0, 0, 1, 1, 1, 2)
        from atomic in Gen.Elements(false, false, true)
        from length in Gen.Choose(1, 4)
        from changes in Gen.ArrayOf(Changes(), length)
        select new PushStep(client, message, told, names, atomic, changes);

    private static Gen<ChangeSeed> Changes() =>
        from lsn in Gen.Choose(0, 7)
        from operation in Gen.Elements(Tiny.Operations)
        from row in Gen.Choose(0, 3)
        from content in Gen.Choose(0, 2)
        from server in Seed()
        from baseLsn in Gen.Frequency((3, Gen.Constant(0)), (1, Seed()))
        from own in Gen.Choose(0, 6)
        from others in Gen.ArrayOf(Gen.Elements(0, 0, 1, 2, 3, 4), Tiny.Nodes.Length)
        from time in Gen.Choose(0, 4)
        select new ChangeSeed(lsn, operation, row, content, server, baseLsn, own, others, time);

    /// <summary>How an LSN relates to the head: 0 none, 1 to 3 itself, 4 to 7 the head and a little below, 8 one above it.</summary>
    private static Gen<int> Seed() =>
        Gen.Frequency((10, Gen.Constant(0)), (10, Gen.Choose(1, 3)), (10, Gen.Choose(4, 7)), (1, Gen.Constant(8)));

    private static IEnumerable<History> Smaller(History history)
    {
        for (var part = history.Steps.Count / 2; part > 0; part /= 2)
        {
            for (var at = 0; at + part <= history.Steps.Count; at += part)
            {
                yield return new History([.. history.Steps.Take(at), .. history.Steps.Skip(at + part)]);
            }
        }

        for (var at = 0; at < history.Steps.Count; at++)
        {
            if (history.Steps[at] is PushStep { Changes.Count: > 1 } push)
            {
                foreach (var change in push.Changes)
                {
                    var fewer = push with { Changes = [.. push.Changes.Where(c => c != change)] };
                    yield return new History([.. history.Steps.Take(at), fewer, .. history.Steps.Skip(at + 1)]);
                }
            }
        }
    }
}
