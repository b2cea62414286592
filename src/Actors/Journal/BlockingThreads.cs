using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace HeliosSync.Actors.Journal;

/// <summary>
/// Threads of their own for work that blocks. SQLite's driver has no asynchronous work: a flush of the disk, a page that is not in
/// memory, a lock that another holds keep their thread. On the pool, which has as few threads as there are cores, that would hold up
/// everything that is served, health included. Work that comes when all threads are busy waits in order; it is bounded by the requests
/// in hand and the tenants that recover.
/// </summary>
internal sealed class BlockingThreads : IDisposable
{
    private static readonly TimeSpan JoinTimeout = TimeSpan.FromSeconds(2);

#pragma warning disable CA2213 // A thread that hangs may still take from it; it holds nothing that is not the collector's.
    private readonly BlockingCollection<Action> _work = [];
#pragma warning restore CA2213
    private readonly Thread[] _threads;
    private readonly bool _givesWay;
    private int _busy;

    /// <param name="name">Name of the threads.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="givesWay">Whether what they compute is to hold up nothing else: it may take some times as long then.</param>
    public BlockingThreads(string name, int count, bool givesWay = false)
    {
        _givesWay = givesWay;
        _threads = [.. Enumerable.Range(0, count).Select(_ => new Thread(Work) { IsBackground = true, Name = name })];
        foreach (var thread in _threads)
        {
            thread.Start();
        }
    }

    /// <summary>How many of them work now.</summary>
    public int Busy => Volatile.Read(ref _busy);

    /// <summary>Await it to go on on one of these threads, until something is awaited that is not there yet.</summary>
    public Hop HopAsync() => new(this);

    /// <summary>Does something on one of these threads; whoever awaits it goes on on the pool.</summary>
    public Task RunAsync(Action work)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() =>
        {
            try
            {
                work();
                done.SetResult();
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                done.SetException(e);
            }
        });
        return done.Task;
    }

    /// <summary>
    /// What is waiting is still done, and waited for a little: a disk that hangs must not keep the process from ending. What comes later
    /// is done on the pool: nothing is left lying.
    /// </summary>
    public void Dispose()
    {
        _work.CompleteAdding();
        var began = Stopwatch.GetTimestamp();
        foreach (var thread in _threads.Where(static t => t != Thread.CurrentThread))
        {
            var left = JoinTimeout - Stopwatch.GetElapsedTime(began);
            thread.Join(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        }
    }

    /// <summary>Does something there that cannot fail.</summary>
    public void Post(Action work)
    {
        try
        {
            _work.Add(work);
        }
        catch (InvalidOperationException)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static w => w(), work, preferLocal: false);
        }
    }

    private void Work()
    {
        if (_givesWay)
        {
            Niceness.GiveWay();
        }

        foreach (var work in _work.GetConsumingEnumerable())
        {
            Interlocked.Increment(ref _busy);
            work();
            Interlocked.Decrement(ref _busy);
        }
    }

    /// <summary>What is awaited to change threads.</summary>
    internal readonly struct Hop(BlockingThreads threads) : ICriticalNotifyCompletion
    {
        public bool IsCompleted => false;

        public Hop GetAwaiter() => this;

        public void GetResult()
        {
        }

        public void OnCompleted(Action continuation) => threads.Post(continuation);

        public void UnsafeOnCompleted(Action continuation) => threads.Post(continuation);
    }
}
