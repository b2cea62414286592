using System.Collections.Concurrent;

namespace HeliosSync.Actors.Streams;

/// <summary>
/// Has many go on at once, a few at a time: whoever is woken goes on within one of as few work items as there are cores, and each of those
/// stands in line behind all else that the pool has to do after every few. So a commit that a thousand streams wait for holds up a push or
/// a look at health for the time of a few streams, not of a thousand. Thread-safe.
/// </summary>
internal sealed class FanOut : IThreadPoolWorkItem
{
    private const int AtOnce = 16;

    private readonly ConcurrentQueue<TaskCompletionSource> _ready = new();
    private readonly int _workersMax = Environment.ProcessorCount;
    private int _workers;

    /// <summary>Lets them go on. What they do until they wait again is done by the worker, so they must not block.</summary>
    public void Add(TaskCompletionSource one)
    {
        _ready.Enqueue(one);
        Hire();
    }

    /// <summary>Goes on when the task has ended, however it did. So those who wait for one task do not go on one after the other.</summary>
    public Task Behind(Task task)
    {
        var one = new TaskCompletionSource();
        task.ContinueWith(
            static (_, state) =>
            {
                var (fanOut, one) = ((FanOut, TaskCompletionSource))state!;
                fanOut.Add(one);
            },
            (this, one),
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        return one.Task;
    }

    /// <inheritdoc/>
    void IThreadPoolWorkItem.Execute()
    {
        for (var i = 0; i < AtOnce && _ready.TryDequeue(out var one); i++)
        {
            one.TrySetResult();
        }

        if (!_ready.IsEmpty)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            return;
        }

        Interlocked.Decrement(ref _workers);
        if (!_ready.IsEmpty)
        {
            Hire();
        }
    }

    private void Hire()
    {
        if (Interlocked.Increment(ref _workers) <= _workersMax)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
        else
        {
            Interlocked.Decrement(ref _workers);
        }
    }
}
