using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
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
        var (v0, v1, v2, v3) = (_v0, _v1, _v2, _v3);
        var filled = _length & 7;
        _length += bytes.Length;
        while (BinaryPrimitives.TryReadUInt64LittleEndian(bytes, out var next))
        {
            var word = Join(next, filled);
            v3 ^= word;
            Round(ref v0, ref v1, ref v2, ref v3);
            Round(ref v0, ref v1, ref v2, ref v3);
            v0 ^= word;
            bytes = bytes[8..];
        }

        (_v0, _v1, _v2, _v3) = (v0, v1, v2, v3);
        foreach (var b in bytes)
        {
            _partial |= (ulong)b << (filled * 8);
            filled = (filled + 1) & 7;
            if (filled == 0)
            {
                Absorb(_partial);
                _partial = 0;
            }
        }
    }

    /// <summary>Takes the eight bytes of a number, the least first.</summary>
    public void Append(long number)
    {
        Absorb(Join((ulong)number, _length & 7));
        _length += sizeof(long);
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

    /// <summary>The bytes kept so far with the next eight behind them: eight to absorb now, and as many to keep as before.</summary>
    private ulong Join(ulong next, int filled)
    {
        if (filled == 0)
        {
            return next;
        }

        var word = _partial | (next << (filled * 8));
        _partial = next >> (64 - (filled * 8));
        return word;
    }

    private void Absorb(ulong word)
    {
        _v3 ^= word;
        Round(ref _v0, ref _v1, ref _v2, ref _v3);
        Round(ref _v0, ref _v1, ref _v2, ref _v3);
        _v0 ^= word;
    }

    private ulong Squeeze()
    {
        for (var i = 0; i < 4; i++)
        {
            Round(ref _v0, ref _v1, ref _v2, ref _v3);
        }

        return _v0 ^ _v1 ^ _v2 ^ _v3;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        v0 += v1;
        v1 = BitOperations.RotateLeft(v1, 13) ^ v0;
        v0 = BitOperations.RotateLeft(v0, 32);
        v2 += v3;
        v3 = BitOperations.RotateLeft(v3, 16) ^ v2;
        v0 += v3;
        v3 = BitOperations.RotateLeft(v3, 21) ^ v0;
        v2 += v1;
        v1 = BitOperations.RotateLeft(v1, 17) ^ v2;
        v2 = BitOperations.RotateLeft(v2, 32);
    }
}
