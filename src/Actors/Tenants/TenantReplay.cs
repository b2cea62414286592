using HeliosSync.Actors.Journal;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Actors.Tenants;

/// <summary>Makes a tenant's state of its journal, and refuses one that is not whole.</summary>
/// <param name="id">Whose journal.</param>
/// <param name="name">The tenant's name in it.</param>
/// <param name="events">Reads events.</param>
/// <param name="isRestored">Whether the database was restored from a backup.</param>
internal sealed class TenantReplay(TenantId id, string name, EventReader events, bool isRestored = false)
{
    /// <summary>The state that a snapshot has. Throws where it is another tenant's, or of another event.</summary>
    public Tenant Begin(StoredSnapshot snapshot, long sequence) =>
        snapshot.Of.PersistenceId == name && snapshot.Of.Sequence == sequence && snapshot.State.Sequence == sequence
            ? new Tenant(snapshot.State, isRestored)
            : throw new InvalidDataException($"The snapshot at {sequence} is of {snapshot.Of.PersistenceId} at {snapshot.Of.Sequence}.");

    /// <summary>Applies the next event. Throws where it is not the next, or not what was written there.</summary>
    public void Apply(Tenant tenant, JournalEvent e, long sequence)
    {
        try
        {
            var next = events.Read(e.Manifest, e.Bytes, EventSeal.PlaceOf(name, sequence, e.Manifest));
            if (sequence <= tenant.Sequence || EventSpan.First(e.Manifest, e.Bytes, sequence) > tenant.Sequence + 1)
            {
                throw new JournalDamageException(id, tenant.Sequence + 1, "is missing");
            }

            tenant.Apply(next, sequence, e.Bytes.Length);
        }
        catch (Exception bad) when (bad is InvalidDataException or ArgumentException)
        {
            throw new JournalDamageException(id, sequence, $"cannot be used: {bad.Message}", bad);
        }
    }
}
