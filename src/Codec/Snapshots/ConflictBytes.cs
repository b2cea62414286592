using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>An entry of the conflict log in a snapshot, in the manner of journal bytes.</summary>
internal static class ConflictBytes
{
    private const byte DotValidBit = 4;

    public static void Write(BytesWriter to, ConflictEntry entry)
    {
        to.Number(entry.Id);
        to.Signed(entry.AtMicros);
        to.Byte((byte)entry.Type);
        to.Byte((byte)entry.Policy);
        to.Byte((byte)entry.State);
        to.Hash(entry.Incoming.Row);
        Write(to, entry.Incoming);
        Write(to, entry.Met);
        to.Signed(entry.SettledMicros);
        to.Signed(entry.SettledBy);
        to.Number(entry.SettledLsn);
    }

    /// <summary>The next entry, which stands above the one before it.</summary>
    public static ConflictEntry Read(ref BytesReader from, int nodes, long head, ConflictEntry? before)
    {
        var id = from.Number(Limits.SafeIntegerMax);
        var at = from.Signed();
        var (type, policy, state) = ((ConflictType)from.Byte(), (ConflictPolicy)from.Byte(), (ConflictState)from.Byte());
        var row = from.Hash();
        var entry = new ConflictEntry(id, at, type, policy, Version(ref from, row, nodes, head), Version(ref from, row, nodes, head))
        {
            State = state,
            SettledMicros = from.Signed(),
            SettledBy = (int)Math.Clamp(from.Signed(), int.MinValue, int.MaxValue),
            SettledLsn = from.Number(head),
        };
        var canBe = id > (before?.Id ?? 0)
            && type is >= ConflictType.UniqueConstraintViolation and <= ConflictType.UpdatedOnServer
            && policy <= ConflictPolicy.LastWriteWins
            && state <= ConflictState.KeptServer
            && entry.SettledBy >= -1 && entry.SettledBy < nodes
            && entry.Met.Lsn > 0
            && IsTime(at) && IsTime(entry.SettledMicros);
        return canBe ? entry : throw BytesReader.Corrupt("a conflict cannot be");
    }

    private static bool IsTime(long micros) => micros is >= PushedWalk.EarliestMicros and <= PushedWalk.LatestMicros;

    private static void Write(BytesWriter to, in RowVersion version)
    {
        to.Byte((byte)((byte)version.Operation | (version.DotValid ? DotValidBit : 0)));
        to.Number(version.Lsn);
        to.Number(version.Counter);
        to.Number(version.LocalLsn);
        to.Fixed64(version.Content);
        to.Number(version.Author);
        to.Signed(version.TimestampMicros);
    }

    private static RowVersion Version(ref BytesReader from, Hash128 row, int nodes, long head)
    {
        var flags = from.Byte();
        if (flags > (DotValidBit | 3) || (flags & 3) == 0)
        {
            throw BytesReader.Corrupt("a conflict's operation is not known");
        }

        return new RowVersion(
            row,
            from.Number(head),
            from.Number(Limits.SafeIntegerMax),
            from.Number(Limits.SafeIntegerMax),
            from.Fixed64(),
            (int)from.Number(nodes - 1),
            (Operation)(flags & 3),
            (flags & DotValidBit) != 0,
            from.Signed());
    }
}
