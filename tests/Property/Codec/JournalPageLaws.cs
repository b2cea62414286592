using FsCheck;
using FsCheck.Xunit;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Property.Codec;

/// <summary>Pages joined are the journal's suffix, as far as it is wanted (protocol 4.2), for pages made of stored bytes.</summary>
[Properties(MaxTest = 500)]
public sealed class JournalPageLaws
{
    private static readonly string[][] Filters = [["t"], ["tasks"], ["t", "tasks"], ["other"]];

    [Property]
    public void Joined_pages_are_what_is_wanted_of_the_suffix_and_has_more_is_exact(DoNotSize<int> seed)
    {
        var random = new Random(seed.Item);
        var journal = new Journal(random);
        var pull = APull(random, random.NextInt64(journal.Head + 1));
        var own = random.Next(2) == 0 ? Tiny.Node("a") : Tiny.Node("a#1");
        var joined = new List<long>();
        for (var after = pull.SinceLsn; ;)
        {
            var page = new PageBuilder(pull, after, journal.Head, own, random.Next(1, 200));
            journal.Fill(page, random);
            Check(journal, pull, own, after, page);
            joined.AddRange(page.Changes.Select(c => c.Lsn));
            if (!page.HasMore)
            {
                break;
            }

            Assert.True(page.ServerLsn > after);
            after = page.ServerLsn;
        }

        Assert.Equal(journal.Wanted(pull, own, pull.SinceLsn, journal.Head), joined);
    }

