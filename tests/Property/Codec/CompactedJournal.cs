using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Property.Codec;

/// <summary>A tenant's journal in memory, as its table has it, that can be compacted.</summary>
internal sealed class CompactedJournal
{
    public const string Name = "tenant:t";

    public SortedDictionary<long, (string Manifest, byte[] Bytes)> Rows { get; } = [];

    public long LastSequence => Rows.Keys.Last();

    public long Head { get; private set; }

    public void Add(TenantEvent e, long sequence)
    {
        var (manifest, bytes) = (EventWriter.ManifestOf(e), EventWriter.Write(Rehashed(e)));
        EventSeal.Bind(bytes, EventSeal.PlaceOf(Name, sequence, manifest));
        Rows.Add(sequence, (manifest, bytes));
        Head = e is Pushed pushed ? pushed.FirstLsn + pushed.AcceptedCount - 1 : Head;
    }

    public static CompactedJournal Of(IEnumerable<(TenantEvent Event, long Sequence)> events)
    {
        var journal = new CompactedJournal();
        foreach (var (e, sequence) in events)
        {
            journal.Add(e, sequence);
        }

        return journal;
    }

    public CompactedJournal Copy()
    {
        var copy = new CompactedJournal { Head = Head };
        foreach (var (sequence, row) in Rows)
        {
            copy.Rows.Add(sequence, row);
        }

        return copy;
    }

    /// <summary>The state that the journal makes; throws where it is not whole.</summary>
    public Tenant Replay()
    {
        var tenant = new Tenant();
        foreach (var (sequence, (manifest, bytes)) in Rows)
        {
            var e = JournalSamples.Reader.Read(manifest, bytes, EventSeal.PlaceOf(Name, sequence, manifest));
            Assert.True(EventSpan.First(manifest, bytes, sequence) <= tenant.Sequence + 1, $"event {sequence} leaves a hole");
            tenant.Apply(e, sequence, bytes.Length);
        }

        return tenant;
    }

    /// <summary>The scope of a compaction up to that event.</summary>
    public CompactionScope Scope(long last, long lastRemovable) => new(Name, last, lastRemovable, LastSequence);

    /// <summary>The head after that event.</summary>
    public long HeadAfter(long sequence)
    {
        var head = 0L;
        foreach (var (at, (manifest, bytes)) in Rows)
        {
            head = at <= sequence && EventManifests.IsPush(manifest) ? new PushedView(bytes).LastLsn : head;
        }

        return head;
    }

    /// <summary>Compacts in steps, and tells after each.</summary>
    public CompactionFigures Compact(CompactionScope scope, JournalNeeds needs, Func<bool> pause, Action stepped)
    {
        var survey = new CompactionSurvey(scope, needs, JournalSamples.Hash);
        foreach (var (sequence, (manifest, bytes)) in Rows)
        {
            survey.Take(sequence, manifest, bytes);
        }

        survey.Close();
        Assert.Equal(HeadAfter(scope.LastSequence), survey.HorizonLsn);
        var compactor = new Compactor(survey);
        var edits = new List<JournalEdit>();
        foreach (var sequence in survey.Carriers)
        {
            compactor.Carry(sequence, Rows[sequence].Manifest, Rows[sequence].Bytes, edits);
            Apply(edits, scope);
            stepped();
        }

        foreach (var (sequence, (manifest, bytes)) in Rows.Where(r => r.Key <= scope.LastSequence).ToArray())
        {
            compactor.Take(sequence, manifest, bytes, edits);
            if (pause())
            {
                compactor.Pause(edits);
                Apply(edits, scope);
                stepped();
            }
        }

        compactor.End(edits);
        Apply(edits, scope);
        stepped();
        return compactor.Figures;
    }

    /// <summary>All pages of a pull from there, read as the server reads them; each is held to say exactly whether more comes.</summary>
    public List<StoredChange> Pull(long since, long pinned, int entries)
    {
        var index = Replay();
        var pull = new Pull(Guid.Empty, Tiny.Client("a"), since, entries, null, null, null, false, false, false);
        var all = new List<StoredChange>();
        for (var after = since; ;)
        {
            var page = new PageBuilder(pull, after, pinned, Tiny.Node("z"), mayEndInGap: pinned < Head);
            foreach (var (manifest, bytes) in Rows.Where(r => r.Key >= index.SequenceBefore(after + 1)).Select(r => r.Value))
            {
                if (!page.IsFull && EventManifests.IsPush(manifest))
                {
                    page.Add(bytes);
                }
            }

            Assert.True(page.IsFull || !page.HasMore);
            all.AddRange(page.Changes);
            if (!page.HasMore)
            {
                return all;
            }

            Assert.Equal(entries, page.Changes.Count);
            Assert.True(page.ServerLsn > after);
            Assert.Contains(Accepted(), c => c.Lsn > page.ServerLsn && c.Lsn <= pinned);
            after = page.ServerLsn;
        }
    }

    /// <summary>Every accepted change that is there.</summary>
    public List<StoredChange> Accepted()
    {
        var all = new List<StoredChange>();
        foreach (var (manifest, bytes) in Rows.Values)
        {
            if (EventManifests.IsPush(manifest))
            {
                foreach (var change in new PushedView(bytes).Accepted())
                {
                    all.Add(change);
                }
            }
        }

        return all;
    }

    private void Apply(List<JournalEdit> edits, CompactionScope scope)
    {
        foreach (var (sequence, bytes) in edits)
        {
            Assert.True(sequence <= scope.LastSequence);
            Assert.True(Rows.ContainsKey(sequence), $"event {sequence} is not there");
            if (bytes is null)
            {
                Assert.True(sequence <= scope.LastRemovable);
                Rows.Remove(sequence);
            }
            else
            {
                Rows[sequence] = (EventManifests.Compacted, bytes);
            }
        }

        edits.Clear();
    }

    /// <summary>The event with the real hashes instead of the stand-ins of the domain's tests.</summary>
    private static TenantEvent Rehashed(TenantEvent e) => e is not Pushed pushed
        ? e
        : pushed with
        {
            Changes = pushed.Changes.ToArray().Select(c => c with
            {
                Row = JournalSamples.Hash.OfRow("t"u8, c.Key.Span),
                Content = JournalSamples.Hash.OfContent(c.Data.Span),
            }).ToArray(),
        };
}
