using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Property.Codec;

/// <summary>
/// A stored push is believed in nothing that could be told from its bytes alone: each number, kind and name is checked for itself, by
/// whoever looks into an event and by replay, though the CRC be good.
/// </summary>
public sealed class JournalBoundsTests
{
    /// <summary>Where parts of <see cref="Small"/> stand: behind format, message id and digest, each is one byte or one name.</summary>
    private const int AcceptedAt = 37, ClientAt = 41, AuthorAt = 43, TableAt = 48;

    private const long EarliestMicros = -62_135_596_800_000_000;
    private const long LatestMicros = 253_402_300_799_999_999;

    private static readonly Judgement First = AnswerSamples.Judged(Verdict.Accepted, 1, 1);
    private static readonly Judgement Second = AnswerSamples.Judged(Verdict.Accepted, 2, 2);
    private static readonly Judgement Again = AnswerSamples.Judged(Verdict.Repeated, 2, 1);
    private static readonly Judgement Conflict = AnswerSamples.Judged(Verdict.Conflicting, 1, 1, ConflictType.ConcurrentUpdate);

    [Fact]
    public void Accepted_changes_are_not_more_than_the_changes()
    {
        var bytes = Small(First, Again);
        bytes[AcceptedAt] = 2;
        Assert.Equal(2, new PushedView(bytes).LsnCount);
        bytes[AcceptedAt] = 3;
        Assert.Throws<InvalidDataException>(() => new PushedView(bytes));
    }

    [Fact]
    public void Accepted_changes_that_are_counted_but_not_there_are_noticed_at_the_end()
    {
        var bytes = Small(First, Again);
        Assert.Equal([1], Lsns(bytes));
        bytes[AcceptedAt] = 2;
        Refused(bytes);
    }

    [Fact]
    public void Accepted_changes_that_are_there_but_not_counted_are_not_shown()
    {
        var bytes = Small(First, Second);
        Assert.Equal([1, 2], Lsns(bytes));
        bytes[AcceptedAt] = 1;
        var seen = new List<long>();
        Assert.Throws<InvalidDataException>(() => Walk(bytes, seen));
        Assert.Equal([1], seen);
    }

    [Fact]
    public void LSNs_begin_at_1_and_stay_safe_integers()
    {
        var e = Event(First, Second);
        Assert.Equal([1, 2], Lsns(EventWriter.Write(e)));
        Refused(EventWriter.Write(e with { FirstLsn = 0 }));
        Assert.Equal(Limits.SafeIntegerMax - 1, new PushedView(EventWriter.Write(e with { FirstLsn = Limits.SafeIntegerMax - 2 })).LastLsn);
        Refused(EventWriter.Write(e with { FirstLsn = Limits.SafeIntegerMax }));
        Refused(EventWriter.Write(e with { FirstLsn = Limits.SafeIntegerMax + 1 }));
    }

    [Fact]
    public void A_refused_push_has_accepted_nothing()
    {
        Assert.Empty(Lsns(EventWriter.Write(Event(Conflict) with { Refused = true })));
        Refused(EventWriter.Write(Event(First) with { Refused = true }));
    }

    [Theory]
    [InlineData(-1, false)]
    [InlineData(0, true)]
    [InlineData(Limits.SafeIntegerMax, true)]
    [InlineData(Limits.SafeIntegerMax + 1, false)]
    [InlineData(long.MinValue, false)]
    public void A_local_lsn_and_a_counter_are_safe_integers(long number, bool reads)
    {
        Is(reads, Small(First with { LocalLsn = number }));
        Is(reads, Small(First with { Counter = number }));
    }

    [Theory]
    [InlineData(EarliestMicros, true)]
    [InlineData(EarliestMicros - 1, false)]
    [InlineData(LatestMicros, true)]
    [InlineData(LatestMicros + 1, false)]
    public void A_timestamp_can_be_written_as_a_time(long micros, bool reads)
    {
        var e = Event(First);
        var change = e.Changes.Span[0] with { TimestampMicros = micros };
        Is(reads, EventWriter.Write(e with { Changes = new[] { change } }));
    }

