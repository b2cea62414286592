using System.Diagnostics;

namespace HeliosSync.Simulation;

/// <summary>
/// Runs many seeds, each on one thread from beginning to end, as many threads as asked. Stops at the first violation. A step that does
/// not come back cannot be stopped, so whoever waits looks at how long each thread has been at its seed.
/// </summary>
internal sealed class Campaign(ulong from, ulong to, int threads, bool twice, Func<ulong, Workshop, RunResult> run)
{
    /// <summary>A run takes a fraction of a second; a thread that is that long at one is hung.</summary>
    private static readonly TimeSpan LongestRun = TimeSpan.FromMinutes(2);

    private readonly Lock _gate = new();
    private ulong _next = from;
    private bool _isOver;

    public Tally Tally { get; } = new();

    /// <summary>The first seed that broke a promise.</summary>
    public RunResult? Failure { get; private set; }

    /// <summary>Runs until the seeds or the time are used up, or a promise is broken.</summary>
    public void Run(TimeSpan? atMost, TimeSpan every, Action<Campaign> progress)
    {
        var watch = Stopwatch.StartNew();
        var workers = Enumerable.Range(0, threads).Select(_ => new Worker(this)).ToArray();
        var reported = TimeSpan.Zero;
        while (workers.Any(static w => !w.Join(TimeSpan.FromMilliseconds(50))))
        {
            if (atMost is { } time && watch.Elapsed > time)
            {
                End();
            }

            if (watch.Elapsed - reported > every)
            {
                reported = watch.Elapsed;
                progress(this);
            }

            if (Array.Find(workers, static w => w.IsHung) is { } hung)
            {
                Fail(new RunResult(
                    hung.Seed, 0, new Violation(Oracle.RunEnds, $"a step takes more than {LongestRun}", 0), [], new Tally()));
                return;
            }
        }
    }

    private bool TryNext(out ulong seed)
    {
        lock (_gate)
        {
            seed = _next;
            if (_isOver || seed > to)
            {
                return false;
            }

            _next++;
            return true;
        }
    }

    private void End()
    {
        lock (_gate)
        {
            _isOver = true;
        }
    }

    private void Take(RunResult result)
    {
        lock (_gate)
        {
            Tally.Add(result.Tally);
        }

        if (result.Violation is not null)
        {
            Fail(result);
        }
    }

    private void Fail(RunResult result)
    {
        lock (_gate)
        {
            Failure = Failure is null || result.Seed < Failure.Seed ? result : Failure;
            _isOver = true;
        }
    }

    /// <summary>A thread of its own, without a synchronization context: continuations run where they are completed.</summary>
    private sealed class Worker
    {
        private readonly Campaign _campaign;
        private readonly Thread _thread;
        private long _beganAt;

        public Worker(Campaign campaign)
        {
            _campaign = campaign;
            _thread = new Thread(Work, maxStackSize: 16 * 1_024 * 1_024) { IsBackground = true };
            _thread.Start();
        }

        public ulong Seed { get; private set; }

        public bool IsHung => Volatile.Read(ref _beganAt) is var began and > 0 && Stopwatch.GetElapsedTime(began) > LongestRun;

        public bool Join(TimeSpan time) => _thread.Join(time);

        private void Work()
        {
            using var workshop = new Workshop();
            while (_campaign.TryNext(out var seed))
            {
                Seed = seed;
                Volatile.Write(ref _beganAt, Stopwatch.GetTimestamp());
                _campaign.Take(RunOf(seed, workshop));
            }

            Volatile.Write(ref _beganAt, 0);
        }

        private RunResult RunOf(ulong seed, Workshop workshop)
        {
            var first = _campaign.RunSeed(seed, workshop);
            if (!_campaign.Twice || first.Violation is not null)
            {
                return first;
            }

            var second = _campaign.RunSeed(seed, workshop);
            return second.TraceHash == first.TraceHash && second.Violation is null
                ? first
                : second with { Violation = second.Violation ?? new Violation(Oracle.SameTrace, "the second run went another way", 0) };
        }
    }

    private bool Twice => twice;

    private RunResult RunSeed(ulong seed, Workshop workshop) => run(seed, workshop);
}
