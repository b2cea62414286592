using System.Collections.Concurrent;

namespace HeliosSync.Actors.Tokens;

/// <summary>
/// Every revocation that is in force, in memory. Whoever was told that a token is not revoked need not ask again until
/// <see cref="Generation"/> has another value: so a token that is known costs a comparison. Thread-safe.
/// </summary>
public sealed class RevocationTable
{
    private readonly ConcurrentDictionary<Revocation, (long UpTo, long Until)> _entries = new();
    private long _generation = 1;

    /// <summary>Goes up whenever something was added. To be read before the table is asked.</summary>
    public long Generation => Volatile.Read(ref _generation);

    /// <summary>Revocations in force.</summary>
    public int Count => _entries.Count;

    /// <summary>Whether that token is revoked.</summary>
    public bool Covers(in TokenName token) =>
        !_entries.IsEmpty
        && (Covers(new(token.Tenant, RevokedKind.Tenant, ""), token.IssuedAt)
            || Covers(new(token.Tenant, RevokedKind.Client, token.Client.Value), token.IssuedAt)
            || (token.Id is { } id && Covers(new(token.Tenant, RevokedKind.Token, id), token.IssuedAt))
            || (token.Family is { } family && Covers(new(token.Tenant, RevokedKind.Family, family), token.IssuedAt)));

    /// <summary>Adds them; an older word on the same stays where it says more.</summary>
    internal void Add(IReadOnlyCollection<Revoked> revoked)
    {
        foreach (var one in revoked)
        {
            _entries.AddOrUpdate(
                one.What,
                static (_, added) => (added.UpTo, added.Until),
                static (_, old, added) => (Math.Max(old.UpTo, added.UpTo), Math.Max(old.Until, added.Until)),
                one);
        }

        if (revoked.Count > 0)
        {
            Interlocked.Increment(ref _generation);
        }
    }

    /// <summary>Drops what is over.</summary>
    internal void Drop(long now)
    {
        foreach (var (what, entry) in _entries)
        {
            if (entry.Until < now)
            {
                _entries.TryRemove(KeyValuePair.Create(what, entry));
            }
        }
    }

    private bool Covers(Revocation what, long issuedAt) => _entries.TryGetValue(what, out var entry) && issuedAt <= entry.UpTo;
}
