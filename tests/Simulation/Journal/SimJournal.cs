using System.Data.Common;
using HeliosSync.Actors.Journal;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Simulation;

/// <summary>How a write ended, as its writer is told.</summary>
internal enum WriteResult
{
    Done,
    Failed,
    Rejected,
}

/// <summary>A database that cannot be reached.</summary>
internal sealed class SimulatedFailureException() : DbException("The simulated journal cannot be read.");

/// <summary>How bad a journal is, in percent of writes and reads.</summary>
internal readonly record struct Disk(int FailPercent, int HangPercent, int ReadFailPercent);

/// <summary>
/// A journal of several tenants: rows that are committed stay, whatever else happens. A write commits whole and in order, or a
/// beginning of it where it fails or the server crashes in the middle; one sequence number is taken once (the fence).
/// </summary>
internal sealed class SimJournal(World world, IReadOnlyDictionary<TenantId, Ledger> ledgers, Disk disk)
{
    /// <summary>When Akka's circuit breaker takes a write that hangs for a failed one.</summary>
    private const long CallTimeout = 60 * World.Second;

    /// <summary>Events by their numbers; null where compaction took one away.</summary>
    private readonly Dictionary<TenantId, List<JournalEvent?>> _rows =
        ledgers.Keys.ToDictionary(static t => t, static _ => new List<JournalEvent?>());

    private readonly HashSet<Write> _open = [];

    /// <summary>Waits for the next write, to strike in the middle of it; for those that would else hardly ever meet one.</summary>
    public Action? Ambush { get; set; }

    /// <inheritdoc cref="ReadJournal"/>
    public void Read(TenantId tenant, long from, long to, Func<JournalRow, bool> take)
    {
        if (world.IsStormy && world.Chance.Percent(disk.ReadFailPercent))
        {
            world.Tally.Hit(Fault.ReadFailed);
            throw new SimulatedFailureException();
        }

        var rows = _rows[tenant];
        for (var sequence = Math.Max(1, from); sequence <= Math.Min(to, rows.Count); sequence++)
        {
            if (rows[(int)sequence - 1] is { } row && !take(new JournalRow(sequence, row.Manifest, row.Bytes)))
            {
                return;
            }
        }
    }

    /// <summary>One step of a compaction: all of it, at once.</summary>
    public void Edit(TenantId tenant, IReadOnlyList<JournalEdit> edits, long horizon)
    {
        var rows = _rows[tenant];
        foreach (var (sequence, bytes) in edits)
        {
            var left = bytes is null ? null : new JournalEvent(EventManifests.Compacted, bytes);
            var before = rows[(int)sequence - 1] ?? throw new InvalidOperationException($"event {sequence} is not there");
            var stays = Lsns(left);
            rows[(int)sequence - 1] = left;
            foreach (var gone in Lsns(before).Where(lsn => !stays.Contains(lsn)))
            {
                world.Log($"journal: {tenant} {gone} is compacted away");
                ledgers[tenant].Compact(gone, horizon);
            }
        }
    }

    private static List<long> Lsns(JournalEvent? e)
    {
        var lsns = new List<long>();
        if (e is not null && EventManifests.IsPush(e.Manifest))
        {
            foreach (var change in new PushedView(e.Bytes).Accepted())
            {
                lsns.Add(change.Lsn);
            }
        }

        return lsns;
    }

    /// <summary>Writes events from that sequence number on, and says later how it went: not always the truth.</summary>
    public void Append(TenantId tenant, long first, IReadOnlyList<JournalEvent> events, Action<WriteResult> told)
    {
        var write = new Write(tenant, first, events);
        _open.Add(write);
        world.Tally.Hit(events.Count > 1, Sight.SeveralEventsInOneWrite);
        var takes = world.Chance.Between(World.Millisecond, (world.Chance.OneIn(10) ? 3_000 : 30) * World.Millisecond);
        Strike(tenant, takes, events.Count);
        if (world.IsStormy && world.Chance.Percent(disk.FailPercent))
        {
            Fail(write, takes, told);
        }
        else if (world.IsStormy && world.Chance.Percent(disk.HangPercent))
        {
            Hang(write, told);
        }
        else
        {
            world.After(takes, () => Finish(write, told));
        }
    }

    /// <summary>The server is gone: what was being written is committed, or not, or a beginning of it, or a moment later.</summary>
    public void Crash()
    {
        foreach (var write in _open.ToArray())
        {
            switch (world.Chance.Below(5))
            {
                case 0:
                    world.After(world.Chance.Between(0, 2 * World.Second), () => CommitLate(write));
                    break;
                case 1 or 2:
                    Commit(write, 1 + world.Chance.Below(Math.Max(1, write.Events.Count - 1)));
                    world.Tally.Hit(write.Committed > 0 && write.Committed < write.Events.Count, Sight.CrashCommittedPart);
                    Close(write);
                    break;
                default:
                    Close(write);
                    break;
            }
        }
    }

    /// <summary>How many events each tenant has: rows never change, so that is a copy of all of them.</summary>
    public IReadOnlyDictionary<TenantId, int> Backup() => _rows.ToDictionary(static r => r.Key, static r => r.Value.Count);

