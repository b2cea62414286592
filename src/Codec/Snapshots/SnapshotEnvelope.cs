using System.IO.Hashing;

namespace HeliosSync.Codec;

/// <summary>
/// What a stored snapshot says of itself before its bytes begin: whose it is, of which event, and that event's checksum. So it can be
/// seen, without reading it, whether the journal beside it is the one that it was taken of. The layout stands in this folder's README.
/// </summary>
/// <param name="PersistenceId">The tenant's name in the journal.</param>
/// <param name="Sequence">Number of the last event in it.</param>
/// <param name="LastEvent">That event's checksum, as <see cref="EventSeal.Of"/> gives it.</param>
public readonly record struct SnapshotEnvelope(string PersistenceId, long Sequence, uint LastEvent)
{
    /// <summary>Bytes within which an envelope ends: a name has at most 135.</summary>
    public const int BytesMax = 256;

    private const byte Format = 1;

    /// <summary>The envelope, and the snapshot in it.</summary>
    public byte[] Wrap(ReadOnlySpan<byte> snapshot)
    {
        using var to = new BytesWriter(BytesMax + snapshot.Length);
        to.Byte(Format);
        to.Text(PersistenceId);
        to.Number(Sequence);
        to.Fixed32(LastEvent);
        to.Fixed32(Crc32.HashToUInt32(to.Written));
        to.Bytes(snapshot);
        return to.ToArray();
    }

    /// <summary>Reads an envelope; gives where the snapshot begins. Corrupt bytes are an <see cref="InvalidDataException"/>.</summary>
    public static SnapshotEnvelope Read(ReadOnlySpan<byte> bytes, out int snapshotAt)
    {
        var from = new BytesReader(bytes);
        if (from.Byte() != Format)
        {
            throw BytesReader.Corrupt("its format is not known");
        }

        var envelope = new SnapshotEnvelope(from.Text(), from.Number(long.MaxValue), from.Fixed32());
        var crc = Crc32.HashToUInt32(bytes[..from.Position]);
        if (from.Fixed32() != crc)
        {
            throw BytesReader.Corrupt("a CRC does not match");
        }

        snapshotAt = from.Position;
        return envelope;
    }
}
