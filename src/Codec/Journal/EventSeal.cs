using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace HeliosSync.Codec;

/// <summary>
/// The checksum at the end of an event's bytes, and how it ties them to their place in the journal: stored is the CRC-32 of all bytes
/// before it, XORed with the CRC-32 of the place. So an event is told from one that stands where another belongs: in another tenant's
/// journal, under another number or manifest. Nothing else of the layout knows the place.
/// </summary>
public static class EventSeal
{
    private const int NameBytesUsual = 512;

    /// <summary>What stands for a place in an event's checksum.</summary>
    /// <param name="persistenceId">The tenant's name in the journal.</param>
    /// <param name="sequence">The event's number there.</param>
    /// <param name="manifest">Its kind and version.</param>
    public static uint PlaceOf(string persistenceId, long sequence, string manifest)
    {
        var bytes = 8 + Encoding.UTF8.GetByteCount(persistenceId) + 1 + Encoding.UTF8.GetByteCount(manifest);
        var place = bytes <= NameBytesUsual ? stackalloc byte[bytes] : new byte[bytes];
        BinaryPrimitives.WriteInt64LittleEndian(place, sequence);
        var at = 8 + Encoding.UTF8.GetBytes(persistenceId, place[8..]);
        place[at++] = 0;
        Encoding.UTF8.GetBytes(manifest, place[at..]);
        return Crc32.HashToUInt32(place);
    }

    /// <summary>Ties bytes, as <see cref="EventWriter"/> made them, to a place. Done twice, it would undo itself.</summary>
    public static void Bind(Span<byte> bytes, uint place)
    {
        var end = bytes[^EventWriter.ChecksumBytes..];
        BinaryPrimitives.WriteUInt32LittleEndian(end, BinaryPrimitives.ReadUInt32LittleEndian(end) ^ place);
    }

    /// <summary>
    /// Whether these bytes are whole and belong there. Bytes that are tied to no place are good anywhere: before events were tied to
    /// theirs, they were stored so.
    /// </summary>
    public static bool Holds(ReadOnlySpan<byte> bytes, uint place)
    {
        var body = bytes.Length - EventWriter.ChecksumBytes;
        return body > 0 && (Crc32.HashToUInt32(bytes[..body]) ^ Of(bytes)) is var tied && (tied == place || tied == 0);
    }

    /// <summary>The checksum as it is stored: what tells this event from every other, for whoever wants to know it again.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes) =>
        bytes.Length < EventWriter.ChecksumBytes ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(bytes[^EventWriter.ChecksumBytes..]);
}