    [Property]
    public void A_page_ends_at_its_entries_or_with_the_entry_that_crosses_its_bytes_as_they_are_sent(DoNotSize<int> seed)
    {
        var random = new Random(seed.Item);
        var journal = new Journal(random);
        var pull = APull(random, 0) with { Tables = null, ExcludeOwn = false, AcceptCompressed = random.Next(2) == 0 };
        var bound = random.Next(1, 300);
        var page = new PageBuilder(pull, 0, journal.Head, Tiny.Node("a"), bound);
        journal.Fill(page, random);
        var sizes = page.Changes.Select(c => c.Key.Length + (pull.AcceptCompressed ? c.Data.Length : c.DataBytes)).ToArray();
        Assert.InRange(sizes.Length, Math.Min(1, journal.Head), pull.MaxEntries);
        Assert.True(sizes.SkipLast(1).Sum() < bound);
        Assert.True(sizes.Length == pull.MaxEntries || sizes.Sum() >= bound || page.ServerLsn == journal.Head);
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 3)]
    public void Compressed_entries_count_as_they_are_sent(bool acceptCompressed, int entries)
    {
        var change = Tiny.Change(1, Operation.Insert, 1, 1) with
        {
            Compressed = true,
            Data = JournalSamples.Compress(new byte[1_000]),
            DataBytes = 1_000,
        };
        var judged = Enumerable.Range(1, 3).Select(lsn => (AnswerSamples.Judged(Verdict.Accepted, lsn, lsn), change)).ToArray();
        var pull = APull(new Random(1), 0) with { MaxEntries = 9, Tables = null, ExcludeOwn = false, AcceptCompressed = acceptCompressed };
        var page = new PageBuilder(pull, 0, 3, Tiny.Node("z"), payloadBytesMax: 500);
        page.Add(EventWriter.Write(AnswerSamples.Event(1, false, judged)));
        Assert.Equal(entries, page.Changes.Count);
    }

    [Property]
    public void A_pinned_head_inside_an_event_ends_the_pages_there(DoNotSize<int> seed)
    {
        var random = new Random(seed.Item);
        var journal = new Journal(random);
        var pinned = random.NextInt64(journal.Head + 1);
        var page = new PageBuilder(APull(random, 0) with { MaxEntries = 1_000, Tables = null, ExcludeOwn = false }, 0, pinned, default);
        journal.Fill(page, random);
        Assert.Equal(pinned, page.ServerLsn);
        Assert.Equal(pinned, page.Changes.Count);
        Assert.False(page.HasMore);
    }

    [Fact]
    public void A_filtered_page_stops_after_8_MiB_of_events_but_not_before_it_has_passed_an_lsn()
    {
        var bulk = Enumerable.Range(0, 17).Select(i => Bulk(firstLsn: 1, accepted: false)).ToList();
        bulk.AddRange(Enumerable.Range(1, 17).Select(i => Bulk(firstLsn: i, accepted: true)));
        var page = new PageBuilder(APull(new Random(1), 0) with { Tables = ["other"], ExcludeOwn = false }, 0, 17, Tiny.Node("a"));
        foreach (var bytes in bulk.TakeWhile(_ => !page.IsFull))
        {
            page.Add(bytes);
        }

        Assert.Equal(1, page.ServerLsn);
        Assert.Empty(page.Changes);
        Assert.True(page.HasMore);
    }

    [Theory]
    [InlineData(-1, 2)]
    [InlineData(0, 1)]
    public void A_page_is_full_with_the_byte_that_reaches_8_MiB_of_events_and_takes_no_more_then(int more, long serverLsn)
    {
        const int DataBytes = Limits.PageScanBytesMax - 1_024;
        var beside = Bulk(firstLsn: 1, accepted: true, DataBytes).Length - DataBytes;
        var first = Bulk(firstLsn: 1, accepted: true, Limits.PageScanBytesMax + more - beside);
        Assert.Equal(Limits.PageScanBytesMax + more, first.Length);
        var page = new PageBuilder(APull(new Random(1), 0) with { Tables = ["other"], ExcludeOwn = false }, 0, 9, Tiny.Node("a"));
        page.Add(first);
        Assert.Equal(more >= 0, page.IsFull);
        page.Add(Bulk(firstLsn: 2, accepted: true));
        Assert.Equal(serverLsn, page.ServerLsn);
    }

    [Fact]
    public void An_unfiltered_page_goes_on_until_it_has_an_entry()
    {
        var page = new PageBuilder(APull(new Random(1), 0) with { Tables = null, ExcludeOwn = false }, 0, 1, Tiny.Node("a"));
        for (var i = 0; i < 20; i++)
        {
            page.Add(Bulk(firstLsn: 1, accepted: false));
            Assert.False(page.IsFull);
        }

        page.Add(Bulk(firstLsn: 1, accepted: true));
        Assert.Single(page.Changes);
        Assert.True(page.IsFull);
    }

    [Fact]
    public void A_gap_in_the_journal_is_no_page()
    {
        var page = new PageBuilder(APull(new Random(1), 0) with { MaxEntries = 9 }, 0, 9, Tiny.Node("a"));
        Assert.Throws<InvalidOperationException>(() => page.Add(Bulk(firstLsn: 2, accepted: true)));
    }

    /// <summary>One change with much data, half a megabyte unless told.</summary>
    private static byte[] Bulk(long firstLsn, bool accepted, int dataBytes = 512 * 1_024)
    {
        var change = Tiny.Change(1, Operation.Insert, 1, 1) with { Data = new byte[dataBytes], DataBytes = dataBytes };
        var verdict = accepted
            ? new Judgement(Verdict.Accepted, 1, firstLsn, 0, false, ConflictType.None, VectorClock.Empty)
            : new Judgement(Verdict.Conflicting, 1, 1, 0, false, ConflictType.ConcurrentUpdate, VectorClock.Empty);
        return EventWriter.Write(new Pushed(
            Guid.Empty, default, Tiny.Client("b"), Tiny.Node("b"), 0, false, firstLsn, new[] { verdict }, new[] { change }, 1, 0));
    }

    private static Pull APull(Random random, long since) => new(
        Guid.Empty, Tiny.Client("a"), since, random.Next(1, 6), null, null,
        random.Next(3) == 0 ? random.GetItems(Filters, 1)[0] : null, random.Next(3) == 0, false, random.Next(2) == 0);

    private static void Check(Journal journal, Pull pull, NodeId own, long after, PageBuilder page)
    {
        Assert.Equal(journal.Wanted(pull, own, after, page.ServerLsn), page.Changes.Select(c => c.Lsn));
        var rest = journal.Wanted(pull, own, page.ServerLsn, journal.Head);
        Assert.True(page.HasMore || rest.Length == 0);
        if (pull.Tables is null && !pull.ExcludeOwn)
        {
            Assert.Equal(rest.Length > 0, page.HasMore);
            Assert.True(page.Changes.Count > 0 || after == journal.Head);
        }
    }

    /// <summary>A journal of a few events, refused ones and ones without an LSN among them.</summary>
    private sealed class Journal
    {
        private readonly List<(Pushed Event, byte[] Bytes)> _events = [];

        public Journal(Random random)
        {
            for (var i = random.Next(8); i > 0; i--)
            {
                var e = JournalSamples.Pushed(random, Head + 1);
                _events.Add((e, EventWriter.Write(e)));
                Head += e.AcceptedCount;
            }
        }

        public long Head { get; }

        /// <summary>Adds events from one at or before the first that matters, and perhaps goes on once the page is full.</summary>
        public void Fill(PageBuilder page, Random random)
        {
            var first = _events.FindIndex(e => e.Event.FirstLsn + e.Event.AcceptedCount > page.ServerLsn + 1);
            foreach (var (_, bytes) in _events.Skip(random.Next(Math.Max(first, 0) + 1)))
            {
                if (page.IsFull && random.Next(2) == 0)
                {
                    return;
                }

                page.Add(bytes);
            }
        }

        public long[] Wanted(Pull pull, NodeId own, long after, long upTo) =>
        [
            .. from e in _events
               from i in Enumerable.Range(0, e.Event.Changes.Length)
               let judgement = e.Event.Judgements.Span[i]
               where judgement.Verdict == Verdict.Accepted && judgement.Lsn > after && judgement.Lsn <= upTo
               where pull.Tables is null || pull.Tables.Contains(e.Event.Changes.Span[i].Table)
               where !pull.ExcludeOwn || e.Event.Author != own
               select judgement.Lsn,
        ];
    }
}
