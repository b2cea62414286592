namespace HeliosSync.Micro;

/// <summary>Holds measured bytes an operation against those of the committed file.</summary>
internal static class AllocationGate
{
    /// <summary>Bytes by which any figure may differ: less than the smallest object takes.</summary>
    private const long SlackBytes = 16;

    /// <summary>Of a figure, so much may differ: what another patch of the runtime's libraries might do.</summary>
    private const double SlackShare = 0.02;

    /// <summary>What is wrong, a line each.</summary>
    /// <param name="committed">The file.</param>
    /// <param name="measured">What was measured.</param>
    /// <param name="exact">
    /// Whether the code is optimized as it was for the file. Code that is not can only allocate more, so there only less is wrong.
    /// </param>
    public static IReadOnlyList<string> Judge(
        IReadOnlyDictionary<string, long> committed, IReadOnlyDictionary<string, long> measured, bool exact)
    {
        var wrong = new List<string>();
        foreach (var (name, now) in measured)
        {
            if (!committed.TryGetValue(name, out var then))
            {
                wrong.Add($"{name} is not in the file: it allocates {now} bytes. Add it with `allocations --write`.");
            }
            else if (exact && now > then + Slack(then))
            {
                wrong.Add($"{name} allocates {now} bytes an operation, more than the {then} of the file.");
            }
            else if (now < then - Slack(then))
            {
                wrong.Add($"{name} allocates {now} bytes an operation, less than the {then} of the file: `allocations --write` lowers it.");
            }
        }

        wrong.AddRange(committed.Keys.Where(name => !measured.ContainsKey(name))
            .Select(static name => $"{name} is in the file, but there is no such operation."));
        return wrong;
    }

    private static long Slack(long bytes) => Math.Max(SlackBytes, (long)(bytes * SlackShare));
}
