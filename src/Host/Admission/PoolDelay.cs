namespace HeliosSync.Host;

/// <summary>
/// How long work waits for a thread of the pool: what every request, one for health too, meets at each of its steps. It is found out by
/// an item that is sent through the pool while somebody asks, one at a time. Thread-safe.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="send">Has an item executed behind all that waits.</param>
internal sealed class PoolDelay(TimeProvider time, Action<IThreadPoolWorkItem> send) : IThreadPoolWorkItem
{
    /// <summary>What was found is true for so long.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromMilliseconds(50);

    private readonly long _fresh = (long)(Fresh.TotalSeconds * time.TimestampFrequency);
    private long _sentAt;
    private long _foundAt;
    private long _found;

    /// <summary>Of the process's own pool.</summary>
    public PoolDelay(TimeProvider time)
        : this(time, static item => ThreadPool.UnsafeQueueUserWorkItem(item, preferLocal: false))
    {
    }

    /// <summary>The delay as the last item met it, or as the one that still waits has met it so far.</summary>
    public TimeSpan Now()
    {
        var now = time.GetTimestamp();
        var sentAt = Interlocked.CompareExchange(ref _sentAt, now, 0);
        if (sentAt == 0)
        {
            send(this);
        }

        var waits = sentAt == 0 ? 0 : now - sentAt;
        var found = now - Volatile.Read(ref _foundAt) <= _fresh ? Volatile.Read(ref _found) : 0;
        return time.GetElapsedTime(0, Math.Max(waits, found));
    }

    /// <inheritdoc/>
    void IThreadPoolWorkItem.Execute()
    {
        var now = time.GetTimestamp();
        Volatile.Write(ref _found, now - Volatile.Read(ref _sentAt));
        Volatile.Write(ref _foundAt, now);
        Volatile.Write(ref _sentAt, 0);
    }
}
