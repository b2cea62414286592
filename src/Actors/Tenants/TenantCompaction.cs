using HeliosSync.Domain;

namespace HeliosSync.Actors.Tenants;

/// <summary>A message of compaction.</summary>
internal interface ICompactionMessage : ITenantMessage;

/// <summary>Say what compaction must leave of the journal.</summary>
internal sealed record AskNeeds(TenantId Tenant) : ICompactionMessage;

/// <summary>Keep a snapshot, as new as can be; answer as to <see cref="AskNeeds"/> when the snapshot store has it, or has not.</summary>
internal sealed record KeepSnapshot(TenantId Tenant) : ICompactionMessage;

/// <summary>Answer to <see cref="AskNeeds"/>. All of it is durable.</summary>
/// <param name="HeadLsn">The head.</param>
/// <param name="HeadSequence">The last event.</param>
/// <param name="SnapshotSequence">The event of the newest snapshot that is kept; 0 where none is.</param>
/// <param name="Needs">What must be left.</param>
internal sealed record NeedsReply(long HeadLsn, long HeadSequence, long SnapshotSequence, JournalNeeds Needs);

/// <summary>
/// The part of a tenant's cycle that compaction asks: what its state needs of the journal, as of its last durable event, and a snapshot
/// behind which old events are read no more.
/// </summary>
internal sealed class TenantCompaction<TCaller>(TenantCycle<TCaller> cycle, SnapshotSchedule snapshots, ITenantOutlet<TCaller> outlet)
    where TCaller : notnull
{
    private readonly List<TCaller> _waiting = [];

    /// <summary>Takes a message.</summary>
    public void Handle(ICompactionMessage message, TCaller from)
    {
        switch (message)
        {
            case AskNeeds:
                Tell(from);
                break;
            case KeepSnapshot:
                _waiting.Add(from);
                snapshots.Want();
                // With nothing in flight the state is that of the last durable event; else the next event cuts it.
                outlet.Defer(CutNow);
                break;
            default:
                throw new ArgumentException($"A tenant cannot handle {message.GetType()}.", nameof(message));
        }
    }

    /// <summary>The snapshot store has said what became of a snapshot: whoever waited for one is told.</summary>
    /// <param name="kept">Its event; null where it could not be kept.</param>
    public void SnapshotSettled(long? kept)
    {
        snapshots.Settled(kept);
        foreach (var from in _waiting)
        {
            Tell(from);
        }

        _waiting.Clear();
    }

    /// <summary>
    /// What the state knows now relies on the writes that are under way: until they are durable, the state without them may come back, and
    /// needs what they let go.
    /// </summary>
    private void Tell(TCaller from)
    {
        var needs = cycle.Tenant.Needs(long.MaxValue);
        cycle.AnswerBehindWrites(
            from, () => new NeedsReply(cycle.DurableHead, cycle.DurableSequence, snapshots.Kept, needs));
    }

    private void CutNow()
    {
        if (cycle.DurableSequence == cycle.Tenant.Sequence && snapshots.Cut(cycle.Tenant) is { } cut)
        {
            outlet.Save(cut);
        }
    }
}
