using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>
/// One accepted change as slices of the bytes of its event: nothing is copied, so it keeps those bytes alive (protocol 5.1, 5.3).
/// </summary>
/// <param name="Lsn">The LSN that the server gave it.</param>
/// <param name="Table">The table's name, UTF-8.</param>
/// <param name="Operation">What it did.</param>
/// <param name="Key">The row's key.</param>
/// <param name="Data">The data as it was sent: one zstd frame where <paramref name="Compressed"/>.</param>
/// <param name="Compressed">Whether the data is a zstd frame.</param>
/// <param name="DataBytes">Bytes of the data uncompressed.</param>
/// <param name="TimestampMicros">When the author made it: microseconds since the Unix epoch.</param>
/// <param name="Checksum">CRC-32 of key and uncompressed data.</param>
/// <param name="Author">The node that pushed it, UTF-8.</param>
/// <param name="AuthorLsn">The author's own number for it.</param>
/// <param name="Counter">The author's counter in it, 0 where it had none.</param>
/// <param name="Others">The entries of other nodes that it is stored with.</param>
public readonly record struct StoredChange(
    long Lsn,
    ReadOnlyMemory<byte> Table,
    Operation Operation,
    ReadOnlyMemory<byte> Key,
    ReadOnlyMemory<byte> Data,
    bool Compressed,
    int DataBytes,
    long TimestampMicros,
    uint Checksum,
    ReadOnlyMemory<byte> Author,
    long AuthorLsn,
    long Counter,
    VectorClock Others)
{
    /// <summary>The same change in bytes of its own, so that a small change does not keep a large event alive.</summary>
    /// <param name="withData">Whether the data goes along; without it <see cref="Data"/> is empty.</param>
    public StoredChange Detach(bool withData) => this with
    {
        Table = Table.ToArray(),
        Key = Key.ToArray(),
        Data = withData ? Data.ToArray() : default,
        Author = Author.ToArray(),
    };
}

/// <summary>What became of one change of a stored push, without its data.</summary>
/// <param name="Verdict">What became of it.</param>
/// <param name="LocalLsn">The client's number for it.</param>
/// <param name="Lsn">The LSN that it got, or of the version that stands instead or that it met; 0 where it was withdrawn.</param>
/// <param name="Conflict">The kind of conflict; none where there was none.</param>
/// <param name="Resolution">How the conflict ended; 0 where there was none.</param>
/// <param name="Table">Of a conflict: the table's name, UTF-8.</param>
/// <param name="Key">Of a conflict: the row's key.</param>
/// <param name="Policy">The policy that was in force, where there was a conflict.</param>
/// <param name="MetLsn">The LSN of the version that a conflict met, won or not; 0 where there was none.</param>
public readonly record struct StoredOutcome(
    Verdict Verdict,
    long LocalLsn,
    long Lsn,
    ConflictType Conflict,
    Resolution Resolution,
    ReadOnlyMemory<byte> Table,
    ReadOnlyMemory<byte> Key,
    ConflictPolicy Policy,
    long MetLsn);
