using HeliosSync.Actors.Journal;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Actors.Tenants;

/// <summary>When a tenant keeps a snapshot: one at a time.</summary>
internal sealed class SnapshotSchedule(SyncServerOptions options)
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
    /// <param name="id">The tenant's name in the journal.</param>
    /// <param name="tenant">The tenant.</param>
    /// <param name="last">That event.</param>
    public StoredSnapshot? Cut(string id, Tenant tenant, JournalEvent last)
    {
        if (_saving || (_events < options.SnapshotEvents && _bytes < options.SnapshotBytes))
        {
            return null;
        }

        (_saving, _events, _bytes) = (true, 0, 0);
        return new StoredSnapshot(new SnapshotEnvelope(id, tenant.Sequence, EventSeal.Of(last.Bytes)), tenant.Freeze());
    }

    /// <summary>The snapshot that was cut is kept, or could not be.</summary>
    public void Settled() => _saving = false;
}
