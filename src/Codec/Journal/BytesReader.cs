using System.Buffers.Binary;
using System.Text;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>
/// Reads stored bytes. Every step checks its bounds: what does not fit is an <see cref="InvalidDataException"/>, and nothing else is.
/// </summary>
internal ref struct BytesReader(ReadOnlySpan<byte> bytes, int at = 0)
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>Where the next byte stands.</summary>
    public int Position { get; private set; } = at;

    public readonly int Left => _bytes.Length - Position;

    public byte Byte()
    {
        if (Position >= _bytes.Length)
        {
            throw Corrupt("it ends too early");
        }

        return _bytes[Position++];
    }

    public ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Byte();
            if (shift == 63 && next > 1)
            {
                break;
            }

            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw Corrupt("a number has more than 64 bits");
    }

    /// <summary>A number of at most <paramref name="max"/>; below 0, no number is good.</summary>
    public long Number(long max)
    {
        var value = Varint();
        return max >= 0 && value <= (ulong)max ? (long)value : throw Corrupt($"a number is above {max}");
    }

    /// <summary>The length of what follows, which must be there.</summary>
    public int Count(int bytesEach = 1)
    {
        var value = Varint();
        return value <= (ulong)(Left / bytesEach) ? (int)value : throw Corrupt("a count goes past the end");
    }

    public long Signed()
    {
        var value = Varint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    public uint Fixed32() => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4));

    public ulong Fixed64() => BinaryPrimitives.ReadUInt64LittleEndian(Bytes(8));

    public Guid Uuid() => new(Bytes(16), bigEndian: true);

    public Hash128 Hash() => new(Fixed64(), Fixed64());

    public ReadOnlySpan<byte> Bytes(int count) => _bytes.Slice(Skip(count), count);

    /// <summary>Goes past that many bytes; gives where they begin.</summary>
    public int Skip(int count)
    {
        if ((uint)count > (uint)Left)
        {
            throw Corrupt("it ends too early");
        }

        var start = Position;
        Position += count;
        return start;
    }

    /// <summary>UTF-8 behind its length in bytes.</summary>
    public string Text()
    {
        try
        {
            return Strict.GetString(Bytes(Count()));
        }
        catch (DecoderFallbackException bad)
        {
            throw new InvalidDataException("Stored bytes are corrupt: a text is not UTF-8.", bad);
        }
    }

    public NodeId Node() => NodeId.TryParse(Text(), out var node) ? node : throw Corrupt("a node breaks its alphabet");

    public ClientId Client() => ClientId.TryParse(Text(), out var client) ? client : throw Corrupt("a client breaks its alphabet");

    /// <summary>Entries of a clock: how many, then node and counter of each.</summary>
    public VectorClock Clock()
    {
        var count = Count(bytesEach: 3);
        if (count == 0)
        {
            return VectorClock.Empty;
        }

        var entries = new ClockEntry[count];
        foreach (ref var entry in entries.AsSpan())
        {
            entry = new ClockEntry(Node(), Number(Limits.SafeIntegerMax));
        }

        return VectorClock.TryCreate(entries) ?? throw Corrupt("a clock names a node twice");
    }

    /// <summary>Entries of a registration's metadata: how many, then name and value of each.</summary>
    public MetadataEntry[] Metadata()
    {
        var entries = new MetadataEntry[Count(bytesEach: 2)];
        foreach (ref var entry in entries.AsSpan())
        {
            entry = new MetadataEntry(Text(), Text());
        }

        return entries;
    }

    /// <summary>A tenant's own policies; null where it has none. They stand by their tables' names.</summary>
    public ConflictPolicies? Policies()
    {
        var policy = Byte();
        if (policy == 0)
        {
            return null;
        }

        var tables = new TablePolicy[Count(bytesEach: 3)];
        foreach (ref var table in tables.AsSpan())
        {
            table = new TablePolicy(Text(), (ConflictPolicy)Byte());
        }

        return ConflictPolicies.TryCreate((ConflictPolicy)(policy - 1), tables) ?? throw Corrupt("a conflict policy cannot be");
    }

    public readonly void End()
    {
        if (Left != 0)
        {
            throw Corrupt("it goes on behind its end");
        }
    }

    /// <summary>What every fault of stored bytes is.</summary>
    public static InvalidDataException Corrupt(string why) => new($"Stored bytes are corrupt: {why}.");
}
