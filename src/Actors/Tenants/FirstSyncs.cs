using HeliosSync.Domain;

namespace HeliosSync.Actors.Tenants;

/// <summary>What a client that begins at 0 is given: of each row the latest change up to a head, and every change above it.</summary>
/// <param name="Latest">Which changes these are.</param>
/// <param name="Marks">Where in the journal they stand.</param>
internal sealed record FirstSync(LatestChanges Latest, LsnMarks Marks);

/// <summary>
/// The first syncs that are under way in a tenant: each is a view of the rows as they were when its first page pinned the head, kept for
/// the pages that follow. A page whose view is gone takes an older one, which gives it more than it needs; without any it is given every
/// change.
/// </summary>
/// <param name="changes">A tenant that has no more than these gives all.</param>
/// <param name="time">The clock.</param>
internal sealed class FirstSyncs(long changes, TimeProvider time)
{
    /// <summary>
    /// Views that are kept, at most. What one costs is the blocks (8 KiB for 65,536 LSNs) that were written since: the others are shared.
    /// </summary>
    public const int KeptMax = 16;

    /// <summary>A journal of so many blocks is not looked at anew for one change more: its views cost their share.</summary>
    private const int BlocksForOne = 64;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private readonly List<Kept> _kept = [];

    /// <summary>
    /// The view for a page; null where it is given every change: one that does not begin at 0, or that has few before it.
    /// Its head may be above the durable one: then the page waits for it.
    /// </summary>
    public FirstSync? Find(PlanPage page, Tenant tenant)
    {
        if (page.Pull.SinceLsn > 0 || page.Journal is not null)
        {
            return page.Pull.SinceLsn > 0 ? null : FindAt(page.Pinned);
        }

        return tenant.Head - page.After <= changes ? null
            : page.ReadsOn && _kept.Count > 0 && _kept[^1].View.Latest.Head - page.After > changes ? Use(_kept.Count - 1)
            : Begin(tenant);
    }

    /// <summary>The newest view that knows of nothing above the head which that page is read up to.</summary>
    private FirstSync? FindAt(long pinned)
    {
        var at = _kept.FindLastIndex(kept => kept.View.Latest.Head <= pinned);
        return at < 0 ? null : Use(at);
    }

    private FirstSync Begin(Tenant tenant)
    {
        if (_kept.Count > 0 && _kept[^1].View.Latest is var newest && tenant.Head - newest.Head <= newest.Blocks / BlocksForOne)
        {
            return Use(_kept.Count - 1);
        }

        _kept.RemoveAll(kept => time.GetElapsedTime(kept.UsedAt) > Patience);
        if (_kept.Count == KeptMax)
        {
            RemoveClosest();
        }

        var (latest, marks) = tenant.FreezeLatest();
        _kept.Add(new Kept(new FirstSync(latest, marks), 0));
        return Use(_kept.Count - 1);
    }

    private FirstSync Use(int at)
    {
        _kept[at] = _kept[at] with { UsedAt = time.GetTimestamp() };
        return _kept[at].View;
    }

    /// <summary>The view that the one before it stands for at the least cost.</summary>
    private void RemoveClosest()
    {
        var closest = 1;
        for (var at = 2; at < _kept.Count; at++)
        {
            closest = GapBefore(at) < GapBefore(closest) ? at : closest;
        }

        _kept.RemoveAt(closest);
    }

    private long GapBefore(int at) => _kept[at].View.Latest.Head - _kept[at - 1].View.Latest.Head;

    private readonly record struct Kept(FirstSync View, long UsedAt);
}
