namespace HeliosSync.Domain;

/// <summary>A row's version: what the server remembers of the last accepted change (protocol 5.3). 64 bytes.</summary>
/// <param name="Row">Which row.</param>
/// <param name="Lsn">The change's LSN.</param>
/// <param name="Counter">The author's counter in it.</param>
/// <param name="LocalLsn">The author's local number for it.</param>
/// <param name="Content">Hash of its data.</param>
/// <param name="Author">Index of the author in the tenant's nodes.</param>
/// <param name="Operation">What it did.</param>
/// <param name="DotValid">Whether (author, counter) names this change and no other.</param>
/// <param name="TimestampMicros">
/// When its author made it: microseconds since the Unix epoch. <see cref="NoTime"/> in a state that was kept before times were: then
/// nothing is decided by it.
/// </param>
public readonly record struct RowVersion(
    Hash128 Row,
    long Lsn,
    long Counter,
    long LocalLsn,
    ulong Content,
    int Author,
    Operation Operation,
    bool DotValid,
    long TimestampMicros = RowVersion.NoTime)
{
    /// <summary>No time that a change can have.</summary>
    public const long NoTime = long.MinValue;

    /// <summary>The version that an accepted change makes.</summary>
    internal static RowVersion Of(in PushedChange change, in Judgement judgement, int author) => new(
        change.Row,
        judgement.Lsn,
        judgement.Counter,
        change.LocalLsn,
        change.Content,
        author,
        change.Operation,
        judgement.DotValid,
        change.TimestampMicros);
}

/// <summary>
/// The versions of a tenant's rows: chunks that never move, and an open-addressing index over them. It costs about 73 bytes a row,
/// where a dictionary costs more than 100. A frozen copy shares the chunks; a shared chunk is copied before it is written.
/// </summary>
public sealed class RowTable
{
    /// <summary>Rows of one chunk; small enough to stay off the large object heap.</summary>
    public const int ChunkRows = 1_024;

    private readonly List<RowVersion[]> _chunks = [];
    private readonly List<bool> _shared = [];
    private readonly LatestLsns _latest = new();
    private int[] _index = new int[256];

    /// <summary>How many rows.</summary>
    public int Count { get; private set; }

    /// <summary>Finds a row's version.</summary>
    public bool TryGet(Hash128 row, out RowVersion version)
    {
        var at = _index[Slot(row)] - 1;
        version = at < 0 ? default : _chunks[at / ChunkRows][at % ChunkRows];
        return at >= 0;
    }

    /// <summary>Makes this the row's version.</summary>
    public void Set(in RowVersion version)
    {
        var slot = Slot(version.Row);
        var at = _index[slot] - 1;
        if (at < 0)
        {
            at = Count++;
            _index[slot] = Count;
            if (at % ChunkRows == 0)
            {
                _chunks.Add(new RowVersion[ChunkRows]);
                _shared.Add(false);
            }
        }

        var chunk = at / ChunkRows;
        if (_shared[chunk])
        {
            _chunks[chunk] = _chunks[chunk].AsSpan().ToArray();
            _shared[chunk] = false;
        }

        ref var place = ref _chunks[chunk][at % ChunkRows];
        if (place.Lsn > 0)
        {
            _latest.Remove(place.Lsn);
        }

        place = version;
        if (version.Lsn > 0)
        {
            _latest.Add(version.Lsn);
        }

        if (Count * 2L > _index.Length)
        {
            Grow();
        }
    }

    /// <summary>Where the rows' latest changes stand now; later writes do not show in it.</summary>
    /// <param name="head">The highest LSN.</param>
    public LatestChanges FreezeLatest(long head) => _latest.Freeze(head);

    /// <summary>The rows as they are now, in chunks of <see cref="ChunkRows"/>; later writes do not show in it.</summary>
    public IReadOnlyList<ReadOnlyMemory<RowVersion>> Freeze()
    {
        var chunks = new ReadOnlyMemory<RowVersion>[_chunks.Count];
        for (var i = 0; i < chunks.Length; i++)
        {
            _shared[i] = true;
            chunks[i] = _chunks[i].AsMemory(0, Math.Min(ChunkRows, Count - (i * ChunkRows)));
        }

        return chunks;
    }

    /// <summary>Where the row stands in the index, or the empty slot for it. The hash is keyed, so its bits need no mixing.</summary>
    private int Slot(Hash128 row)
    {
        var mask = _index.Length - 1;
        var slot = (int)row.Low & mask;
        while (_index[slot] is var entry and not 0 && _chunks[(entry - 1) / ChunkRows][(entry - 1) % ChunkRows].Row != row)
        {
            slot = (slot + 1) & mask;
        }

        return slot;
    }

    private void Grow()
    {
        _index = new int[_index.Length * 2];
        var mask = _index.Length - 1;
        for (var at = 0; at < Count; at++)
        {
            var slot = (int)_chunks[at / ChunkRows][at % ChunkRows].Row.Low & mask;
            while (_index[slot] != 0)
            {
                slot = (slot + 1) & mask;
            }

            _index[slot] = at + 1;
        }
    }
}
