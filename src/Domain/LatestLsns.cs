namespace HeliosSync.Domain;

/// <summary>
/// The LSNs at which rows' latest changes stand: a bit for each LSN, in blocks, of which those that have none are not kept. It follows the
/// rows' versions, and what was frozen does not change: a block that is shared is copied before it is written.
/// </summary>
internal sealed class LatestLsns
{
    private readonly SortedList<long, ulong[]> _blocks = [];
    private readonly Dictionary<long, int> _counts = [];
    private readonly HashSet<long> _shared = [];

    /// <summary>A row's latest change stands at that LSN now.</summary>
    public void Add(long lsn)
    {
        var number = lsn / LatestChanges.BlockLsns;
        if (!_counts.TryGetValue(number, out var count))
        {
            _blocks.Add(number, new ulong[LatestChanges.BlockWords]);
        }

        var word = Own(number) is var block && (block[Word(lsn)] & Bit(lsn)) == 0 ? 1 : 0;
        block[Word(lsn)] |= Bit(lsn);
        _counts[number] = count + word;
    }

    /// <summary>The change at that LSN is no row's latest any more.</summary>
    public void Remove(long lsn)
    {
        var number = lsn / LatestChanges.BlockLsns;
        if (!_counts.TryGetValue(number, out var count))
        {
            return;
        }

        if (Own(number) is var block && (block[Word(lsn)] & Bit(lsn)) == 0)
        {
            return;
        }

        block[Word(lsn)] &= ~Bit(lsn);
        _counts[number] = count - 1;
        if (count == 1)
        {
            _blocks.Remove(number);
            _counts.Remove(number);
            _shared.Remove(number);
        }
    }

    /// <summary>As they are now.</summary>
    /// <param name="head">The highest LSN: above it nothing is known.</param>
    public LatestChanges Freeze(long head)
    {
        _shared.UnionWith(_blocks.Keys);
        return new LatestChanges(head, [.. _blocks.Keys], [.. _blocks.Values]);
    }

    private static int Word(long lsn) => (int)(lsn % LatestChanges.BlockLsns) >> 6;

    private static ulong Bit(long lsn) => 1ul << (int)(lsn & 63);

    private ulong[] Own(long number)
    {
        var block = _blocks[number];
        if (_shared.Remove(number))
        {
            _blocks[number] = block = block.AsSpan().ToArray();
        }

        return block;
    }
}

/// <summary>
/// Which changes were rows' latest when the head was at <see cref="Head"/>: all that a client without any state needs of those up to it.
/// Never changes; safe to use from many threads.
/// </summary>
public sealed class LatestChanges
{
    internal const int BlockLsns = 65_536;
    internal const int BlockWords = BlockLsns / 64;

    private readonly long[] _numbers;
    private readonly ulong[][] _blocks;

    internal LatestChanges(long head, long[] numbers, ulong[][] blocks) => (Head, _numbers, _blocks) = (head, numbers, blocks);

    /// <summary>Up to this LSN it is known.</summary>
    public long Head { get; }

    /// <summary>Blocks of 65,536 LSNs that have any: what it costs to keep one of these for long, in 8 KiB.</summary>
    public int Blocks => _blocks.Length;

    /// <summary>The lowest LSN from that one on whose change is a row's latest; above the head every LSN counts as one.</summary>
    public long NextFrom(long lsn)
    {
        if (lsn > Head)
        {
            return lsn;
        }

        var at = Array.BinarySearch(_numbers, lsn / BlockLsns);
        var word = at < 0 ? 0 : (int)(lsn % BlockLsns) >> 6;
        var mask = at < 0 ? ulong.MaxValue : ulong.MaxValue << (int)(lsn & 63);
        for (at = at < 0 ? ~at : at; at < _numbers.Length; at++, word = 0)
        {
            for (; word < BlockWords; word++, mask = ulong.MaxValue)
            {
                if ((_blocks[at][word] & mask) is var bits and not 0)
                {
                    var found = (_numbers[at] * BlockLsns) + (word << 6) + System.Numerics.BitOperations.TrailingZeroCount(bits);
                    return Math.Min(found, Head + 1);
                }
            }
        }

        return Head + 1;
    }
}
