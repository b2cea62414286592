using HeliosSync.Actors.Tenants;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Actors.Journal;

/// <summary>Finds changes in the journal by LSN: for pages, for repeated answers and for conflict reports.</summary>
internal sealed class JournalChanges(ReadJournal read)
{
    /// <summary>The push with that sequence number, which the caller knows to be durable, and to have these two marks.</summary>
    public byte[] ReadPush(TenantId tenant, long sequence, Guid message, Hash128 digest)
    {
        byte[] found = [];
        Read(tenant, sequence, sequence, row =>
        {
            var view = EventManifests.IsPush(row.Manifest) ? new PushedView(row.Bytes) : default;
            found = row.Bytes;
            return view.Message == message && view.Digest == digest
                ? false
                : throw new JournalDamageException(tenant, sequence, "is not the push that was stored there");
        });
        return found;
    }

    /// <summary>Fills a page from the events in memory, as far as the plan has them; whether that is all of it.</summary>
    public static bool TryFill(PageBuilder page, PagePlan plan)
    {
        foreach (var recent in plan.Recent ?? [])
        {
            page.Add(recent);
        }

        return page.IsFull || !page.HasMore;
    }

    /// <summary>Fills a page from the journal. The page says when it is full.</summary>
    public void Fill(PageBuilder page, TenantId tenant, PagePlan plan)
    {
        var from = plan.FromSequence;
        while (!page.IsFull && from <= plan.HeadSequence)
        {
            Read(tenant, from, plan.HeadSequence, row =>
            {
                if (EventManifests.IsPush(row.Manifest))
                {
                    page.Add(row.Bytes);
                }

                // What a first sync is not given is not read either, as far as the index knows where it ends.
                var next = plan.First is { } first && !page.IsFull ? first.Marks.SequenceBefore(page.Seek()) : 0;
                var goesOn = next <= row.Sequence + 1;
                from = goesOn ? row.Sequence + 1 : next;
                return !page.IsFull && goesOn;
            });
        }

        if (!page.IsFull)
        {
            throw new JournalDamageException(tenant, plan.HeadSequence, $"should have brought more than LSN {page.ServerLsn}");
        }
    }

    /// <summary>The LSNs of the versions that a push's conflicts met, rising, each once.</summary>
    public static IReadOnlyList<long> ConflictLsns(ReadOnlyMemory<byte> pushed)
    {
        var lsns = new SortedSet<long>();
        foreach (var outcome in new PushedView(pushed).Outcomes())
        {
            if (outcome.Conflict != ConflictType.None)
            {
                lsns.Add(outcome.MetLsn);
            }
        }

        return [.. lsns];
    }

    /// <summary>The changes with these LSNs, in own copies; data past the bound of one answer is left out (protocol 5.5).</summary>
    /// <param name="tenant">Whose changes.</param>
    /// <param name="lsns">Rising, each once.</param>
    /// <param name="places">Where they stand.</param>
    public IReadOnlyDictionary<long, ServerChange> ReadChanges(TenantId tenant, IReadOnlyList<long> lsns, ChangesLocated places)
    {
        var found = new Dictionary<long, ServerChange>(lsns.Count);
        var room = (long)Limits.ReportDataBytesMax;
        while (found.Count < lsns.Count)
        {
            var before = found.Count;
            Read(tenant, places.FromSequences[before], places.HeadSequence, row =>
            {
                if (EventManifests.IsPush(row.Manifest))
                {
                    Take(row.Bytes, lsns, found, ref room);
                }

                return found.Count == before;
            });
            if (found.Count == before)
            {
                throw new JournalDamageException(tenant, places.HeadSequence, $"ends the journal, and LSN {lsns[before]} was not there");
            }
        }

        return found;
    }

    /// <summary>
    /// Hands out these events, each checked to be the one that was written there, and none left out but what compaction took. Throws
    /// <see cref="JournalDamageException"/>: bytes that do not bear their checksum are handed to nobody.
    /// </summary>
    /// <param name="tenant">Whose.</param>
    /// <param name="from">The first number.</param>
    /// <param name="to">The last.</param>
    /// <param name="take">Takes each; false ends it.</param>
    /// <param name="mayEndInGap">
    /// Whether the last number may be of an event that compaction took away: the row that stands for it is behind it.
    /// </param>
    public void Read(TenantId tenant, long from, long to, Func<JournalRow, bool> take, bool mayEndInGap = false)
    {
        var name = PersistenceIds.Of(tenant);
        var (next, more) = (from, true);
        read(tenant, from, to, row =>
        {
            if (!EventSeal.Holds(row.Bytes, EventSeal.PlaceOf(name, row.Sequence, row.Manifest)))
            {
                throw new JournalDamageException(tenant, row.Sequence, "is not what was written there: its checksum does not match");
            }

            if (EventSpan.First(row.Manifest, row.Bytes, row.Sequence) > next)
            {
                throw new JournalDamageException(tenant, next, "is missing");
            }

            next = row.Sequence + 1;
            return more = take(row);
        });
        if (more && next <= to && !mayEndInGap)
        {
            throw new JournalDamageException(tenant, next, "is missing");
        }
    }

    /// <summary>Takes what is still wanted of an event's changes; both stand in LSN order.</summary>
    private static void Take(byte[] pushed, IReadOnlyList<long> lsns, Dictionary<long, ServerChange> found, ref long room)
    {
        foreach (var change in new PushedView(pushed).Accepted())
        {
            if (found.Count < lsns.Count && change.Lsn == lsns[found.Count])
            {
                var omit = change.DataBytes > room;
                room -= omit ? 0 : change.DataBytes;
                found.Add(change.Lsn, new ServerChange(change.Detach(withData: !omit), omit));
            }
        }
    }
}
