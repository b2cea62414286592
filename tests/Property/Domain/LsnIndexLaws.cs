using FsCheck.Xunit;
using HeliosSync.Domain;

namespace HeliosSync.Property;

/// <summary>From LSN to journal sequence number: never behind the event that holds the LSN, never far before it.</summary>
public sealed class LsnIndexLaws
{
    private readonly record struct Event(long Sequence, long FirstLsn, int Lsns, int Bytes);

    [Property(Arbitrary = [typeof(TinyArbitraries)], MaxTest = 200)]
    public void Reading_from_there_meets_every_lsn_within_64_KiB_of_events(RandomSeed seed)
    {
        var random = new Random(seed.Value);
        var journal = Journal(random);
        var index = new LsnIndex([]);
        foreach (var e in journal)
        {
            index.Add(e.FirstLsn, e.Sequence, e.Bytes, e.Lsns > 0);
            if (random.Next(20) == 0)
            {
                index = new LsnIndex(index.ToArray());
            }
        }

        foreach (var e in journal.Where(e => e.Lsns > 0))
        {
            for (var lsn = e.FirstLsn; lsn < e.FirstLsn + e.Lsns; lsn++)
            {
                var from = index.SequenceBefore(lsn);
                Assert.InRange(from, 1, e.Sequence);
                var readOver = journal.Where(x => x.Sequence >= from && x.Sequence < e.Sequence).Sum(x => x.Bytes);
                Assert.InRange(readOver, 0, LsnIndex.MarkBytes);
            }
        }
    }

    [Property(Arbitrary = [typeof(TinyArbitraries)], MaxTest = 200)]
    public void It_holds_a_mark_for_64_KiB_of_events_and_not_more(RandomSeed seed)
    {
        var journal = Journal(new Random(seed.Value));
        var index = new LsnIndex([]);
        journal.ForEach(e => index.Add(e.FirstLsn, e.Sequence, e.Bytes, e.Lsns > 0));
        Assert.InRange(index.ToArray().Length, 0, 1 + (journal.Sum(e => (long)e.Bytes) / LsnIndex.MarkBytes));
        Assert.All(index.ToArray(), mark => Assert.Contains(journal, e => e.Sequence == mark.Sequence && e.FirstLsn == mark.Lsn));
    }

    [Fact]
    public void An_empty_index_says_read_from_the_beginning() => Assert.Equal(1, new LsnIndex([]).SequenceBefore(1));

    /// <summary>Some events hold no LSN (all refused), and some numbers belong to events that the index never sees.</summary>
    private static List<Event> Journal(Random random)
    {
        var journal = new List<Event>();
        long sequence = 0, head = 0;
        for (var i = random.Next(60); i > 0; i--)
        {
            var lsns = random.Next(4);
            sequence += random.Next(1, 3);
            journal.Add(new Event(sequence, head + 1, lsns, random.Next(5) == 0 ? 200_000 : random.Next(1, 30_000)));
            head += lsns;
        }

        return journal;
    }
}
