namespace HeliosSync.Simulation;

/// <summary>Which edits of its tenant somebody has seen: the truth, kept beside the clocks that only claim it. Immutable.</summary>
internal sealed class Knowledge
{
    private readonly ulong[] _bits;

    private Knowledge(ulong[] bits) => _bits = bits;

    public static Knowledge None { get; } = new([]);

    public bool Has(int edit) => edit >> 6 < _bits.Length && (_bits[edit >> 6] & (1ul << (edit & 63))) != 0;

    public Knowledge With(int edit)
    {
        var bits = new ulong[Math.Max(_bits.Length, (edit >> 6) + 1)];
        _bits.CopyTo(bits, 0);
        bits[edit >> 6] |= 1ul << (edit & 63);
        return new Knowledge(bits);
    }

    public Knowledge Join(Knowledge other)
    {
        var (longer, shorter) = _bits.Length >= other._bits.Length ? (_bits, other._bits) : (other._bits, _bits);
        var bits = longer.ToArray();
        for (var i = 0; i < shorter.Length; i++)
        {
            bits[i] |= shorter[i];
        }

        return new Knowledge(bits);
    }
}

/// <summary>A vector clock as a client keeps it; of its own make, so that a bug in the server's is no bug here. Immutable.</summary>
internal sealed class Clock
{
    private readonly SortedList<string, long> _entries;

    private Clock(SortedList<string, long> entries) => _entries = entries;

    public static Clock Empty { get; } = new(new SortedList<string, long>(StringComparer.Ordinal));

    public IEnumerable<KeyValuePair<string, long>> Entries => _entries;

    public bool IsEmpty => _entries.Count == 0;

    public long this[string node] => _entries.GetValueOrDefault(node);

    public Clock With(string node, long value)
    {
        if (value <= this[node])
        {
            return this;
        }

        return new Clock(new SortedList<string, long>(_entries, StringComparer.Ordinal) { [node] = value });
    }

    public Clock Join(Clock other) => other._entries.Aggregate(this, static (clock, entry) => clock.With(entry.Key, entry.Value));

    public bool Covers(Clock other) => other._entries.All(entry => this[entry.Key] >= entry.Value);

    public override string ToString() => string.Join(',', _entries.Select(static e => $"{e.Key}:{e.Value}"));
}
