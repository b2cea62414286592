using System.Buffers.Binary;
using System.Globalization;

namespace HeliosSync.Load.Clients;

/// <summary>
/// What stands in a row follows from who wrote it and under which local number, so that a million rows can be compared without
/// being remembered. Keys and data look like chance, as encrypted or compressed content does: nothing makes them smaller.
/// </summary>
internal static class Rows
{
    /// <summary>Bytes of a key: those of a UUID.</summary>
    public const int KeyBytes = 16;

    public const string Table = "tasks";

    private const int LocalBits = 40;

    /// <summary>The id of a client, which is also its node.</summary>
    public static string ClientOf(int client) => string.Create(CultureInfo.InvariantCulture, $"load-{client}");

    /// <summary>Fills in key and data of a client's change.</summary>
    public static void Fill(PushPlan plan, int client, long localLsn, Span<byte> key, Span<byte> data)
    {
        // The first half of a key is a permutation of (client, row): no two rows share one.
        var turn = plan.Scattered ? (long)(Mix((ulong)localLsn) >> 1) : localLsn;
        var row = Mix(Word(client, plan.RowsEach is { } rows ? turn % rows : localLsn));
        BinaryPrimitives.WriteUInt64LittleEndian(key, row);
        BinaryPrimitives.WriteUInt64LittleEndian(key[sizeof(ulong)..], Mix(row));
        var state = Mix(Word(client, localLsn));
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        for (var at = 0; at < data.Length; at += word.Length)
        {
            state = Mix(state + (ulong)at + 1);
            BinaryPrimitives.WriteUInt64LittleEndian(word, state);
            word[..Math.Min(word.Length, data.Length - at)].CopyTo(data[at..]);
        }
    }

    /// <summary>What a client's change does: it makes a row, or writes it again.</summary>
    public static string OperationOf(PushPlan plan, long localLsn) => localLsn > plan.RowsEach ? "Update" : "Insert";

    private static ulong Word(int client, long number) => ((ulong)client << LocalBits) + (ulong)number;

    /// <summary>SplitMix64 (Steele, Lea, Flood 2014): a permutation of 64-bit words that looks random.</summary>
    private static ulong Mix(ulong x)
    {
        x += 0x9E3779B97F4A7C15;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
