namespace HeliosSync.Crash.Checking;

/// <summary>What must hold of every history.</summary>
internal enum Oracle
{
    /// <summary>An acknowledged change is missing.</summary>
    Lost,

    /// <summary>A change stands twice.</summary>
    Doubled,

    /// <summary>What was definitely refused, or never sent, stands in the journal.</summary>
    RefusedAppears,

    /// <summary>What (tenant, LSN) stands for is no longer what it was, or never was what its author sent.</summary>
    ContentChanged,

    /// <summary>After a cursor was handed out, something new appeared at or below it.</summary>
    AppearsBelowCursor,

    /// <summary>A position passes over a change that the client was not given.</summary>
    PassedOver,

    /// <summary>A repeat got another outcome than the push had.</summary>
    AnswerChanged,

    /// <summary>Of a push, a part is stored.</summary>
    Torn,

    /// <summary>A conflict that was reported is not in the log, or twice; or one that was said to be settled is open.</summary>
    ConflictForgotten,

    /// <summary>A stop in order left a push stored that nobody was told of, or told of one that is not stored.</summary>
    LeftOpenByStop,

    /// <summary>An answer, or an end of the server, that nothing explains.</summary>
    Unexpected,
}

/// <summary>Something that must not be.</summary>
internal sealed record Violation(Oracle Oracle, string What)
{
    public override string ToString() => $"{Oracle}: {What}";
}

/// <summary>What was found, up to a bound: a journal that lost its end would fill the memory with findings.</summary>
internal sealed class Findings
{
    private const int ShownMax = 40;
    private readonly List<Violation> _shown = [];

    /// <summary>The first of them.</summary>
    public IReadOnlyList<Violation> Shown => _shown;

    /// <summary>All of them.</summary>
    public long Count { get; private set; }

    public void Add(Oracle oracle, string what)
    {
        Count++;
        if (_shown.Count < ShownMax)
        {
            _shown.Add(new Violation(oracle, what));
        }
    }
}
