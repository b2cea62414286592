using System.Text;

namespace HeliosSync.Codec;

/// <summary>What a compaction found, or would make, of the events up to its horizon.</summary>
public sealed class CompactionFigures
{
    private readonly Dictionary<string, TableFigures> _tables = [];

    /// <summary>Events that were looked at.</summary>
    public long Events { get; internal set; }

    /// <summary>Those of which nothing is left, and that go.</summary>
    public long EventsRemoved => Events - EventsLeft;

    /// <summary>Those of which something is left, and that are written anew.</summary>
    public long EventsRewritten { get; internal set; }

    /// <summary>Bytes of the events that were looked at.</summary>
    public long Bytes { get; internal set; }

    /// <summary>By how many bytes they become less.</summary>
    public long BytesRemoved => Bytes - BytesLeft;

    /// <summary>The tables by name.</summary>
    public IReadOnlyDictionary<string, TableFigures> Tables => _tables;

    /// <summary>Changes up to the horizon.</summary>
    public long Changes => _tables.Values.Sum(static table => table.Changes);

    /// <summary>Those of them that go.</summary>
    public long ChangesRemoved => _tables.Values.Sum(static table => table.Removed);

    internal long EventsLeft { get; set; }

    internal long BytesLeft { get; set; }

    internal TableFigures Of(ReadOnlySpan<byte> table)
    {
        Span<char> name = stackalloc char[Domain.Limits.TableCharsMax];
        if (!Encoding.ASCII.TryGetChars(table, name, out var length))
        {
            throw BytesReader.Corrupt("a table's name is too long");
        }

        var known = _tables.GetAlternateLookup<ReadOnlySpan<char>>();
        if (!known.TryGetValue(name[..length], out var figures))
        {
            _tables.Add(name[..length].ToString(), figures = new TableFigures());
        }

        return figures;
    }
}
