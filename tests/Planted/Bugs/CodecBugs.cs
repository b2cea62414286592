namespace HeliosSync.Planted;

/// <summary>Mistakes between bytes and decisions: src/Codec.</summary>
internal static class CodecBugs
{
    public static PlantedBug ChecksumRecomputed { get; } = new(
        "checksum recomputed instead of verified",
        "a change is stored with the checksum of what arrived",
        [
            new Edit(
                "Codec/Bodies/ChangeReader.cs",
                "return VerifyChecksum(ref cursor, in draft, data) && Make(in draft, data, out change);",
                "return Make(in draft, data, out change);"),
            new Edit(
                "Codec/Bodies/ChangeReader.cs",
                "(uint)draft.Checksum,",
                "Crc32.HashToUInt32([.. draft.Key.Span, .. data]),"),
        ],
        Probe.Law("InboundPushTests.One_flipped_bit_in_key_or_data_is_caught_by_the_checksum"));
}
