using FsCheck;
using FsCheck.Xunit;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Property.Codec;

/// <summary>What compaction promises (docs/protocol.md 6.8), held after each of its steps, for every journal and horizon.</summary>
[Properties(Arbitrary = [typeof(HistoryArbitraries)], MaxTest = 150)]
public sealed class CompactionLaws
{
    private static readonly ConflictPolicies?[] Policies =
    [
        null, .. Enum.GetValues<ConflictPolicy>().Select(p => ConflictPolicies.TryCreate(p, [])),
    ];

    [Property(MaxTest = 400)]
    public void A_compacted_journal_makes_the_state_that_the_whole_one_makes(History history, DoNotSize<int> seed)
    {
        var (random, arena, whole) = Play(history, seed.Item);
        if (arena.Journal.Count == 0)
        {
            return;
        }

        var journal = whole.Copy();
        var expected = PortraitOf(whole.Replay());
        for (var round = 0; round < 3; round++)
        {
            Compact(journal, random, whole.Replay().Needs(long.MaxValue), () => Assert.Equal(expected, PortraitOf(journal.Replay())));
        }
    }

    [Property]
    public void It_goes_on_making_that_state_with_what_is_written_after(History history, DoNotSize<int> seed)
    {
        var (random, arena, whole) = Play(history, seed.Item);
        var journal = new CompactedJournal();
        var grown = new CompactedJournal();
        foreach (var (e, sequence) in arena.Journal)
        {
            journal.Add(e, sequence);
            grown.Add(e, sequence);
            if (random.Next(4) == 0)
            {
                Compact(journal, random, grown.Replay().Needs(long.MaxValue), static () => { });
            }
        }

        if (arena.Journal.Count > 0)
        {
            Assert.Equal(PortraitOf(whole.Replay()), PortraitOf(journal.Replay()));
        }
    }

    /// <summary>What the tenant has forgotten is no longer there, and what it has not is as it was.</summary>
    [Property]
    public void What_is_forgotten_of_outcomes_and_conflicts_changes_nothing_else(History history, DoNotSize<int> seed)
    {
        var (random, arena, whole) = Play(history, seed.Item);
        if (arena.Journal.Count == 0)
        {
            return;
        }

        var state = whole.Replay();
        var needs = state.Needs(long.MaxValue);
        var fewer = new JournalNeeds(
            needs.Outcomes.Where(_ => random.Next(2) == 0).ToHashSet(),
            needs.Conflicts.Where(c => random.Next(2) == 0 || Again(state, whole).Contains(c.Key)).ToDictionary());
        var journal = whole.Copy();
        var scope = Compact(journal, random, fewer, static () => { });
        bool Stays(ConflictEntry conflict) => fewer.Conflicts.ContainsKey(conflict.Id) || conflict.Sequence > scope.LastSequence;
        var expected = state.Freeze();
        var actual = journal.Replay().Freeze();
        Assert.Equal(
            Portrait.Of(Plain(expected) with { Conflicts = [.. expected.Conflicts.Where(Stays)], Clients = Windowless(expected) }, false),
            Portrait.Of(Plain(actual) with { Clients = Windowless(actual) }, false));
        Assert.All(OutcomesOf(whole).Where(o => fewer.Outcomes.Contains(o.Sequence)), o => Assert.Contains(o, OutcomesOf(journal)));
    }

    [Property]
    public void A_pull_from_any_position_ends_with_the_same_rows_in_the_order_of_their_lsns(History history, DoNotSize<int> seed)
    {
        var (random, arena, whole) = Play(history, seed.Item);
        if (arena.Journal.Count == 0)
        {
            return;
        }

        var journal = whole.Copy();
        var scope = Compact(journal, random, whole.Replay().Needs(long.MaxValue), static () => { });
        var horizon = whole.HeadAfter(scope.LastSequence);
        for (var since = 0L; since <= whole.Head; since++)
        {
            var entries = random.Next(1, 5);
            var (before, after) = (whole.Pull(since, whole.Head, entries), journal.Pull(since, whole.Head, entries));
            Assert.Equal(RowsOf(before), RowsOf(after));
            Assert.Equal(after.Select(c => c.Lsn).Order().Distinct(), after.Select(c => c.Lsn));
            var given = before.ToDictionary(c => c.Lsn, Content);
            Assert.All(after, c => Assert.Equal(given[c.Lsn], Content(c)));
            Assert.Equal(before.Where(c => c.Lsn > horizon).Select(Content), after.Where(c => c.Lsn > horizon).Select(Content));
        }
    }

