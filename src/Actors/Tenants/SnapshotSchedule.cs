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
    private bool _wanted;
    private uint _lastEvent;

    /// <summary>The event of the newest snapshot that is known to be kept; 0 where none is.</summary>
    public long Kept { get; private set; }

    /// <summary>Counts an event that the newest snapshot does not hold.</summary>
    public void Count(ReadOnlySpan<byte> bytes)
    {
        _events++;
        _bytes += bytes.Length;
        _lastEvent = EventSeal.Of(bytes);
    }

    /// <summary>The state was begun with a snapshot; gives the state.</summary>
    public Tenant Begin(SnapshotEnvelope snapshot, Tenant begun)
    {
        (Kept, _lastEvent) = (snapshot.Sequence, snapshot.LastEvent);
        return begun;
    }

    /// <summary>Whether what was counted is enough.</summary>
    public bool IsDue => _wanted || _events >= options.SnapshotEvents * _share || _bytes >= options.SnapshotBytes * _share;

    /// <summary>The state right after the event that was just applied, where a snapshot is due there; else null.</summary>
    /// <param name="tenant">The tenant.</param>
    public StoredSnapshot? Cut(Tenant tenant)
    {
        if (_saving || !IsDue || tenant.ServerNode is null)
        {
            return null;
        }

        (_saving, _wanted, _events, _bytes, _share) = (true, false, 0, 0, 1);
        return new StoredSnapshot(new SnapshotEnvelope(id, tenant.Sequence, _lastEvent), tenant.Freeze());
    }

    /// <summary>A snapshot is due with the next event, however little was counted.</summary>
    public void Want() => _wanted = true;

    /// <summary>The snapshot that was cut is kept, or could not be.</summary>
    /// <param name="kept">The event of the one that is kept; null where it could not be.</param>
    public void Settled(long? kept)
    {
        _saving = false;
        Kept = Math.Max(Kept, kept ?? 0);
    }
}
