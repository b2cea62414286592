namespace HeliosSync.Simulation;

/// <summary>What must hold: the nine promises of the protocol, and what makes a run worth something.</summary>
internal enum Oracle
{
    /// <summary>1: no acknowledged change is missing from the journal, and an answer says what the journal says.</summary>
    AcknowledgedIsThere,

    /// <summary>2: no change stands twice, no push is judged twice.</summary>
    NothingTwice,

    /// <summary>3: a definitely refused change never appears.</summary>
    RefusedNeverAppears,

    /// <summary>4: what stands at an LSN of a tenant never changes.</summary>
    LsnNeverChanges,

    /// <summary>5: once a cursor was handed out, nothing at or below it appears.</summary>
    NothingBelowACursor,

    /// <summary>6: the position that a client stores never passes over a change that it was not given.</summary>
    PositionPassesNothing,

    /// <summary>7: once the network heals, every client has the same rows.</summary>
    Convergence,

    /// <summary>8: no update is lost silently: what is gone was superseded knowingly or stands in a conflict report.</summary>
    NothingLostSilently,

    /// <summary>9: no byte of a tenant reaches another.</summary>
    TenantsApart,

    /// <summary>A conflict, convergence or supersession is reported only where it is one (protocol 5.3).</summary>
    VerdictIsFounded,

    /// <summary>Every request that reaches the server is answered.</summary>
    EveryoneIsAnswered,

    /// <summary>An answer has an allowed code and the shape of the protocol.</summary>
    AnswerIsAllowed,

    /// <summary>The server's code throws nothing.</summary>
    NoException,

    /// <summary>A run ends.</summary>
    RunEnds,

    /// <summary>The same seed gives the same trace.</summary>
    SameTrace,

    /// <summary>Everything that must happen sometimes has happened.</summary>
    SeenSometimes,
}

/// <summary>A promise that was broken.</summary>
internal sealed record Violation(Oracle Oracle, string What, long Step);

/// <summary>The first broken promise of a run; what follows from it is not of interest.</summary>
internal sealed class Verdicts
{
    /// <summary>The step that is being taken.</summary>
    public long Step { get; set; }

    public Violation? First { get; private set; }

    public void Violate(Oracle oracle, string what) => First ??= new Violation(oracle, what, Step);
}
