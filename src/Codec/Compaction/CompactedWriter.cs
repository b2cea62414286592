using System.IO.Hashing;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>What becomes of one change of a push.</summary>
internal enum Remainder : byte
{
    /// <summary>Nothing is left.</summary>
    Nothing,

    /// <summary>What became of it is left, and not the change itself.</summary>
    OutcomeAlone,

    /// <summary>All of it, but no report of the conflict that it won.</summary>
    WithoutConflict,

    /// <summary>All of it, but the log does not have its conflict.</summary>
    Unlogged,

    /// <summary>All of it.</summary>
    Whole,
}

/// <summary>Where a compacted push stands among the tenant's events, and what of its node and client holds after it.</summary>
/// <param name="Gap">How many events right before it are gone.</param>
/// <param name="FirstLsn">The first LSN that it covers.</param>
/// <param name="AcceptedCounter">The author's entry in the merged clock.</param>
/// <param name="Conflicts">How many of the client's changes were in conflict since it registered.</param>
internal readonly record struct CompactedPlace(long Gap, long FirstLsn, long AcceptedCounter, long Conflicts);

/// <summary>Writes what is left of a push. The layout, <c>compacted/1</c>, stands in the README of the journal's bytes.</summary>
internal static class CompactedWriter
{
    internal const byte OutcomeFlag = 2;
    internal const byte GoneBit = 32;
    internal const byte UnloggedBit = 64;

    /// <summary>What is left of a push.</summary>
    /// <param name="view">The push.</param>
    /// <param name="place">Where it stands.</param>
    /// <param name="withOutcome">Whether repeats of it are still answered.</param>
    /// <param name="remainders">What becomes of each of its changes.</param>
    /// <param name="settled">The conflicts that it settled and that are still told of.</param>
    public static byte[] Write(
        in PushedView view,
        in CompactedPlace place,
        bool withOutcome,
        ReadOnlySpan<Remainder> remainders,
        IReadOnlyList<ConflictSettled> settled)
    {
        using var to = new BytesWriter(256 + view.Bytes.Length);
        WriteHead(to, in view, in place, withOutcome, remainders.Length - remainders.Count(Remainder.Nothing));
        to.Number(settled.Count);
        foreach (var each in settled)
        {
            to.Number(each.Id);
            to.Byte((byte)each.State);
            to.Number(each.Lsn);
        }

        WriteChanges(to, in view, place.FirstLsn, remainders);
        to.Fixed32(Crc32.HashToUInt32(to.Written));
        return to.ToArray();
    }

    /// <summary>What stands where events were of which nothing is left.</summary>
    /// <param name="before">How many of them stood right before it.</param>
    /// <param name="firstLsn">Their first LSN.</param>
    /// <param name="lastLsn">The head after them.</param>
    public static byte[] WriteGap(long before, long firstLsn, long lastLsn)
    {
        using var to = new BytesWriter(64);
        to.Byte(EventWriter.CompactedFormat);
        to.Byte(0);
        to.Number(before);
        to.Signed(0);
        to.Number(firstLsn);
        to.Number(0);
        to.Number(lastLsn - firstLsn + 1);
        for (var i = 0; i < 9; i++)
        {
            // Numbers of its node and client, their names, and what it holds: it has none of them.
            to.Number(0);
        }

        to.Fixed32(Crc32.HashToUInt32(to.Written));
        return to.ToArray();
    }

    private static void WriteHead(BytesWriter to, in PushedView view, in CompactedPlace place, bool withOutcome, int changes)
    {
        to.Byte(EventWriter.CompactedFormat);
        to.Byte((byte)((view.Refused ? EventWriter.RefusedFlag : 0) | (withOutcome ? OutcomeFlag : 0)));
        to.Number(place.Gap);
        if (withOutcome)
        {
            to.Uuid(view.Message);
            to.Hash(view.Digest);
        }

        to.Signed(view.AtMicros);
        to.Number(place.FirstLsn);
        to.Number(changes);
        to.Number(view.LastLsn - place.FirstLsn + 1);
        to.Number(view.JudgedLsn);
        to.Number(view.JudgedCounter);
        to.Number(place.AcceptedCounter);
        to.Number(place.Conflicts);
        to.Number(view.Client.Length);
        to.Bytes(view.Client.Span);
        var author = view.Author.Span.SequenceEqual(view.Client.Span) ? default : view.Author;
        to.Number(author.Length);
        to.Bytes(author.Span);
    }

    private static void WriteChanges(BytesWriter to, in PushedView view, long firstLsn, ReadOnlySpan<Remainder> remainders)
    {
        using var tables = new BytesWriter(256);
        using var outcomes = new BytesWriter(16 * (remainders.Length + 1));
        using var records = new BytesWriter(view.Bytes.Length + 16);
        using var table = new BytesWriter(10);
        var tableAt = new Dictionary<int, int>();
        var before = (Place: -1, Local: 0L, Counter: 0L, Lsn: firstLsn - 1);
        var walk = new PushedWalk(view);
        for (var i = 0; walk.MoveNext(); i++)
        {
            var remainder = remainders[i];
            if (remainder == Remainder.Nothing)
            {
                continue;
            }

            WriteOutcome(outcomes, in walk, remainder, ref before);
            if (!walk.HasRecord || remainder == Remainder.OutcomeAlone)
            {
                continue;
            }

            var (name, rest) = walk.Raw();
            if (tableAt.TryAdd(name, tables.Length))
            {
                var utf8 = view.Table(name);
                tables.Number(utf8.Length);
                tables.Bytes(utf8.Span);
            }

            table.Truncate(0);
            table.Number(tableAt[name]);
            records.Number(table.Length + rest.Length);
            records.Bytes(table.Written);
            records.Bytes(rest.Span);
        }

        to.Number(tables.Length);
        to.Bytes(tables.Written);
        to.Number(outcomes.Length);
        to.Bytes(outcomes.Written);
        to.Bytes(records.Written);
    }

    private static void WriteOutcome(
        BytesWriter to, in PushedWalk walk, Remainder remainder, ref (int Place, long Local, long Counter, long Lsn) before)
    {
        var won = walk.Resolution == Resolution.ClientWon && remainder != Remainder.WithoutConflict;
        var isGone = remainder == Remainder.OutcomeAlone && EventWriter.IsWhole(walk.Verdict);
        to.Byte((byte)((byte)walk.Verdict
            | (walk.DotValid ? EventWriter.DotValidBit : 0)
            | (won ? EventWriter.WonBit : 0)
            | (isGone ? GoneBit : 0)
            | (remainder == Remainder.Unlogged ? UnloggedBit : 0)));
        to.Number(walk.Place - before.Place - 1);
        to.Signed(walk.LocalLsn - before.Local);
        to.Signed(walk.Counter - before.Counter);
        if (walk.Verdict == Verdict.Accepted)
        {
            to.Number(walk.Lsn - before.Lsn - 1);
            before.Lsn = walk.Lsn;
        }
        else if (walk.Verdict != Verdict.Withdrawn)
        {
            to.Number(walk.Lsn);
        }

        (before.Place, before.Local, before.Counter) = (walk.Place, walk.LocalLsn, walk.Counter);
        if (walk.Conflict != ConflictType.None && remainder != Remainder.WithoutConflict)
        {
            to.Byte((byte)((byte)walk.Conflict | ((byte)walk.Resolution << 4)));
            to.Byte((byte)walk.Policy);
            if (won)
            {
                to.Number(walk.MetLsn);
            }
        }
    }
}
