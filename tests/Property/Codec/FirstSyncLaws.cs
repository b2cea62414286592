using FsCheck;
using FsCheck.Xunit;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Property.Codec;

/// <summary>
/// A client that begins at 0 is given each row's latest change up to the pinned head, in LSN order, and nothing else (docs/protocol.md
/// 6.3): as if of all changes the superseded had been left out, for every size of pages.
/// </summary>
[Properties(MaxTest = 300)]
public sealed class FirstSyncLaws
{
    [Property]
    public void The_latest_lsns_are_those_of_the_rows_versions_and_frozen_ones_never_change(DoNotSize<int> seed)
    {
        var random = new Random(seed.Item);
        var (table, rows) = (new RowTable(), random.Next(1, 40));
        // LSNs in several blocks, and some that leave one empty.
        var step = random.Next(3) switch { 0 => 1, 1 => 9_000, _ => 65_536 };
        var latest = new Dictionary<int, long>();
        var frozen = new List<(long[] Then, LatestChanges View)>();
        var head = 0L;
        for (var n = 0; n < 120; n++)
        {
            head += random.Next(1, step + 1);
            var row = random.Next(rows);
            table.Set(new RowVersion(Tiny.Row(row), head, 0, 0, 0, 0, Operation.Update, false));
            latest[row] = head;
            if (random.Next(10) == 0)
            {
                frozen.Add(([.. latest.Values.Order()], table.FreezeLatest(head)));
            }
        }

        frozen.Add(([.. latest.Values.Order()], table.FreezeLatest(head)));
        foreach (var (then, view) in frozen)
        {
            Assert.Equal(then[^1], view.Head);
            Assert.Equal(then, Lsns(view));
            var lsn = random.NextInt64(1, view.Head + 1);
            Assert.Equal(then.First(l => l >= lsn), view.NextFrom(lsn));
            Assert.Equal(view.Head + 1, view.NextFrom(view.Head + 1));
            Assert.Equal(view.Head + 77, view.NextFrom(view.Head + 77));
        }
    }

    [Property]
    public void Joined_pages_are_the_latest_changes_and_what_came_after_them(DoNotSize<int> seed)
    {
        var random = new Random(seed.Item);
        var log = Log.Draw(random);
        // The rows are looked at when the head was there, and the page is read up to a later one.
        var seen = random.NextInt64(0, log.Head + 1);
        var pinned = random.NextInt64(seen, log.Head + 1);
        var given = Pages(log, log.LatestAt(seen), pinned, random, out _);
        Assert.Equal(log.StandingAt(seen, pinned), given);
    }

    [Property]
    public void Rows_after_a_first_sync_are_those_after_all_changes(DoNotSize<int> seed)
    {
        var random = new Random(seed.Item);
        var log = Log.Draw(random);
        var given = Pages(log, log.LatestAt(log.Head), log.Head, random, out var positions);
        Assert.Equal(log.RowsOf(Enumerable.Range(1, (int)log.Head).Select(static l => (long)l)), log.RowsOf(given));

        // And for whoever breaks off, keeps the position and goes on from there without a token.
        var at = random.Next(positions.Count);
        var kept = given.Where(l => l <= positions[at]);
        var rest = Enumerable.Range(1, (int)log.Head).Select(static l => (long)l).Where(l => l > positions[at]);
        Assert.Equal(log.RowsOf(Enumerable.Range(1, (int)log.Head).Select(static l => (long)l)), log.RowsOf(kept.Concat(rest)));
    }

    [Fact]
    public void A_view_of_a_later_head_than_the_pinned_one_is_a_bug()
    {
        var table = new RowTable();
        table.Set(new RowVersion(Tiny.Row(1), 9, 0, 0, 0, 0, Operation.Update, false));
        Assert.Throws<ArgumentException>(() => new PageBuilder(Asked(10), 0, 8, Tiny.Node("z"), latest: table.FreezeLatest(9)));
    }

