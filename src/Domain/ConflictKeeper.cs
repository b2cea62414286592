namespace HeliosSync.Domain;

/// <summary>Keeps a tenant's conflict log: what goes into it, and what may be settled (protocol 4.7).</summary>
internal sealed class ConflictKeeper(ConflictLog log, RowTable rows)
{
    /// <summary>Why a push may not settle the conflict that it is there to settle; null where it may.</summary>
    public Refusal? Check(Push push, long nowMicros)
    {
        var conflict = log.Find(push.Settles);
        if (conflict is null || conflict.AtMicros < nowMicros - Limits.ConflictMicrosMax)
        {
            return new Refusal(ErrorCode.NotFound, "There is no such conflict, or none any more.");
        }

        if (conflict.State != ConflictState.Open)
        {
            return new Refusal(ErrorCode.AlreadySettled, "The conflict was settled before.", $"{conflict.State}");
        }

        return push.Changes.IsEmpty || push.Changes.Span[0].Row == conflict.Incoming.Row
            ? null
            : new Refusal(ErrorCode.InvalidMessage, "A conflict is settled by a change of its own row.", "changes[0].key");
    }

    /// <summary>Takes a conflict into the log, before its change becomes the row's version where it won.</summary>
    /// <param name="pushed">The push.</param>
    /// <param name="index">Which of its judgements.</param>
    /// <param name="place">The place of its change in the batch.</param>
    /// <param name="author">Index of the author.</param>
    /// <param name="sequence">The event's number.</param>
    public void Take(Pushed pushed, int index, int place, int author, long sequence)
    {
        ref readonly var judgement = ref pushed.Judgements.Span[index];
        ref readonly var change = ref pushed.Changes.Span[index];
        var metLsn = judgement.Verdict == Verdict.Accepted ? pushed.WonOver![index] : judgement.Lsn;
        if (!rows.TryGet(change.Row, out var met) || met.Lsn != metLsn)
        {
            // The journal no longer has what stood there then; its LSN is known all the same.
            met = new RowVersion(change.Row, metLsn, 0, 0, 0, author, Operation.Update, DotValid: false);
        }

        log.Add(EntryOf(in change, in judgement, author, in met, sequence, place, pushed.AtMicros));
    }

    public static ConflictEntry EntryOf(
        in PushedChange change, in Judgement judgement, int author, in RowVersion met, long sequence, int index, long atMicros)
    {
        var state = judgement.Resolution switch
        {
            Resolution.ServerWon => ConflictState.ServerWon,
            Resolution.ClientWon => ConflictState.ClientWon,
            _ => ConflictState.Open,
        };
        var incoming = RowVersion.Of(in change, judgement.Verdict == Verdict.Accepted ? judgement : judgement with { Lsn = 0 }, author);
        return new ConflictEntry(
            (sequence * Limits.BatchChangesMax) + index, atMicros, judgement.Conflict, judgement.Policy, incoming, met)
        {
            State = state,
            SettledMicros = state == ConflictState.Open ? 0 : atMicros,
            SettledLsn = incoming.Lsn,
        };
    }
}
