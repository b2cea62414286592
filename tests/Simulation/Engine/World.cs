namespace HeliosSync.Simulation;

/// <summary>
/// Virtual time and everything that is to happen in it, one step after the other on one thread. Nothing here reads a real clock, and a
/// continuation of the server's code runs inside the step that completes what it waited for.
/// </summary>
internal sealed class World(ulong seed, Verdicts verdicts, Trace trace, Tally tally)
{
    public const long Millisecond = 1_000;
    public const long Second = 1_000_000;
    public const long Minute = 60 * Second;

    private readonly PriorityQueue<Action, (long At, long Order)> _agenda = new();
    private long _order;

    public Chance Chance { get; } = new(seed);

    public Verdicts Verdicts => verdicts;

    public Trace Trace => trace;

    public Tally Tally => tally;

    /// <summary>Microseconds since the run began.</summary>
    public long Now { get; private set; }

    public long Steps { get; private set; }

    /// <summary>How often the server was started.</summary>
    public int ServerLife { get; set; } = 1;

    /// <summary>Whether anything still goes wrong; switched off for the rest at the end.</summary>
    public bool IsStormy { get; set; } = true;

    /// <summary>Whether no client is ever forgotten, so that every message id stays known.</summary>
    public bool Remembers { get; set; } = true;

    public void After(long micros, Action step) => _agenda.Enqueue(step, (Now + Math.Max(0, micros), _order++));

    public void Log(string line) => trace.Add(Now, line);

    public void Violate(Oracle oracle, string what)
    {
        verdicts.Violate(oracle, what);
        Log($"VIOLATION {oracle}: {what}");
    }

    /// <summary>For the filter of a catch: an exception of the server's is a violation.</summary>
    public bool Caught(Exception e)
    {
        Violate(Oracle.NoException, e.ToString());
        return true;
    }

    /// <summary>Takes the next step; false where nothing is left to do.</summary>
    public bool Step()
    {
        if (!_agenda.TryDequeue(out var step, out var when))
        {
            return false;
        }

        Now = when.At;
        verdicts.Step = ++Steps;
        step();
        return true;
    }
}

/// <summary>A clock of the server's on virtual time, which may be wrong and may jump.</summary>
internal sealed class SkewedTime(World world) : TimeProvider
{
    private static readonly DateTimeOffset Begin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public long SkewMicros { get; set; }

    public static long BeginMicros { get; } = (Begin - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    public long NowMicros => BeginMicros + world.Now + SkewMicros;

    public override DateTimeOffset GetUtcNow() => Begin.AddTicks((world.Now + SkewMicros) * TimeSpan.TicksPerMicrosecond);

    public override long GetTimestamp() => world.Now * (TimestampFrequency / World.Second);
}