    /// <summary>A pull that was begun before goes on to its pinned head, over what has gone since.</summary>
    [Property]
    public void A_pinned_pull_passes_over_what_has_gone_and_says_exactly_whether_more_comes(History history, DoNotSize<int> seed)
    {
        var (random, arena, whole) = Play(history, seed.Item);
        if (arena.Journal.Count == 0)
        {
            return;
        }

        var journal = whole.Copy();
        Compact(journal, random, whole.Replay().Needs(long.MaxValue), static () => { });
        for (var pinned = 0L; pinned <= whole.Head; pinned++)
        {
            var since = random.NextInt64(pinned + 1);
            Assert.Equal(
                journal.Accepted().Where(c => c.Lsn > since && c.Lsn <= pinned).Select(c => c.Lsn),
                journal.Pull(since, pinned, random.Next(1, 4)).Select(c => c.Lsn));
        }
    }

    [Property]
    public void A_repeat_is_answered_as_before_as_long_as_its_id_is_remembered(History history, DoNotSize<int> seed)
    {
        var (random, arena, whole) = Play(history, seed.Item);
        if (arena.Journal.Count == 0)
        {
            return;
        }

        var journal = whole.Copy();
        Compact(journal, random, whole.Replay().Needs(long.MaxValue), static () => { });
        var (before, after) = (whole.Replay(), journal.Replay());
        foreach (var (push, _) in arena.Pushes)
        {
            var (told, tells) = (before.Decide(push, Tiny.Now), after.Decide(push, Tiny.Now));
            Assert.Equal((told.RepeatOf, told.Refusal?.Code, told.ServerLsn), (tells.RepeatOf, tells.Refusal?.Code, tells.ServerLsn));
            if (told.RepeatOf > 0)
            {
                Assert.Equal(AckOf(whole, told.RepeatOf), AckOf(journal, told.RepeatOf));
            }
        }
    }

    /// <summary>Else compaction could pass every law above by leaving everything as it is.</summary>
    [Property]
    public void Up_to_the_horizon_only_what_something_needs_is_left(History history, DoNotSize<int> seed)
    {
        var (random, arena, whole) = Play(history, seed.Item);
        if (arena.Journal.Count == 0)
        {
            return;
        }

        var journal = whole.Copy();
        var scope = Compact(journal, random, new JournalNeeds(new HashSet<long>(), new Dictionary<long, long>()), static () => { });
        var met = MetAbove(whole, scope.LastSequence);
        var old = whole.HeadAfter(scope.LastSequence);
        var last = whole.Accepted().Where(c => c.Lsn <= old).GroupBy(RowOf).Select(g => g.Max(c => c.Lsn)).ToHashSet();
        Assert.All(journal.Accepted().Where(c => c.Lsn <= old), c => Assert.True(last.Contains(c.Lsn) || met.Contains(c.Lsn)));
        var compacted = journal.Rows.Where(r => r.Value.Manifest == EventManifests.Compacted);
        var removable = compacted.Where(r => r.Key <= scope.LastRemovable).ToArray();
        foreach (var (at, next) in removable.Zip(removable.Skip(1)))
        {
            var empty = new PushedView(at.Value.Bytes).Client.IsEmpty;
            Assert.False(empty && EventSpan.First(next.Value.Manifest, next.Value.Bytes, next.Key) == at.Key + 1
                && next.Value.Bytes.Length < 4_096, "a row that stands for nothing is left before one that could stand for it");
        }

        var again = journal.Copy();
        again.Compact(scope, new JournalNeeds(new HashSet<long>(), new Dictionary<long, long>()), () => false, static () => { });
        Assert.Equal(
            journal.Rows.Select(r => (r.Key, Convert.ToHexString(r.Value.Bytes))),
            again.Rows.Select(r => (r.Key, Convert.ToHexString(r.Value.Bytes))));
    }

    [Fact]
    public void Message_ids_beyond_the_window_leave_no_outcome_and_the_window_stays_exact()
    {
        var arena = new Arena();
        arena.Take(new RegisterStep(0, 0, 0, 0, 0, 0, 0, false));
        arena.Take(new RegisterStep(1, 0, 0, 0, 0, 0, 0, false));
        for (var i = 1; i <= 600; i++)
        {
            var change = Tiny.Change(i, Operation.Update, i % 4, i % 3);
            arena.Push(new Push(
                new Guid(i, 7, 0, new byte[8]), Tiny.Client(i % 7 == 0 ? "b" : "a"), VectorClock.Empty, null, false,
                new[] { change with { BaseLsn = arena.Tenant.Head } }, default));
        }

        var whole = CompactedJournal.Of(arena.Journal);
        var journal = whole.Copy();
        var state = whole.Replay();
        var expected = PortraitOf(state);
        var figures = journal.Compact(
            journal.Scope(590, 580), state.Needs(long.MaxValue), () => true, () => Assert.Equal(expected, PortraitOf(journal.Replay())));
        Assert.Equal(602, journal.Rows.Count + (figures.Events - figures.EventsRemoved == 0 ? 0 : figures.EventsRemoved));
        Assert.InRange(journal.Rows.Count, 256 + 85, 256 + 85 + 20);
        Assert.Equal(590 - 2 - 4, figures.ChangesRemoved);
    }

