using System.Collections;

namespace HeliosSync.Codec;

/// <summary>
/// The changes of a page, in pieces that never move: a list would copy them as it grows, and one array of a whole page is a large object
/// for the collector, which frees those in its longest collections alone.
/// </summary>
/// <param name="most">No more than these will be added.</param>
internal sealed class StoredChanges(int most) : IReadOnlyList<StoredChange>
{
    /// <summary>Changes in a piece; some 30 KB.</summary>
    public const int PieceLength = 256;

    private readonly List<StoredChange[]> _pieces = [];

    public int Count { get; private set; }

    /// <summary>The change itself, not a copy.</summary>
    public ref readonly StoredChange this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            return ref _pieces[index / PieceLength][index % PieceLength];
        }
    }

    StoredChange IReadOnlyList<StoredChange>.this[int index] => this[index];

    public void Add(in StoredChange change)
    {
        if (Count == _pieces.Count * PieceLength)
        {
            _pieces.Add(new StoredChange[Math.Min(PieceLength, most - Count)]);
        }

        _pieces[^1][Count++ % PieceLength] = change;
    }

    public IEnumerator<StoredChange> GetEnumerator()
    {
        for (var i = 0; i < Count; i++)
        {
            yield return this[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