    private static Pull Asked(int entries) => new(Guid.Empty, Tiny.Client("z"), 0, entries, null, null, null, false, false, false);

    private static IEnumerable<long> Lsns(LatestChanges view)
    {
        for (var lsn = view.NextFrom(1); lsn <= view.Head; lsn = view.NextFrom(lsn + 1))
        {
            yield return lsn;
        }
    }

    private static List<long> Pages(Log log, LatestChanges view, long pinned, Random random, out List<long> positions)
    {
        var given = new List<long>();
        positions = [0];
        var after = 0L;
        bool hasMore;
        do
        {
            var page = new PageBuilder(Asked(random.Next(1, 6)), after, pinned, Tiny.Node("z"), latest: view);
            foreach (var (first, last, bytes) in log.Events)
            {
                // Events that have nothing of what is looked for may be left out, as the journal's reader does.
                if (!page.IsFull && last >= page.Seek())
                {
                    page.Add(bytes);
                }
            }

            Assert.True(page.HasMore || page.ServerLsn == pinned);
            Assert.True(!page.HasMore || page.Changes.Count > 0, "a page that is not the last has an entry");
            given.AddRange(page.Changes.Select(static c => c.Lsn));
            Assert.True(page.Changes.Count == 0 || page.Changes[^1].Lsn <= page.ServerLsn);
            (after, hasMore) = (page.ServerLsn, page.HasMore);
            positions.Add(after);
        }
        while (hasMore);
        return given;
    }

    /// <summary>A journal of few rows that are written again and again.</summary>
    private sealed class Log
    {
        private readonly List<(long Lsn, int Row)> _changes = [];

        public List<(long First, long Last, byte[] Bytes)> Events { get; } = [];

        public long Head => _changes.Count;

        public static Log Draw(Random random)
        {
            var (log, rows) = (new Log(), random.Next(1, 8));
            for (var events = random.Next(1, 25); events > 0; events--)
            {
                var count = random.Next(1, 6);
                var changes = new PushedChange[count];
                var judgements = new Judgement[count];
                var first = log.Head + 1;
                for (var i = 0; i < count; i++)
                {
                    var (row, isAccepted) = (random.Next(rows), random.Next(5) > 0);
                    changes[i] = Tiny.Change(1 + i, random.Next(4) == 0 ? Operation.Delete : Operation.Update, row, random.Next(9));
                    var verdict = isAccepted ? Verdict.Accepted : Verdict.Converged;
                    judgements[i] = new Judgement(
                        verdict, 1 + i, isAccepted ? log.Head + 1 : 1, 0, false, ConflictType.None, VectorClock.Empty);
                    if (isAccepted)
                    {
                        log._changes.Add((log.Head + 1, row));
                    }
                }

                var e = new Pushed(
                    Guid.NewGuid(), default, Tiny.Client("a"), Tiny.Node("a"), Tiny.Now, false, first, judgements, changes, count, 0);
                log.Events.Add((first, log.Head, EventWriter.Write(e)));
            }

            return log;
        }

        public LatestChanges LatestAt(long head)
        {
            var table = new RowTable();
            foreach (var (lsn, row) in _changes.Where(c => c.Lsn <= head))
            {
                table.Set(new RowVersion(Tiny.Row(row), lsn, 0, 0, 0, 0, Operation.Update, false));
            }

            return table.FreezeLatest(head);
        }

        /// <summary>Of the changes up to one head those that no later one of them supersedes, and all from there to another.</summary>
        public IEnumerable<long> StandingAt(long seen, long pinned) => _changes
            .Where(c => c.Lsn <= pinned && (c.Lsn > seen || !_changes.Exists(d => d.Row == c.Row && d.Lsn > c.Lsn && d.Lsn <= seen)))
            .Select(static c => c.Lsn);

        public IEnumerable<(int Row, long Lsn)> RowsOf(IEnumerable<long> lsns) => lsns
            .GroupBy(l => _changes[(int)l - 1].Row).Select(static row => (row.Key, row.Max())).Order();
    }
}