    /// <summary>Only what the backup has is left, and behind it stands that it was restored.</summary>
    public void Restore(IReadOnlyDictionary<TenantId, int> backup)
    {
        foreach (var write in _open.ToArray())
        {
            Close(write);
        }

        foreach (var (tenant, rows) in _rows)
        {
            world.Tally.Hit(backup[tenant] == 0 && rows.Count > 0, Sight.TenantLostWhole);
            // A backup may be restored a second time, when there is less than it has: then nothing of it was lost.
            rows.RemoveRange(Math.Min(rows.Count, backup[tenant]), Math.Max(0, rows.Count - backup[tenant]));
            if (rows.Count > 0)
            {
                var e = new JournalEvent(EventManifests.Restored, EventWriter.Write(new Restored(world.Chance.Uuid(), world.Now)));
                EventSeal.Bind(e.Bytes, PlaceOf(tenant, rows.Count + 1, e));
                rows.Add(e);
                world.Tally.Saw(Sight.JournalRestored);
            }

            // Runs that restore do not compact, so no event is gone.
            ledgers[tenant].Restore([.. rows.Select((e, i) => (e!.Manifest, e.Bytes, PlaceOf(tenant, i + 1, e)))], world.ServerLife);
        }
    }

    private static uint PlaceOf(TenantId tenant, int sequence, JournalEvent e) =>
        EventSeal.PlaceOf(PersistenceIds.Of(tenant), sequence, e.Manifest);

    private void Strike(TenantId tenant, long takes, int events)
    {
        if (_open.FirstOrDefault(w => w.Tenant == tenant && w.IsGivenUp) is { } late && world.Chance.OneIn(2))
        {
            world.After(takes / 2, () => CommitLate(late));
        }

        if (Ambush is { } ambush && (events > 1 || world.Chance.OneIn(40)))
        {
            Ambush = null;
            world.After(world.Chance.Between(0, takes), ambush);
        }
    }

    private void Finish(Write write, Action<WriteResult> told)
    {
        if (write.IsClosed)
        {
            return;
        }

        var committed = Commit(write, write.Events.Count);
        world.Tally.Hit(!committed, Sight.WriteFencedByALateCommit);
        var result = committed ? WriteResult.Done : WriteResult.Failed;
        world.After(world.Chance.Between(0, 5 * World.Millisecond), () => Tell(write, result, told));
    }

    private void Fail(Write write, long takes, Action<WriteResult> told)
    {
        switch (world.Chance.Below(3))
        {
            case 0:
                world.Tally.Hit(Fault.WriteFailed);
                world.After(takes, () => Tell(write, WriteResult.Failed, told));
                break;
            case 1:
                world.Tally.Hit(Fault.WriteRejected);
                world.After(takes, () => Tell(write, WriteResult.Rejected, told));
                break;
            default:
                world.Tally.Hit(Fault.WriteFailedAfterCommit);
                world.After(takes, () =>
                {
                    if (!write.IsClosed && Commit(write, 1 + world.Chance.Below(write.Events.Count)))
                    {
                        ledgers[write.Tenant].LastIsReportedFailed();
                    }

                    Tell(write, WriteResult.Failed, told);
                });
                break;
        }
    }

    /// <summary>A write that is slow; or so slow that it counts as failed, and then is committed all the same, or is not.</summary>
    private void Hang(Write write, Action<WriteResult> told)
    {
        world.Tally.Hit(Fault.WriteHung);
        if (world.Chance.OneIn(2))
        {
            world.After(world.Chance.Between(World.Second, CallTimeout - World.Second), () => Finish(write, told));
            return;
        }

        world.After(CallTimeout, () =>
        {
            write.IsGivenUp = true;
            told(WriteResult.Failed);
        });
        if (world.Chance.Percent(70))
        {
            var soon = world.Chance.Pick([200 * World.Millisecond, 6 * World.Second, CallTimeout]);
            world.After(CallTimeout + world.Chance.Between(0, soon), () => CommitLate(write));
        }
    }

    private void CommitLate(Write write)
    {
        if (!write.IsClosed)
        {
            var landed = Commit(write, write.Events.Count);
            world.Tally.Saw(landed ? Sight.LateCommitLanded : Sight.LateCommitFenced);
            Close(write);
        }
    }

    /// <summary>Whoever crashed meanwhile does not listen any more.</summary>
    private void Tell(Write write, WriteResult result, Action<WriteResult> told)
    {
        Close(write);
        told(result);
    }

    /// <summary>Commits the first so many events; false where the first one's number is taken.</summary>
    private bool Commit(Write write, int count)
    {
        var rows = _rows[write.Tenant];
        if (write.First != rows.Count + 1)
        {
            world.Log($"journal: {write.Tenant} has {rows.Count}, so {write.First} cannot be written");
            return false;
        }

        for (; write.Committed < count; write.Committed++)
        {
            var e = write.Events[write.Committed];
            rows.Add(e);
            world.Log($"journal: {write.Tenant} {rows.Count} {e.Manifest} durable");
            var place = EventSeal.PlaceOf(PersistenceIds.Of(write.Tenant), rows.Count, e.Manifest);
            ledgers[write.Tenant].Commit(e.Manifest, e.Bytes, place, world.ServerLife);
        }

        return true;
    }

    private void Close(Write write)
    {
        write.IsClosed = true;
        _open.Remove(write);
    }

    private sealed class Write(TenantId tenant, long first, IReadOnlyList<JournalEvent> events)
    {
        public TenantId Tenant => tenant;

        public long First => first;

        public IReadOnlyList<JournalEvent> Events => events;

        public int Committed { get; set; }

        public bool IsClosed { get; set; }

        /// <summary>Whether it was reported as failed and may be committed yet.</summary>
        public bool IsGivenUp { get; set; }
    }
}
