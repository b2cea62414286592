namespace HeliosSync.Domain;

/// <summary>What a change does to its row (protocol 5.1).</summary>
public enum Operation : byte
{
    /// <summary>The author made the row.</summary>
    Insert = 1,

    /// <summary>The author changed the row.</summary>
    Update = 2,

    /// <summary>The author deleted the row; such a change has no data.</summary>
    Delete = 3,
}

/// <summary>128 bits of a keyed hash: a row's identity, or the digest of a push.</summary>
public readonly record struct Hash128(ulong High, ulong Low);

/// <summary>
/// One change as a client pushed it, checked and with its hashes (protocol 5.1). <c>Key</c> and <c>Data</c> are views into the
/// buffer of its batch. <c>Data</c> is as it was sent: one zstd frame where <c>Compressed</c>.
/// </summary>
/// <param name="LocalLsn">The client's own number for the change, 1 to 2^53−1.</param>
/// <param name="Table">The table's name.</param>
/// <param name="Operation">What the change does.</param>
/// <param name="Key">The row's key, 1 to 1,024 bytes.</param>
/// <param name="Data">The row's data as sent.</param>
/// <param name="Compressed">Whether the data is a zstd frame.</param>
/// <param name="Clock">What the author knew of the row, with its own counter.</param>
/// <param name="BaseLsn">The LSN of the version that the author changed; 0 where it did not say.</param>
/// <param name="TimestampMicros">When the author made the change: microseconds since the Unix epoch.</param>
/// <param name="Checksum">CRC-32 of key and uncompressed data (protocol 5.2), verified.</param>
/// <param name="Row">Keyed hash of table and key.</param>
/// <param name="Content">Keyed hash of the uncompressed data.</param>
public readonly record struct PushedChange(
    long LocalLsn,
    string Table,
    Operation Operation,
    ReadOnlyMemory<byte> Key,
    ReadOnlyMemory<byte> Data,
    bool Compressed,
    VectorClock Clock,
    long BaseLsn,
    long TimestampMicros,
    uint Checksum,
    Hash128 Row,
    ulong Content)
{
    /// <summary>Bytes of the data uncompressed, set by whoever makes a compressed change: pages are cut without decompressing.</summary>
    public int DataBytes { get; init; } = Data.Length;
}
