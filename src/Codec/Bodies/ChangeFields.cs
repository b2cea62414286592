namespace HeliosSync.Codec;

/// <summary>The fields of a change (protocol 5.1) by their numbers.</summary>
internal static class ChangeFields
{
    public const int Lsn = 0, Table = 1, Op = 2, Key = 3, Data = 4, Timestamp = 5, Checksum = 6, Clock = 7, Compressed = 8, BaseLsn = 9;

    public static readonly FieldSet All = new(
        ["lsn", "table", "operation", "key", "data", "timestamp", "checksum"],
        ["vector_clock", "compressed", "base_lsn"]);
}
