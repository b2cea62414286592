namespace HeliosSync.Fuzz.Codec;

/// <summary>What every target checks in the same way.</summary>
internal static class Oracle
{
    private const int MarginBytes = 64;

    /// <summary>A claim about the code under test; a finding where it does not hold.</summary>
    public static void Holds(bool holds, string claim)
    {
        if (!holds)
        {
            throw new OracleException(claim);
        }
    }

    /// <summary>Two answers that must be one.</summary>
    public static void Same<T>(T expected, T actual, string claim)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
        {
            throw new OracleException($"{claim}: {expected} and {actual}");
        }
    }

    /// <summary>Reads within an amount of memory that grows with the input, and with nothing that the input says.</summary>
    public static T Bounded<T>(int inputBytes, int perByteMax, int besideMax, Func<T> read)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            return read();
        }
        finally
        {
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Holds(allocated <= besideMax + ((long)perByteMax * inputBytes), $"memory is bounded: {allocated} for {inputBytes} bytes");
        }
    }

    /// <summary>
    /// Reads the input as a slice with other bytes around it, twice: whoever reads past the ends answers differently.
    /// </summary>
    public static T SameInAnySurroundings<T>(byte[] input, Func<ReadOnlyMemory<byte>, T> read)
    {
        var one = read(Surrounded(input, 0x00));
        Same(one, read(Surrounded(input, (byte)'1')), "what stands around the input does not matter");
        return one;
    }

    private static ReadOnlyMemory<byte> Surrounded(byte[] input, byte with)
    {
        var larger = new byte[input.Length + (2 * MarginBytes)];
        larger.AsSpan().Fill(with);
        input.CopyTo(larger, MarginBytes);
        return larger.AsMemory(MarginBytes, input.Length);
    }
}

/// <summary>The code under test answered what its oracle does not allow.</summary>
internal sealed class OracleException(string claim) : Exception("It does not hold that " + claim);
