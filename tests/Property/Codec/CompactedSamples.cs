using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Property.Codec;

/// <summary>What compaction leaves of pushes, drawn at will.</summary>
internal static class CompactedSamples
{
    /// <summary>What is left of any push, or a row that stands for several.</summary>
    public static byte[] Any(Random random)
    {
        if (random.Next(8) == 0)
        {
            var first = random.NextInt64(1, 1_000);
            return CompactedWriter.WriteGap(random.Next(1_000), first, first + random.Next(100) - 1);
        }

        var pushed = random.Next(2) == 0 ? JournalSamples.Pushed(random, 1_000) : JournalSamples.PushedByPolicy(random);
        return Of(new PushedView(EventWriter.Write(pushed)), random);
    }

    /// <summary>What is left of that push.</summary>
    public static byte[] Of(in PushedView view, Random random)
    {
        var withOutcome = random.Next(2) == 0;
        var remainders = new List<Remainder>();
        var walk = new PushedWalk(view);
        while (walk.MoveNext())
        {
            var isConflict = walk.Conflict != ConflictType.None;
            remainders.Add(isConflict
                ? random.GetItems([Remainder.Whole, Remainder.Unlogged], 1)[0]
                : withOutcome
                    ? walk.Verdict == Verdict.Accepted && random.Next(2) == 0 ? Remainder.OutcomeAlone : Remainder.Whole
                    : random.GetItems([Remainder.Nothing, Remainder.Whole], 1)[0]);
        }

        var place = new CompactedPlace(
            random.Next(100), Math.Max(1, view.FirstLsn - random.Next(100)), random.Next(1_000), random.Next(1_000));
        return CompactedWriter.Write(in view, in place, withOutcome, remainders.ToArray(), view.Settled() ?? []);
    }

    /// <summary>The same, written anew from its bytes; null where it stands for events of which nothing is left.</summary>
    public static byte[]? Rewrite(byte[] bytes)
    {
        var view = new PushedView(bytes);
        if (view.Client.IsEmpty)
        {
            return null;
        }

        var remainders = new List<Remainder>();
        var walk = new PushedWalk(view);
        while (walk.MoveNext())
        {
            remainders.Add(
                EventWriter.IsWhole(walk.Verdict) && !walk.HasRecord ? Remainder.OutcomeAlone
                : walk.IsUnlogged ? Remainder.Unlogged
                : Remainder.Whole);
        }

        var place = new CompactedPlace(view.Gap, view.FirstLsn, view.AcceptedCounter, view.Conflicts);
        return CompactedWriter.Write(in view, in place, view.HasOutcome, remainders.ToArray(), view.Settled() ?? []);
    }
}