    private static (Random Random, Arena Arena, CompactedJournal Whole) Play(History history, int seed)
    {
        var random = new Random(seed);
        var arena = Arena.After(history, policies: random.GetItems(Policies, 1)[0]);
        return (random, arena, CompactedJournal.Of(arena.Journal));
    }

    private static CompactionScope Compact(CompactedJournal journal, Random random, JournalNeeds needs, Action stepped)
    {
        var last = random.NextInt64(journal.LastSequence + 1);
        var scope = journal.Scope(last, random.NextInt64(last + 1));
        journal.Compact(scope, needs, () => random.Next(3) == 0, stepped);
        return scope;
    }

    private static string PortraitOf(Tenant tenant) => Portrait.Of(Plain(tenant.Freeze()), marks: false);

    /// <summary>When changes below the horizon were written is told less exactly, and later marks stand elsewhere.</summary>
    private static TenantSnapshot Plain(TenantSnapshot snapshot) => snapshot with { Times = [] };

    private static ClientSnapshot[] Windowless(TenantSnapshot snapshot) => [.. snapshot.Clients.Select(c => c with { Window = [] })];

    private static string RowOf(StoredChange change) => Convert.ToHexString(change.Key.Span);

    private static string Content(StoredChange c) =>
        $"{c.Lsn} {RowOf(c)} {c.Operation} {Convert.ToHexString(c.Data.Span)} {c.TimestampMicros} {c.Checksum} "
        + $"{Convert.ToHexString(c.Author.Span)} {c.AuthorLsn} {c.Counter} {c.Others}";

    private static SortedDictionary<string, string> RowsOf(IEnumerable<StoredChange> changes)
    {
        var rows = new SortedDictionary<string, string>();
        foreach (var change in changes)
        {
            rows[RowOf(change)] = Content(change);
        }

        return rows;
    }

    private static HashSet<long> MetAbove(CompactedJournal journal, long sequence)
    {
        var met = new HashSet<long>();
        foreach (var (_, (manifest, bytes)) in journal.Rows.Where(r => r.Key > sequence))
        {
            if (EventManifests.IsPush(manifest))
            {
                foreach (var outcome in new PushedView(bytes).Outcomes())
                {
                    met.Add(outcome.MetLsn);
                }
            }
        }

        return met;
    }

    /// <summary>Conflicts of the log that arose again later: what is logged once alone would come into it by the later one.</summary>
    private static HashSet<long> Again(Tenant state, CompactedJournal journal)
    {
        var times = new Dictionary<(string Author, long LocalLsn, long Met), int>();
        foreach (var (_, (manifest, bytes)) in journal.Rows.Where(r => EventManifests.IsPush(r.Value.Manifest)))
        {
            var view = new PushedView(bytes);
            foreach (var outcome in view.Outcomes())
            {
                var key = (System.Text.Encoding.ASCII.GetString(view.Author.Span), outcome.LocalLsn, outcome.MetLsn);
                times[key] = times.GetValueOrDefault(key) + (outcome.Conflict == ConflictType.None ? 0 : 1);
            }
        }

        return
        [
            .. state.Freeze().Conflicts
                .Where(c => times[(state.NodeAt(c.Incoming.Author).Value, c.Incoming.LocalLsn, c.Met.Lsn)] > 1)
                .Select(c => c.Id),
        ];
    }

    private static List<(long Sequence, string Ack)> OutcomesOf(CompactedJournal journal)
    {
        var all = new List<(long, string)>();
        foreach (var (sequence, (manifest, bytes)) in journal.Rows)
        {
            if (EventManifests.IsPush(manifest) && new PushedView(bytes).HasOutcome)
            {
                all.Add((sequence, AckOf(journal, sequence)));
            }
        }

        return all;
    }

    /// <summary>The acknowledgement of the push with that number, or the error of one that was refused.</summary>
    private static string AckOf(CompactedJournal journal, long sequence)
    {
        var bytes = journal.Rows[sequence].Bytes;
        var changes = journal.Accepted().ToDictionary(c => c.Lsn, c => new ServerChange(c, false));
        var to = new System.Buffers.ArrayBufferWriter<byte>();
        var writer = new AckWriter(JournalSamples.Zstd);
        if (new PushedView(bytes).Refused)
        {
            writer.WriteRefused(to, bytes, changes, Tiny.ServerGuid, "r");
        }
        else
        {
            writer.Write(to, bytes, changes, 1, 2, Tiny.ServerGuid, Tiny.Node("a"), 3);
        }

        return System.Text.Encoding.UTF8.GetString(to.WrittenSpan);
    }
}
