using System.Buffers.Binary;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>
/// The keyed hashes of a database: SipHash-2-4 under its hash key. Without the key nobody can make two rows, or two contents, meet.
/// Safe to use from many threads; allocates nothing.
/// </summary>
public sealed class KeyedHash
{
    /// <summary>Bytes of the hash key.</summary>
    public const int KeyBytes = 16;

    private readonly ulong _k0;
    private readonly ulong _k1;

    /// <summary>Hashes under this key of <see cref="KeyBytes"/> bytes; another length throws.</summary>
    public KeyedHash(ReadOnlySpan<byte> key)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(key.Length, KeyBytes, nameof(key));
        _k0 = BinaryPrimitives.ReadUInt64LittleEndian(key);
        _k1 = BinaryPrimitives.ReadUInt64LittleEndian(key[8..]);
        Fingerprint = OfContent("HeliosSync hash key fingerprint 1"u8);
    }

    /// <summary>A hash of a constant: tells which key a snapshot was made with, and nothing about the key.</summary>
    public ulong Fingerprint { get; }

    /// <summary>
    /// A row's identity. The byte 0xFF stands between table and key: it is in no table's name, so no two pairs hash the same bytes.
    /// </summary>
    public Hash128 OfRow(ReadOnlySpan<byte> tableUtf8, ReadOnlySpan<byte> key)
    {
        var hash = Begin128();
        hash.Append(tableUtf8);
        hash.Append([0xff]);
        hash.Append(key);
        return hash.Finish128();
    }

    /// <summary>A change's content: the hash of its uncompressed data.</summary>
    public ulong OfContent(ReadOnlySpan<byte> data)
    {
        var hash = SipHash.Begin64(_k0, _k1);
        hash.Append(data);
        return hash.Finish64();
    }

    /// <summary>A push's digest: the hash of the canonical form of its decoded changes (protocol 4.3).</summary>
    public Hash128 OfPush(ReadOnlySpan<byte> canonical)
    {
        var hash = Begin128();
        hash.Append(canonical);
        return hash.Finish128();
    }

    /// <summary>Begins a hash of 128 bits, to be fed in pieces.</summary>
    internal SipHash Begin128() => SipHash.Begin128(_k0, _k1);
}
