namespace HeliosSync.Domain;

/// <summary>Records judged pushes in a tenant's state: rows, conflict log, node, client, where and when LSNs were written.</summary>
internal sealed class PushRecorder(
    RowTable rows, Roster roster, ConflictKeeper keeper, ConflictLog log, LsnIndex index, WriteTimes times)
{
    /// <summary>
    /// Throws where an event does not continue the journal. What compaction left stands for others before it too, so it may begin earlier.
    /// </summary>
    public static void CheckChain(long firstLsn, long lastLsn, long head, bool isCompacted)
    {
        if (isCompacted ? firstLsn > head + 1 || lastLsn < head : firstLsn != head + 1)
        {
            throw new ArgumentException($"The event begins at LSN {firstLsn}, the head is {head}.", nameof(firstLsn));
        }
    }

    /// <summary>Records a push; gives the head after it.</summary>
    public long Record(Pushed pushed, long head, long sequence, int bytes)
    {
        if (!roster.TryGetNode(pushed.Author, out var author) || !roster.TryGetClient(pushed.Client, out var client))
        {
            throw new ArgumentException($"{pushed.Author} of {pushed.Client} was never registered.", nameof(pushed));
        }

        var left = pushed.Remains;
        var firstLsn = pushed.FirstLsn;
        var lastLsn = left?.LastLsn ?? firstLsn + pushed.AcceptedCount - 1;
        CheckChain(firstLsn, lastLsn, head, left is not null);
        var (accepted, conflicts) = RecordChanges(pushed, author, sequence);
        foreach (ref readonly var settled in pushed.Settled.AsSpan())
        {
            log.Settle(in settled, pushed.AtMicros, author);
        }

        accepted = Math.Max(accepted, left?.AcceptedCounter ?? 0);
        roster.SetNode(author, new NodeState(pushed.Author, pushed.JudgedLsn, pushed.JudgedCounter, accepted));
        if (left is null || left.HasOutcome)
        {
            client.Remember(new WindowEntry(pushed.Message, pushed.Digest, sequence));
        }

        client.Judged(pushed.AtMicros, left?.Conflicts ?? client.Conflicts + conflicts);
        index.Add(firstLsn, sequence, bytes, holdsLsns: lastLsn >= firstLsn);
        if (lastLsn >= firstLsn)
        {
            // Of those that compaction left out it is not known when they were written; so an earlier time is told, never a later one.
            times.Add(left is null ? firstLsn : lastLsn, pushed.AtMicros);
        }

        return lastLsn;
    }

    private (long Accepted, int Conflicts) RecordChanges(Pushed pushed, int author, long sequence)
    {
        var judgements = pushed.Judgements.Span;
        var changes = pushed.Changes.Span;
        var left = pushed.Remains is { } remains ? remains.Changes.Span : default;
        var accepted = roster[author].AcceptedCounter;
        var conflicts = 0;
        for (var i = 0; i < judgements.Length; i++)
        {
            ref readonly var judgement = ref judgements[i];
            if (judgement.Conflict != ConflictType.None && (left.IsEmpty || !left[i].IsUnlogged))
            {
                keeper.Take(pushed, i, left.IsEmpty ? i : left[i].Place, author, sequence);
            }

            if (judgement.Verdict != Verdict.Accepted)
            {
                conflicts += judgement.Verdict == Verdict.Conflicting ? 1 : 0;
                continue;
            }

            if (left.IsEmpty || !left[i].IsGone)
            {
                rows.Set(RowVersion.Of(in changes[i], in judgement, author));
            }

            accepted = Math.Max(accepted, judgement.Counter);
        }

        return (accepted, conflicts);
    }
}
