using FsCheck.Xunit;
using HeliosSync.Domain;

namespace HeliosSync.Property;

/// <summary>Pages joined are the journal's suffix (protocol 4.2), and no page's position passes over a change (5.4).</summary>
[Properties(Arbitrary = [typeof(TinyArbitraries)], MaxTest = 500)]
public sealed class PageCutLaws
{
    /// <summary>A journal of 0 to 12 changes, each with its payload's bytes and whether it is wanted.</summary>
    private readonly record struct Entry(long Lsn, int Bytes, bool Wanted);

    [Property]
    public void Joined_pages_are_the_suffix_for_every_page_size_and_byte_bound(RandomSeed seed)
    {
        var random = new Random(seed.Value);
        var journal = Journal(random, filtered: false);
        var since = random.Next(journal.Count + 1);
        var joined = Join(random, journal, since, (page, cut, rest) =>
        {
            Assert.Equal(rest.Length > 0, page.Count > 0);
            Assert.Equal(rest.Length > page.Count, cut.HasMore);
            Assert.Equal(page.Count == 0 ? cut.ServerLsn : page[^1], cut.ServerLsn);
        });
        Assert.Equal(journal.Skip(since).Select(e => e.Lsn), joined);
    }

    [Property]
    public void Joined_pages_of_a_filter_are_what_it_wants_of_the_suffix(RandomSeed seed)
    {
        var random = new Random(seed.Value);
        var journal = Journal(random, filtered: true);
        var since = random.Next(journal.Count + 1);
        var joined = Join(random, journal, since, (page, cut, rest) =>
        {
            Assert.True(cut.HasMore || rest.Count(e => e.Wanted) == page.Count);
            Assert.Equal(rest.Count(e => e.Wanted && e.Lsn <= cut.ServerLsn), page.Count);
        });
        Assert.Equal(journal.Skip(since).Where(e => e.Wanted).Select(e => e.Lsn), joined);
    }

    [Property]
    public void Pages_that_follow_a_pinned_head_end_while_others_push(RandomSeed seed)
    {
        var random = new Random(seed.Value);
        var journal = Journal(random, filtered: false);
        var pinned = journal.Count;
        var joined = Join(random, journal, 0, (_, _, _) => journal.Add(new Entry(journal.Count + 1, 1, true)), pinned);
        Assert.Equal(Enumerable.Range(1, pinned).Select(i => (long)i), joined);
    }

    [Property]
    public void A_page_ends_at_its_entries_or_with_the_entry_that_crosses_its_bytes(RandomSeed seed)
    {
        var random = new Random(seed.Value);
        var max = random.Next(1, 6);
        var bound = random.Next(1, 400);
        var sizes = new byte[random.Next(1, 12)];
        random.NextBytes(sizes);
        var cut = new PageCut(0, sizes.Length, max, bound);
        var taken = new List<int>();
        for (var i = 0; i < sizes.Length; i++)
        {
            if (cut.Offer(i + 1, sizes[i], true))
            {
                taken.Add(sizes[i]);
            }
        }

        Assert.InRange(taken.Count, 1, max);
        Assert.True(taken.SkipLast(1).Sum() < bound);
        Assert.True(taken.Count == max || taken.Sum() >= bound || taken.Count == sizes.Length);
        Assert.Equal(taken.Count, cut.Entries);
    }

    [Fact]
    public void A_gap_in_the_journal_is_no_page()
    {
        var cut = new PageCut(3, 9, 10);
        Assert.True(cut.Offer(4, 1, true));
        Assert.Throws<InvalidOperationException>(() => cut.Offer(6, 1, true));
        Assert.Throws<InvalidOperationException>(() => cut.Offer(7, 1, false));
        Assert.Equal(4, cut.ServerLsn);
    }

    [Fact]
    public void What_stands_at_or_below_the_position_is_passed_over()
    {
        var cut = new PageCut(3, 9, 10);
        Assert.False(cut.Offer(2, 1, true));
        Assert.False(cut.Offer(3, 1, true));
        Assert.Equal(3, cut.ServerLsn);
        Assert.True(cut.Offer(4, 1, true));
    }

    [Fact]
    public void A_page_gives_nothing_above_the_pinned_head()
    {
        var cut = new PageCut(0, 2, 10);
        Assert.True(cut.Offer(1, 1, true));
        Assert.True(cut.Offer(2, 1, true));
        Assert.False(cut.Offer(3, 1, true));
        Assert.Equal(2, cut.ServerLsn);
        Assert.False(cut.HasMore);
    }

    [Fact]
    public void An_entry_that_is_not_wanted_takes_no_room_but_moves_the_position()
    {
        var cut = new PageCut(0, 3, 1, 10);
        Assert.False(cut.Offer(1, 1_000, false));
        Assert.True(cut.Offer(2, 1, true));
        Assert.True(cut.IsFull);
        Assert.Equal(2, cut.ServerLsn);
    }

    private static List<Entry> Journal(Random random, bool filtered) =>
        [.. Enumerable.Range(1, random.Next(13)).Select(i => new Entry(i, random.Next(4), !filtered || random.Next(3) == 0))];

    /// <summary>Pulls page after page, and shows each with the entries that were still to come.</summary>
    private static List<long> Join(
        Random random, List<Entry> journal, long since, Action<List<long>, PageCut, Entry[]> see, long? pinned = null)
    {
        var joined = new List<long>();
        var head = pinned ?? journal.Count;
        bool more;
        do
        {
            var cut = new PageCut(since, head, random.Next(1, 5), random.Next(1, 8));
            var rest = journal.Where(e => e.Lsn > since && e.Lsn <= head).ToArray();
            var page = new List<long>();
            foreach (var entry in journal.Skip(random.Next((int)since + 1)).TakeWhile(_ => !cut.IsFull || random.Next(2) == 0))
            {
                if (cut.Offer(entry.Lsn, entry.Bytes, entry.Wanted))
                {
                    page.Add(entry.Lsn);
                }
            }

            see(page, cut, rest);
            Assert.True(cut.ServerLsn > since || !cut.HasMore);
            since = cut.ServerLsn;
            more = cut.HasMore;
            joined.AddRange(page);
        }
        while (more);

        return joined;
    }
}
