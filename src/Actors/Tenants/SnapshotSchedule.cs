using System.IO.Hashing;
using System.Text;
using HeliosSync.Actors.Journal;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Actors.Tenants;

/// <summary>When a tenant keeps a snapshot: one at a time.</summary>
/// <param name="options">After how much.</param>
/// <param name="id">The tenant's name in the journal.</param>
internal sealed class SnapshotSchedule(SyncServerOptions options, string id)
{
    /// <summary>
    /// Tenants under the same load would all be due at once, and all their snapshots in memory: so the first of a tenant's comes early,
    /// by up to half.
    /// </summary>
    private double _share = 1 - (Crc32.HashToUInt32(Encoding.UTF8.GetBytes(id)) / (double)uint.MaxValue / 2);

    private int _events;
    private long _bytes;
    private bool _saving;

    /// <summary>Counts an event that the newest snapshot does not hold.</summary>
    public void Count(int bytes)
    {
        _events++;
        _bytes += bytes;
    }

    /// <summary>Whether what was counted is enough.</summary>
    public bool IsDue => _events >= options.SnapshotEvents * _share || _bytes >= options.SnapshotBytes * _share;

    /// <summary>The state right after the event that was just applied, where a snapshot is due there; else null.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="last">That event.</param>
    public StoredSnapshot? Cut(Tenant tenant, JournalEvent last)
    {
        if (_saving || !IsDue)
        {
            return null;
        }

        (_saving, _events, _bytes, _share) = (true, 0, 0, 1);
        return new StoredSnapshot(new SnapshotEnvelope(id, tenant.Sequence, EventSeal.Of(last.Bytes)), tenant.Freeze());
    }

    /// <summary>The snapshot that was cut is kept, or could not be.</summary>
    public void Settled() => _saving = false;
}
