using Akka.Event;
using Akka.Persistence;
using HeliosSync.Actors.Journal;
using HeliosSync.Domain;

namespace HeliosSync.Actors.Tenants;

/// <summary>When a tenant keeps a snapshot, and what becomes of older ones. One at a time.</summary>
internal sealed class Snapshots(SyncServerOptions options)
{
    private int _events;
    private long _bytes;
    private bool _saving;

    /// <summary>Counts an event that the newest snapshot does not hold.</summary>
    public void Count(int bytes)
    {
        _events++;
        _bytes += bytes;
    }

    /// <summary>The state right after the event that was just applied, where a snapshot is due there; else null.</summary>
    public StoredSnapshot? Cut(Tenant tenant)
    {
        if (_saving || (_events < options.SnapshotEvents && _bytes < options.SnapshotBytes))
        {
            return null;
        }

        (_saving, _events, _bytes) = (true, 0, 0);
        return new StoredSnapshot(tenant.Freeze());
    }

    /// <summary>Deals with what the snapshot store says; false where the message is another one.</summary>
    public bool Handle(object message, Eventsourced actor, ILoggingAdapter log)
    {
        switch (message)
        {
            case SaveSnapshotSuccess saved:
                _saving = false;
                actor.DeleteSnapshots(new SnapshotSelectionCriteria(saved.Metadata.SequenceNr - 1));
                return true;
            case SaveSnapshotFailure failed:
                // Nothing is lost: recovery reads more events, and the next snapshot is due as usual.
                _saving = false;
                log.Warning(failed.Cause, "{0}: no snapshot could be kept at {1}.", actor.PersistenceId, failed.Metadata.SequenceNr);
                return true;
            case DeleteSnapshotsFailure failed:
                log.Warning(failed.Cause, "{0}: old snapshots could not be deleted.", actor.PersistenceId);
                return true;
            case DeleteSnapshotsSuccess:
                return true;
            default:
                return false;
        }
    }
}
