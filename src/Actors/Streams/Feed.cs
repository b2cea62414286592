using HeliosSync.Actors.Tenants;
using HeliosSync.Domain;

namespace HeliosSync.Actors.Streams;

/// <summary>What a stream sends next.</summary>
public enum FeedStep
{
    /// <summary>An event with changes.</summary>
    Event,

    /// <summary>A comment: nothing was sent for a while.</summary>
    KeepAlive,

    /// <summary>The last event: why it ends.</summary>
    End,

    /// <summary>Nothing: its reader has gone.</summary>
    Gone,
}

/// <summary>What a stream sends next.</summary>
/// <param name="Step">What it is.</param>
/// <param name="Event">The event's bytes, which other streams may send too; empty where it is none.</param>
/// <param name="Why">Why the stream ends; null where it does not.</param>
/// <param name="Changes">How many changes the event has.</param>
public readonly record struct FeedItem(FeedStep Step, ReadOnlyMemory<byte> Event, Refusal? Why, int Changes = 0);

/// <summary>Until when a stream may go on, and how it is cut.</summary>
/// <param name="Expires">It ends when this moment has passed, UTC.</param>
/// <param name="Expired">What it ends with then.</param>
/// <param name="Cut">Ends the connection of a reader that does not take the last event.</param>
public sealed record FeedTerms(DateTime Expires, Refusal Expired, Action Cut);

/// <summary>
/// The changes of one live stream (protocol 4.5), one event at a time: each is read when the one before it was taken, by the same paging
/// as a pull's. So a slow reader costs one event, and misses none. While there is nothing new it waits, and holds no thread.
/// <see cref="NextAsync"/> is for one reader; the rest may be called from anywhere.
/// </summary>
public sealed class Feed : ILiveStream, IDisposable
{
    /// <summary>Seconds that a reader gets to take what it was sent and the last event.</summary>
    private const int LastEventSeconds = 5;

    private readonly Lock _gate = new();
    private readonly TenantId _tenant;
    private readonly Pull _pull;
    private readonly FeedTerms _terms;
    private readonly IFeedSource _source;
    private readonly FeedRef _ref;
    private TaskCompletionSource? _waiting;
    private Waiter? _waiter;
    private Refusal? _end;
    private bool _isGone;
    private bool _isDue;
    private long _after;
    private long _head;
    private long _quietSince;
    private long _endedAt;

    internal Feed(TenantId tenant, Pull pull, FeedTerms terms, IFeedSource source)
    {
        (_tenant, _pull, _terms, _source, _after) = (tenant, pull, terms, source, pull.SinceLsn);
        _ref = source.RefOf(this);
        _quietSince = source.Time.GetTimestamp();
    }

    bool ILiveStream.IsOver => IsOver;

    internal TenantId Tenant => _tenant;

    internal Pull Pull => _pull;

    private bool IsOver => Volatile.Read(ref _isGone) || Volatile.Read(ref _end) is not null;

    /// <summary>What is to be sent next, as soon as there is something. After <see cref="FeedStep.End"/> nothing follows.</summary>
    public async ValueTask<FeedItem> NextAsync()
    {
        while (true)
        {
            await Waiting().ConfigureAwait(false);
            lock (_gate)
            {
                if (_isGone || _end is not null)
                {
                    return _isGone ? new FeedItem(FeedStep.Gone, default, null) : new FeedItem(FeedStep.End, default, _end);
                }

                if (_head <= _after)
                {
                    if (!_isDue)
                    {
                        continue;
                    }

                    Sends();
                    return new FeedItem(FeedStep.KeepAlive, default, null);
                }
            }

            var (refusal, page) = await _source.ReadAsync(this, _after, _head).ConfigureAwait(false);
            if (page is null)
            {
                ((ILiveStream)this).End(refusal!);
                continue;
            }

            lock (_gate)
            {
                _after = page.ServerLsn;
                Sends();
            }

            if (page.Changes > 0)
            {
                return new FeedItem(FeedStep.Event, page.Bytes, null, page.Changes);
            }
        }
    }

    /// <inheritdoc cref="ILiveStream.End"/>
    public void End(Refusal why)
    {
        lock (_gate)
        {
            if (_end is null)
            {
                (_end, _endedAt) = (why, _source.Time.GetTimestamp());
            }
        }

        Wake();
    }

    /// <summary>Its reader has gone: it waits for nothing any more.</summary>
    public void Leave()
    {
        Volatile.Write(ref _isGone, true);
        Wake();
    }

    /// <summary>Frees all that the stream holds.</summary>
    public void Dispose()
    {
        Leave();
        _waiter?.Leave();
        _source.Close(this, _ref);
    }

    internal Task<Reply<StreamOpened>> OpenAsync() => _source.AskAsync<StreamOpened>(new OpenStream(_tenant, _pull, this));

    /// <summary>The tenant has admitted it, at that head.</summary>
    internal void Begin(long head) => Move(new Moved(_after, head));

    /// <summary>The head moved, and up to an LSN there is nothing that the stream wants.</summary>
    internal void Move(Moved moved)
    {
        lock (_gate)
        {
            // The tenant tells it once for each time that the stream waits, and meanwhile the stream reads nothing.
            _after = Math.Max(_after, moved.PassedLsn);
            _head = Math.Max(_head, moved.HeadLsn);
            _waiter = null;
        }

        Wake();
    }

    /// <summary>
    /// Looks, about once a second, whether it is time for something. For most it is not, and ten thousand are to be cheap.
    /// </summary>
    /// <param name="now">The time, UTC.</param>
    /// <param name="timestamp">The same moment on the clock that measures.</param>
    internal void Sweep(DateTime now, long timestamp)
    {
        // A second before the time, or the next look would come too late.
        var isQuiet = _source.Time.GetElapsedTime(Volatile.Read(ref _quietSince), timestamp)
            >= TimeSpan.FromSeconds(Limits.StreamKeepAliveSeconds - 1);
        if (!isQuiet && now <= _terms.Expires && Volatile.Read(ref _end) is null)
        {
            return;
        }

        bool isOver, isLate, wakes;
        lock (_gate)
        {
            isOver = _end is not null;
            // Whoever has gone has perhaps begun another request on the same connection.
            isLate = isOver && !_isGone
                && _source.Time.GetElapsedTime(_endedAt, timestamp) > TimeSpan.FromSeconds(LastEventSeconds);
            wakes = isQuiet && _waiting is not null;
            _isDue |= wakes;
        }

        if (isLate)
        {
            _terms.Cut();
        }
        else if (!isOver && now > _terms.Expires)
        {
            End(_terms.Expired);
        }
        else if (wakes)
        {
            Wake();
        }
    }

    /// <summary>Completes when there is something to do. Where there is not, the tenant is asked to tell when there is, once.</summary>
    private Task Waiting()
    {
        Waiter? waiter = null;
        TaskCompletionSource waiting;
        lock (_gate)
        {
            if (_isGone || _isDue || _end is not null || _head > _after)
            {
                return Task.CompletedTask;
            }

            waiting = _waiting = new TaskCompletionSource();
            if (_waiter is null)
            {
                waiter = _waiter = new Waiter(_pull, _after);
            }
        }

        if (waiter is not null)
        {
            _source.Await(this, waiter, _ref);
        }

        return waiting.Task;
    }

    private void Sends() => (_isDue, _quietSince) = (false, _source.Time.GetTimestamp());

    private void Wake()
    {
        TaskCompletionSource? waiting;
        lock (_gate)
        {
            (waiting, _waiting) = (_waiting, null);
        }

        if (waiting is not null)
        {
            _source.GoOn(waiting);
        }
    }
}
