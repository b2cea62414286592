namespace HeliosSync.Fuzz.Http;

/// <summary>What a run has seen.</summary>
internal sealed class FuzzStats
{
    private readonly SortedDictionary<string, long> _answers = new(StringComparer.Ordinal);

    public long Answers { get; private set; }

    public long Episodes { get; set; }

    /// <summary>Memory at the checkpoints, and what refused requests left there.</summary>
    public List<Checkpoint> Memory { get; } = [];

    public void Count(string endpoint, RawAnswer answer)
    {
        Answers++;
        var key = answer.Status == 200 ? $"{endpoint} 200" : $"{endpoint} {answer.Status} {answer.Code}";
        _answers[key] = _answers.GetValueOrDefault(key) + 1;
    }

    /// <summary>How often each was answered.</summary>
    public IReadOnlyDictionary<string, long> ByAnswer => _answers;
}

/// <summary>Memory of the process, server and fuzzer, with everything collected that can be.</summary>
/// <param name="Answers">Answers so far.</param>
/// <param name="HeapBytes">Managed memory; tenants that were used in the last 5 minutes are part of it.</param>
/// <param name="ResidentBytes">Memory in RAM.</param>
/// <param name="StormBytes">Managed memory that there was more after a round of refused requests than before.</param>
/// <param name="StormRequests">How many those were.</param>
internal readonly record struct Checkpoint(long Answers, long HeapBytes, long ResidentBytes, long StormBytes, int StormRequests);

/// <summary>Whether memory stays flat.</summary>
internal static class MemoryWatch
{
    /// <summary>What a refused request may leave behind: noise of pools and timers, and not a body, a buffer or a context.</summary>
    public const double BytesPerRefusalMax = 2_048;

    public static long Heap()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    /// <summary>
    /// Bytes that a refused request left behind in the server: the median of the storms but the first. What is made once, such as a
    /// pool's arrays, shows in some of them; what is never let go shows in all.
    /// </summary>
    public static double BytesPerRefusal(IReadOnlyList<Checkpoint> all)
    {
        var each = all.Skip(1).Select(static c => (double)c.StormBytes / c.StormRequests).Order().ToList();
        return each.Count == 0 ? 0 : each[(each.Count - 1) / 2];
    }

    /// <summary>Slope of a memory over the answers of the second half, in bytes for 1,000 answers (least squares).</summary>
    public static double Slope(IReadOnlyList<Checkpoint> all, Func<Checkpoint, long> memory)
    {
        var late = all.Skip(all.Count / 2).Select(c => (X: c.Answers / 1_000.0, Y: (double)memory(c))).ToList();
        if (late.Count < 2)
        {
            return 0;
        }

        var (x, y) = (late.Average(static p => p.X), late.Average(static p => p.Y));
        return late.Sum(p => (p.X - x) * (p.Y - y)) / late.Sum(p => (p.X - x) * (p.X - x));
    }

    /// <summary>What is wrong with the memory of a run; null where it stayed flat.</summary>
    public static string? Judge(IReadOnlyList<Checkpoint> all) => BytesPerRefusal(all) is var left && left > BytesPerRefusalMax
        ? $"Refused requests leave {left:F0} bytes each in memory."
        : null;
}
