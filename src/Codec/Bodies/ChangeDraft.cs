using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>The fields of a change as they come (protocol 5.1): each good in itself, what they must be together not looked at.</summary>
internal struct ChangeDraft()
{
    public long Lsn;
    public string Table = "";
    public Operation Operation;
    public ReadOnlyMemory<byte> Key;
    public ReadOnlyMemory<byte> Data;
    public bool Compressed;
    public VectorClock Clock = VectorClock.Empty;
    public long BaseLsn;
    public long Timestamp;
    public long Checksum;
}
