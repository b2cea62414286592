using HeliosSync.Actors.Journal;
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
    public StoredSnapshot? Cut(Tenant tenant)
    {
        if (_saving || (_events < options.SnapshotEvents && _bytes < options.SnapshotBytes))
        {
            return null;
        }

        (_saving, _events, _bytes) = (true, 0, 0);
        return new StoredSnapshot(tenant.Freeze());
    }

    /// <summary>The snapshot that was cut is kept, or could not be.</summary>
    public void Settled() => _saving = false;
}
