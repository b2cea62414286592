namespace HeliosSync.Codec;

/// <summary>The local numbers of a batch, each of which may stand there once (protocol 4.3).</summary>
internal sealed class LocalLsns
{
    private readonly List<long> _rising = [];
    private HashSet<long>? _all;

    /// <summary>Adds a number; false where it was there already. They nearly always rise; where not, all are looked up.</summary>
    public bool TryAdd(long lsn)
    {
        if (_all is null && (_rising.Count == 0 || lsn > _rising[^1]))
        {
            _rising.Add(lsn);
            return true;
        }

        _all ??= [.. _rising];
        return _all.Add(lsn);
    }
}
