using HeliosSync.Actors.Journal;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Simulation;

/// <summary>
/// A snapshot store, in which a snapshot may get lost, may be damaged, or may never get there. It is a cache: whatever happens to it,
/// recovery finds the same state. Snapshots become bytes when they are stored, some time after they were cut.
/// </summary>
internal sealed class SimSnapshots(World world, KeyedHash hash, int failPercent)
{
    private readonly Dictionary<TenantId, SortedList<long, byte[]>> _kept = [];

    public void Save(TenantId tenant, long sequence, StoredSnapshot snapshot, Action<long?> settled)
    {
        var life = world.ServerLife;
        world.After(world.Chance.Between(World.Millisecond, World.Second), () =>
        {
            if (world.ServerLife != life)
            {
                return;
            }

            if (Happens(Fault.SnapshotFailed))
            {
                settled(null);
                return;
            }

            using var written = SnapshotWriter.Write(snapshot.Of, snapshot.State, hash);
            var bytes = written.ToArray();
            var kept = Of(tenant);
            kept.Clear();
            kept[sequence] = Happens(Fault.SnapshotCorrupted) ? Damage(bytes) : bytes;
            world.Tally.Saw(Sight.SnapshotKept);
            world.Log($"snapshots: {tenant} {sequence} kept");
            settled(sequence);
        });
    }

    /// <summary>A restored journal begins without any.</summary>
    public void Clear() => _kept.Clear();

    /// <summary>The newest snapshot and the sequence number that it is stamped with; null where there is none that can be read.</summary>
    public (long Sequence, StoredSnapshot Snapshot)? Newest(TenantId tenant)
    {
        var kept = Of(tenant);
        if (kept.Count > 0 && Happens(Fault.SnapshotDropped))
        {
            world.Tally.Saw(Sight.SnapshotLost);
            kept.Clear();
        }

        if (kept.Count == 0)
        {
            return null;
        }

        var (sequence, bytes) = (kept.Keys[^1], kept.Values[^1]);
        try
        {
            var envelope = SnapshotEnvelope.Read(bytes, out var at);
            var state = SnapshotReader.Read(bytes.AsMemory(at), hash)
                ?? throw new InvalidDataException("The snapshot is of another database.");
            world.Tally.Saw(Sight.SnapshotUsed);
            return (sequence, new StoredSnapshot(envelope, state));
        }
        catch (InvalidDataException)
        {
            world.Tally.Saw(Sight.SnapshotCorruptPassedOver);
            return null;
        }
    }

    private SortedList<long, byte[]> Of(TenantId tenant)
    {
        if (!_kept.TryGetValue(tenant, out var kept))
        {
            _kept.Add(tenant, kept = []);
        }

        return kept;
    }

    private bool Happens(Fault fault)
    {
        if (!world.IsStormy || !world.Chance.Percent(failPercent))
        {
            return false;
        }

        world.Tally.Hit(fault);
        return true;
    }

    private byte[] Damage(byte[] bytes)
    {
        if (world.Chance.OneIn(3))
        {
            return bytes[..world.Chance.Below(bytes.Length)];
        }

        bytes[world.Chance.Below(bytes.Length)] ^= (byte)(1 << world.Chance.Below(8));
        return bytes;
    }
}
