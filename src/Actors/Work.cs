using System.Runtime.CompilerServices;
using HeliosSync.Actors.Journal;

namespace HeliosSync.Actors;

/// <summary>
/// Where the computing of requests and tenants goes on: on the thread pool, as everything else; but while the server turns requests
/// away, on threads of its own that give way. What needs little then finds the pool free: health, and saying no. Thread-safe.
/// </summary>
public sealed class Work : IDisposable
{
    /// <summary>How long after it last turned a request away the server counts as overloaded.</summary>
    public static readonly TimeSpan Afterwards = TimeSpan.FromSeconds(1);

    private readonly BlockingThreads _threads = new("heliossync-work", Environment.ProcessorCount, givesWay: true);
    private readonly TimeProvider _time;
    private long _notedAt;
    private int _noted;

    internal Work(TimeProvider time) => _time = time;

    /// <summary>Whether a request was turned away a moment ago.</summary>
    public bool IsOverloaded => Volatile.Read(ref _noted) != 0 && _time.GetElapsedTime(Volatile.Read(ref _notedAt)) < Afterwards;

    /// <summary>A request was turned away.</summary>
    public void NoteOverload()
    {
        Volatile.Write(ref _notedAt, _time.GetTimestamp());
        Volatile.Write(ref _noted, 1);
    }

    /// <summary>Await it to go on where work belongs now: right here, or on a thread that gives way.</summary>
    public Place GiveWayAsync() => new(this);

    /// <inheritdoc/>
    public void Dispose() => _threads.Dispose();

    /// <summary>Has it done where work belongs now.</summary>
    internal void Post(IThreadPoolWorkItem item)
    {
        if (IsOverloaded)
        {
            _threads.Post(item.Execute);
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(item, preferLocal: true);
        }
    }

    /// <summary>What is awaited to change threads where that is due.</summary>
    public readonly struct Place : ICriticalNotifyCompletion
    {
        private readonly Work _work;

        internal Place(Work work) => _work = work;

        /// <summary>Whether to go on right here.</summary>
        public bool IsCompleted => !_work.IsOverloaded;

        /// <summary>Itself.</summary>
        public Place GetAwaiter() => this;

        /// <summary>Nothing.</summary>
        public void GetResult()
        {
        }

        /// <inheritdoc/>
        public void OnCompleted(Action continuation) => _work._threads.Post(continuation);

        /// <inheritdoc/>
        public void UnsafeOnCompleted(Action continuation) => _work._threads.Post(continuation);
    }
}
