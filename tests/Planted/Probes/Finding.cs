namespace HeliosSync.Planted;

/// <summary>How a probe of a build ended.</summary>
internal enum Ending
{
    /// <summary>Everything that was run holds.</summary>
    Passes,

    /// <summary>A test or an oracle says that something is wrong.</summary>
    Caught,

    /// <summary>The run itself broke: no tests ran, it ended without a verdict, or in time did not end. Never counts as a catch.</summary>
    Broken,

    /// <summary>What was changed is no part of what this layer runs.</summary>
    OutOfReach,
}

/// <summary>What a probe said of a build.</summary>
/// <param name="Ending">How it ended.</param>
/// <param name="By">The tests that failed, or the oracle with its seed, each once.</param>
/// <param name="Ran">How many tests or seeds were run.</param>
/// <param name="Detail">What the first of them said; where the run broke, how.</param>
internal sealed record Finding(Ending Ending, IReadOnlyList<string> By, int Ran, string Detail)
{
    public static Finding OutOfReach { get; } = new(Ending.OutOfReach, [], 0, "");

    public static Finding Broken(string how) => new(Ending.Broken, [], 0, how);

    public override string ToString() => Ending == Ending.Caught ? $"Caught by {string.Join(", ", By)}: {Detail}" : $"{Ending} {Detail}";
}