    [Fact]
    public void Of_all_bytes_only_three_operations_with_and_without_compression_are_known()
    {
        var e = Event(First);
        for (var flags = 0; flags < 256; flags++)
        {
            var compressed = (flags & EventWriter.CompressedBit) != 0;
            var change = e.Changes.Span[0] with
            {
                Operation = (Operation)flags,
                Compressed = compressed,
                Data = compressed ? JournalSamples.Compress([1]) : new byte[] { 1 },
                DataBytes = 1,
            };
            Is(flags is (>= 1 and <= 3) or (>= 5 and <= 7), EventWriter.Write(e with { Changes = new[] { change } }));
        }
    }

    [Fact]
    public void Of_all_bytes_only_four_kinds_of_conflict_all_of_them_rejected_are_known()
    {
        var bytes = Small(Conflict);
        var at = new PushedView(bytes).RecordsAt - 1;
        for (var kind = 0; kind < 256; kind++)
        {
            bytes[at] = (byte)kind;
            Is(kind is >= 0x11 and <= 0x14, bytes);
        }
    }

    /// <summary>Served as they stand, in answers that must be UTF-8.</summary>
    [Theory]
    [InlineData(ClientAt, 'a')]
    [InlineData(AuthorAt, 'a')]
    [InlineData(TableAt, 't')]
    public void Names_are_ASCII(int at, char name)
    {
        var bytes = EventWriter.Write(Event(First) with { Author = Tiny.Node("a#1") });
        Assert.Equal((byte)name, bytes[at]);
        bytes[at] |= 0x80;
        Assert.Throws<InvalidDataException>(() => Walk(bytes, []));
    }

    [Theory]
    [InlineData(Verdict.Accepted)]
    [InlineData(Verdict.Conflicting)]
    public void A_record_ends_with_its_last_part(Verdict verdict)
    {
        var bytes = Small(verdict == Verdict.Accepted ? First : Conflict);
        Is(true, bytes);
        bytes[new PushedView(bytes).RecordsAt]++;
        Refused([.. bytes[..^4], 0, .. bytes[^4..]]);
    }

    /// <summary>Inserts of which this became, judged at the epoch, so that every number of the head is one byte.</summary>
    private static Pushed Event(params Judgement[] judgements)
    {
        var changes = judgements.Select((j, i) => (j, Tiny.Change(i + 1, Operation.Insert, i, i)));
        return AnswerSamples.Event(firstLsn: 1, refused: false, [.. changes]) with { AtMicros = 0 };
    }

    private static byte[] Small(params Judgement[] judgements) => EventWriter.Write(Event(judgements));

    private static void Is(bool good, byte[] bytes)
    {
        if (!good)
        {
            Refused(bytes);
            return;
        }

        Walk(bytes, []);
        Replay(bytes);
    }

    private static void Refused(byte[] bytes)
    {
        Assert.Throws<InvalidDataException>(() => Walk(bytes, []));
        Assert.Throws<InvalidDataException>(() => Replay(bytes));
    }

    private static List<long> Lsns(byte[] bytes)
    {
        var seen = new List<long>();
        Walk(bytes, seen);
        return seen;
    }

    /// <summary>Looks at all that a view shows; takes down the accepted LSNs as it goes.</summary>
    private static void Walk(byte[] bytes, List<long> seen)
    {
        var view = new PushedView(bytes);
        foreach (var change in view.Accepted())
        {
            seen.Add(change.Lsn);
        }

        foreach (var outcome in view.Outcomes())
        {
            Assert.InRange(outcome.Verdict, Verdict.Accepted, Verdict.Withdrawn);
        }
    }

    private static void Replay(byte[] bytes) => JournalSamples.Reader.Read("pushed/1", JournalCorruptionTests.Sealed(bytes[..^4]));
}
