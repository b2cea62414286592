using System.Buffers;
using HeliosSync.Codec;

namespace HeliosSync.Micro;

/// <summary>Our reader of pushes, and what it needs.</summary>
internal static class PushReading
{
    public static readonly KeyedHash Hash = new("0123456789abcdef"u8);

    public static readonly ZstdFrames Zstd = new();

    private static readonly PushReader Reader = new(Hash, Zstd);

    /// <summary>Reads a push that is there whole; the caller disposes it.</summary>
    public static PushBatch Read(BodyPipe pipe)
    {
        var reading = Reader.ReadAsync(pipe.Rewound(), CancellationToken.None);
        var (batch, refusal) = reading.IsCompletedSuccessfully
            ? reading.Result
            : throw new InvalidOperationException("The body was there, and still had to be waited for.");
        return batch ?? throw new InvalidDataException(refusal!.ToString());
    }

    public static PushBatch Read(byte[] body) => Read(new BodyPipe(new ReadOnlySequence<byte>(body)));

    /// <summary>Reads a push, and gives it back: the sum of the products of local number and checksum.</summary>
    public static long Fold(BodyPipe pipe)
    {
        using var batch = Read(pipe);
        var fold = 0L;
        foreach (ref readonly var change in batch.Push.Changes.Span)
        {
            fold += change.LocalLsn * change.Checksum;
        }

        return fold;
    }

    /// <summary>What <see cref="Fold"/> comes to for these rows.</summary>
    public static long FoldOf(ReadOnlySpan<Row> rows)
    {
        var fold = 0L;
        for (var i = 0; i < rows.Length; i++)
        {
            fold += (i + 1L) * rows[i].Checksum;
        }

        return fold;
    }
}
