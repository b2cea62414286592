namespace HeliosSync.Host;

/// <summary>
/// Lets requests go on one after the other once their bodies have come. Each then comes to the thread pool's queue about ten times,
/// and whatever waits there holds up all else, health too: so those who wait, wait here. A few for each core go on at once; more only
/// while work finds a thread in good time, which an item that is sent through the pool finds out while somebody waits. Nobody is refused:
/// <see cref="RequestSlots"/> bounds how many there are. Thread-safe.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="send">Has an item executed behind all that the pool has to do.</param>
internal sealed class Turns(TimeProvider time, Action<IThreadPoolWorkItem> send) : IThreadPoolWorkItem
{
    /// <summary>So many go on however late the pool is: they alone keep a core busy.</summary>
    public const int AlwaysPerCore = 32;

    /// <summary>So many more go on whenever the pool was found in time.</summary>
    public const int StepPerCore = 8;

    private static readonly TimeSpan InTime = TimeSpan.FromMilliseconds(5);

    private readonly int _always = AlwaysPerCore * Environment.ProcessorCount;
    private readonly int _step = StepPerCore * Environment.ProcessorCount;
    private readonly Lock _gate = new();
    private readonly Queue<TaskCompletionSource> _waiting = new();
    private int _going;
    private bool _asking;
    private long _askedAt;

    /// <summary>By the process's own pool.</summary>
    public Turns(TimeProvider time)
        : this(time, static item => ThreadPool.UnsafeQueueUserWorkItem(item, preferLocal: false))
    {
    }

    /// <summary>Ends when it is the caller's turn, which it gives back by disposing it.</summary>
    public async ValueTask<Turn> TakeAsync()
    {
        if (Queue() is { } waiting)
        {
            await waiting;
        }

        return new Turn(this);
    }

    /// <inheritdoc/>
    void IThreadPoolWorkItem.Execute()
    {
        var next = new List<TaskCompletionSource>();
        lock (_gate)
        {
            var room = time.GetElapsedTime(_askedAt) <= InTime ? _step : 0;
            while (next.Count < room && _waiting.TryDequeue(out var one))
            {
                next.Add(one);
            }

            _going += next.Count;
            _asking = false;
            AskPool();
        }

        next.ForEach(static one => one.SetResult());
    }

    private Task? Queue()
    {
        lock (_gate)
        {
            if (_waiting.Count == 0 && _going < _always)
            {
                _going++;
                return null;
            }

            var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue(turn);
            AskPool();
            return turn.Task;
        }
    }

    private void AskPool()
    {
        if (!_asking && _waiting.Count > 0)
        {
            (_asking, _askedAt) = (true, time.GetTimestamp());
            send(this);
        }
    }

    private void Leave()
    {
        TaskCompletionSource? next = null;
        lock (_gate)
        {
            if (_going > _always || !_waiting.TryDequeue(out next))
            {
                _going--;
            }
        }

        next?.SetResult();
    }

    /// <summary>One request's turn, until it is disposed. For one request, one thread at a time.</summary>
    internal sealed class Turn(Turns turns) : IDisposable
    {
        private bool _left;

        public void Dispose()
        {
            if (!_left)
            {
                _left = true;
                turns.Leave();
            }
        }
    }
}
