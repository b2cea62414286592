using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>Collects stored bytes in a rented buffer: varints and fixed numbers, all little-endian, and texts with their length.</summary>
internal sealed class BytesWriter(int capacity) : IDisposable
{
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(capacity);

    /// <summary>How many bytes there are so far.</summary>
    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, Length);

    public void Byte(byte value) => Take(1)[0] = value;

    /// <summary>LEB128: seven bits a byte, the lowest first.</summary>
    public void Varint(ulong value)
    {
        var to = Reserve(10);
        var at = 0;
        while (value >= 0x80)
        {
            to[at++] = (byte)(value | 0x80);
            value >>= 7;
        }

        to[at++] = (byte)value;
        Length += at;
    }

    /// <summary>A number that is never negative.</summary>
    public void Number(long value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        Varint((ulong)value);
    }

    /// <summary>A number of either sign, near 0: zigzag.</summary>
    public void Signed(long value) => Varint(((ulong)value << 1) ^ (ulong)(value >> 63));

    public void Fixed32(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Take(4), value);

    public void Fixed64(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Take(8), value);

    /// <summary>In the order in which a UUID is written as text.</summary>
    public void Uuid(Guid value) => value.TryWriteBytes(Take(16), bigEndian: true, out _);

    public void Bytes(ReadOnlySpan<byte> value) => value.CopyTo(Take(value.Length));

    /// <summary>UTF-8 behind its length in bytes.</summary>
    public void Text(string value)
    {
        var bytes = Encoding.UTF8.GetByteCount(value);
        Number(bytes);
        Encoding.UTF8.GetBytes(value, Take(bytes));
    }

    public void Hash(Hash128 value)
    {
        Fixed64(value.High);
        Fixed64(value.Low);
    }

    /// <summary>Entries of a registration's metadata: how many, then name and value of each.</summary>
    public void Metadata(IReadOnlyList<MetadataEntry> entries)
    {
        Number(entries.Count);
        foreach (var entry in entries)
        {
            Text(entry.Name);
            Text(entry.Value);
        }
    }

    /// <summary>Entries of a clock: how many, then node and counter of each.</summary>
    public void Clock(VectorClock clock)
    {
        Number(clock.Count);
        foreach (ref readonly var entry in clock.Entries)
        {
            Text(entry.Node.Value);
            Number(entry.Counter);
        }
    }

    /// <summary>
    /// A tenant's own policies: 0 where it has none; else one more than the policy of unnamed tables, how many tables are named, and of
    /// each its name and policy.
    /// </summary>
    public void Policies(ConflictPolicies? policies)
    {
        if (policies is null)
        {
            Byte(0);
            return;
        }

        Byte((byte)(1 + (byte)policies.Default));
        Number(policies.Tables.Count);
        foreach (var (table, policy) in policies.Tables)
        {
            Text(table);
            Byte((byte)policy);
        }
    }

    /// <summary>Forgets everything written from there on.</summary>
    public void Truncate(int length) => Length = length;

    public byte[] ToArray() => Written.ToArray();

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    /// <summary>The next bytes, to be filled by the caller.</summary>
    public Span<byte> Take(int bytes)
    {
        var span = Reserve(bytes)[..bytes];
        Length += bytes;
        return span;
    }

    private Span<byte> Reserve(int bytes)
    {
        if (_buffer.Length - Length < bytes)
        {
            var larger = ArrayPool<byte>.Shared.Rent(checked(Math.Max(Length * 2, Length + bytes)));
            Written.CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        return _buffer.AsSpan(Length);
    }
}
