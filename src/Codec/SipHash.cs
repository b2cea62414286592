using System.Buffers.Binary;
using System.Numerics;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>
/// SipHash-2-4 (Aumasson and Bernstein), fed in pieces: any cut of the same bytes gives the same hash.
/// Begun for 64 or 128 bits, and finished as begun.
/// </summary>
internal struct SipHash
{
    private ulong _v0;
    private ulong _v1;
    private ulong _v2;
    private ulong _v3;
    private ulong _partial;
    private int _length;

    /// <summary>Begins a hash of 64 bits.</summary>
    public static SipHash Begin64(ulong k0, ulong k1) => new()
    {
        _v0 = k0 ^ 0x736f6d6570736575,
        _v1 = k1 ^ 0x646f72616e646f6d,
        _v2 = k0 ^ 0x6c7967656e657261,
        _v3 = k1 ^ 0x7465646279746573,
    };

    /// <summary>Begins a hash of 128 bits.</summary>
    public static SipHash Begin128(ulong k0, ulong k1)
    {
        var hash = Begin64(k0, k1);
        hash._v1 ^= 0xee;
        return hash;
    }

    /// <summary>Takes the next bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        var filled = _length & 7;
        _length += bytes.Length;
        while (filled != 0 && !bytes.IsEmpty)
        {
            _partial |= (ulong)bytes[0] << (filled * 8);
            bytes = bytes[1..];
            filled = (filled + 1) & 7;
            if (filled == 0)
            {
                Absorb(_partial);
                _partial = 0;
            }
        }

        while (BinaryPrimitives.TryReadUInt64LittleEndian(bytes, out var word))
        {
            Absorb(word);
            bytes = bytes[8..];
        }

        for (var i = 0; i < bytes.Length; i++)
        {
            _partial |= (ulong)bytes[i] << (i * 8);
        }
    }

    /// <summary>Takes the eight bytes of a number, the least first.</summary>
    public void Append(long number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        Append(bytes);
    }

    /// <summary>The hash of all bytes taken, where it was begun for 64 bits.</summary>
    public ulong Finish64()
    {
        Absorb(_partial | ((ulong)_length << 56));
        _v2 ^= 0xff;
        return Squeeze();
    }

    /// <summary>The hash of all bytes taken, where it was begun for 128 bits; the reference's first eight bytes are the low half.</summary>
    public Hash128 Finish128()
    {
        Absorb(_partial | ((ulong)_length << 56));
        _v2 ^= 0xee;
        var low = Squeeze();
        _v1 ^= 0xdd;
        return new Hash128(Squeeze(), low);
    }

    private void Absorb(ulong word)
    {
        _v3 ^= word;
        Round();
        Round();
        _v0 ^= word;
    }

    private ulong Squeeze()
    {
        Round();
        Round();
        Round();
        Round();
        return _v0 ^ _v1 ^ _v2 ^ _v3;
    }

    private void Round()
    {
        _v0 += _v1;
        _v1 = BitOperations.RotateLeft(_v1, 13) ^ _v0;
        _v0 = BitOperations.RotateLeft(_v0, 32);
        _v2 += _v3;
        _v3 = BitOperations.RotateLeft(_v3, 16) ^ _v2;
        _v0 += _v3;
        _v3 = BitOperations.RotateLeft(_v3, 21) ^ _v0;
        _v2 += _v1;
        _v1 = BitOperations.RotateLeft(_v1, 17) ^ _v2;
        _v2 = BitOperations.RotateLeft(_v2, 32);
    }
}
