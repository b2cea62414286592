using HeliosSync.Actors.Journal;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Actors.Compaction;

/// <summary>Finds up to where a tenant's history is older than it is kept: by a few looks into the journal, at sealed times.</summary>
internal static class HistoryHorizon
{
    /// <summary>
    /// The number of a push that is older than that time, with none between it and the last event that is known to be older too: where
    /// times rise, the last one. 0 where there is none.
    /// </summary>
    public static long Find(JournalChanges changes, TenantId tenant, long lastSequence, long olderThanMicros)
    {
        var (found, low, high) = (0L, 1L, lastSequence);
        while (low <= high)
        {
            var middle = low + ((high - low) / 2);
            var push = FirstPush(changes, tenant, middle, high);
            if (push is { } at && at.AtMicros < olderThanMicros)
            {
                (found, low) = (at.Sequence, at.Sequence + 1);
            }
            else
            {
                high = middle - 1;
            }
        }

        return found;
    }

    private static (long Sequence, long AtMicros)? FirstPush(JournalChanges changes, TenantId tenant, long from, long to)
    {
        (long, long)? found = null;
        changes.Read(
            tenant,
            from,
            to,
            row =>
            {
                if (EventManifests.IsPush(row.Manifest) && new PushedView(row.Bytes) is { Client.IsEmpty: false } view)
                {
                    found = (row.Sequence, view.AtMicros);
                }

                return found is null;
            },
            mayEndInGap: true);
        return found;
    }
}
