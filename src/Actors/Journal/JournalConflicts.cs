using HeliosSync.Actors.Tenants;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Actors.Journal;

/// <summary>A conflict whose change was found in the journal.</summary>
/// <param name="Entry">The log's entry.</param>
/// <param name="Client">The change, as slices of its event.</param>
/// <param name="KnownLsn">Up to which LSN its author says that it knew the row; 0 where that is not said or not kept.</param>
/// <param name="SettledBy">The node that settled the conflict; null where none did.</param>
internal sealed record FoundConflict(ConflictEntry Entry, StoredChange Client, long KnownLsn, NodeId? SettledBy);

/// <summary>Reads what the conflict log's entries stand for (protocol 4.7): both versions, and the one that both grew from.</summary>
internal sealed class JournalConflicts(JournalChanges changes)
{
    /// <summary>The changes of these conflicts, until <see cref="Limits.PageScanBytesMax"/> of events were read; one at least.</summary>
    public IReadOnlyList<FoundConflict> Find(TenantId tenant, ConflictsListed listed)
    {
        var found = new List<FoundConflict>();
        var (bytes, sequence, room) = (Array.Empty<byte>(), 0L, (long)Limits.PageScanBytesMax);
        for (var i = 0; i < listed.Entries.Count && (i == 0 || room > 0); i++)
        {
            var entry = listed.Entries[i];
            if (entry.Sequence != sequence)
            {
                sequence = entry.Sequence;
                bytes = ReadOne(tenant, sequence);
                room -= bytes.Length;
            }

            if (!new PushedView(bytes).TryFindConflict(entry.Incoming.LocalLsn, out var change, out var baseLsn))
            {
                throw new JournalDamageException(tenant, sequence, "does not have a conflict that was stored there");
            }

            found.Add(new FoundConflict(entry, change, KnownLsn(in change, baseLsn, listed.ServerNode), listed.SettledBy[i]));
        }

        return found;
    }

    /// <summary>
    /// The version that a change's author knew: the last of its row up to that LSN, looked for in the stretch of the journal that holds it;
    /// null where it is not there, or where compaction took changes away behind it, of which it may have been one.
    /// </summary>
    public StoredChange? FindBase(TenantId tenant, FoundConflict conflict, long fromSequence, long headSequence)
    {
        StoredChange? found = null;
        changes.Read(tenant, fromSequence, headSequence, row =>
        {
            if (!EventManifests.IsPush(row.Manifest))
            {
                return true;
            }

            var view = new PushedView(row.Bytes);
            var next = view.FirstLsn;
            foreach (var change in view.Accepted())
            {
                found = change.Lsn > next && next <= conflict.KnownLsn ? null : found;
                next = change.Lsn + 1;
                if (change.Lsn <= conflict.KnownLsn
                    && change.Table.Span.SequenceEqual(conflict.Client.Table.Span)
                    && change.Key.Span.SequenceEqual(conflict.Client.Key.Span))
                {
                    found = change;
                }
            }

            found = view.LastLsn >= next && next <= conflict.KnownLsn ? null : found;
            return view.LastLsn < conflict.KnownLsn;
        });
        return found?.Detach(withData: true);
    }

    private byte[] ReadOne(TenantId tenant, long sequence)
    {
        byte[] bytes = [];
        changes.Read(tenant, sequence, sequence, row =>
        {
            bytes = row.Bytes;
            return EventManifests.IsPush(row.Manifest)
                ? false
                : throw new JournalDamageException(tenant, sequence, "is no push, and a conflict was stored there");
        });
        return bytes;
    }

    private static long KnownLsn(in StoredChange change, long baseLsn, Guid? serverNode) =>
        change.Lsn == 0 && serverNode is { } node ? Math.Max(baseLsn, change.Others[NodeId.OfServer(node)]) : 0;
}
