using System.Collections.Concurrent;

namespace HeliosSync.Host;

/// <summary>
/// The audit log: lines of JSON, each sealed together with the one before it (docs/operations.md, Audit log). Whoever has something to say
/// never waits for the disk, except where it asks to (<see cref="RecordAsync"/>): a thread of its own writes. Thread-safe.
/// </summary>
internal sealed class AuditLog(AuditSettings settings, TimeProvider time, ILogger<AuditLog> logger) : IAsyncDisposable
{
    /// <summary>Entries that may wait for the thread; beyond they are lost, and how many is said in the log.</summary>
    public const int WaitingMax = 8_192;

    private const int BatchMax = 1_024;
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    private readonly BlockingCollection<Waiting> _queue = new(WaitingMax);
    private readonly AuditSums _sums = new(time);
    private readonly AuditFloodBudget _budget = new(settings.FloodBytesMax, time);
    private AuditWriter? _writer;
    private Task _work = Task.CompletedTask;
    private long _lost;
    private long _flushedAt;
    private bool _isUnflushed;
    private bool _fails;

    /// <summary>
    /// Begins to write, with an entry that is on the disk when this returns, except where the disk is full; what was said before is written
    /// too. Throws where the log cannot be opened.
    /// </summary>
    public void Open(AuditEntry first)
    {
        if (!settings.Enabled)
        {
            return;
        }

        _writer = AuditStart.Open(settings, time);
        WriteBatch([new Waiting(first, null, IsSum: false)], isLast: true);
        _work = Task.Factory.StartNew(
            Work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Writes an entry soon: it outlives the process within a moment, and a power cut within a second.</summary>
    public void Write(AuditEntry entry) => TryAdd(new Waiting(entry, null, IsSum: false));

    /// <summary>Writes an entry, and completes when it is on the disk; false where it could not be put there.</summary>
    public Task<bool> RecordAsync(AuditEntry entry)
    {
        if (!settings.Enabled)
        {
            return Task.FromResult(true);
        }

        var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        return TryAdd(new Waiting(entry, done, IsSum: false)) ? done.Task : Task.FromResult(false);
    }

    /// <summary>
    /// Writes an entry of which clients can make any number: the first of its kind soon, those that follow as one line a second with their
    /// number.
    /// </summary>
    public void Count(in AuditSum sum, string? requestId, long count = 1)
    {
        if (settings.Enabled && _sums.Count(in sum, requestId, count) is { } entry)
        {
            TryAdd(new Waiting(entry, null, IsSum: true));
        }
    }

    /// <summary>Ends behind everything that was said.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.CompleteAdding();
        await _work;
        _writer?.Dispose();
        _writer = null;
        _queue.Dispose();
    }

    private bool TryAdd(Waiting waiting)
    {
        if (!settings.Enabled)
        {
            return true;
        }

        try
        {
            if (_queue.TryAdd(waiting))
            {
                return true;
            }
        }
        catch (InvalidOperationException)
        {
            // It has ended: what is said so late is about nothing that was let in.
            return false;
        }

        Interlocked.Increment(ref _lost);
        return false;
    }

    private void Work()
    {
        var batch = new List<Waiting>();
        var stops = false;
        while (!stops)
        {
            if (_queue.TryTake(out var first, Tick))
            {
                batch.Add(first);
                while (batch.Count < BatchMax && _queue.TryTake(out var next))
                {
                    batch.Add(next);
                }
            }

            stops = _queue.IsCompleted;
            _sums.IsStrained = _budget.IsSpent;
            batch.AddRange(_sums.Take(stops).Select(static entry => new Waiting(entry, null, IsSum: true)));
            WriteBatch(batch, stops);
            batch.Clear();
        }
    }

    private void WriteBatch(List<Waiting> batch, bool isLast)
    {
        var lost = Interlocked.Exchange(ref _lost, 0);
        var isWritten = false;
        try
        {
            Append(batch, lost);
            _isUnflushed |= _writer!.Waiting > 0;
            _writer.Write();
            isWritten = true;
            if (_isUnflushed && (isLast || _writer.HasBegunFile || batch.Exists(static w => w.Done is not null)
                || time.GetElapsedTime(_flushedAt) >= Tick))
            {
                _writer.Flush();
                (_isUnflushed, _flushedAt) = (false, time.GetTimestamp());
            }

            if (_writer.HasBegunFile)
            {
                _writer.Retire();
            }

            Tell(batch, true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Interlocked.Add(ref _lost, isWritten ? 0 : lost + batch.Sum(static w => w.Entry.Count));
            Fail(e);
            Tell(batch, false);
        }
    }

    private void Append(List<Waiting> batch, long lost)
    {
        if (lost > 0)
        {
            _writer!.Append(new AuditEntry(AuditKind.EntriesLost) { By = "server", Count = lost });
        }

        foreach (var waiting in batch)
        {
            var bytes = _writer!.Append(waiting.Entry);
            if (waiting.IsSum && waiting.Entry.Kind != AuditKind.Registered)
            {
                _budget.Spend(bytes);
            }
        }
    }

    private void Tell(List<Waiting> batch, bool isDone)
    {
        if (isDone && _fails)
        {
            _fails = false;
            AuditMessages.WrittenAgain(logger);
        }

        foreach (var waiting in batch)
        {
            waiting.Done?.TrySetResult(isDone);
        }
    }

    private void Fail(Exception e)
    {
        if (!_fails)
        {
            _fails = true;
            AuditMessages.Unwritable(logger, e.Message);
        }

        try
        {
            _writer!.GiveUp();
        }
        catch (Exception again) when (again is IOException or UnauthorizedAccessException)
        {
            AuditMessages.Unwritable(logger, again.Message);
        }
    }

    private readonly record struct Waiting(AuditEntry Entry, TaskCompletionSource<bool>? Done, bool IsSum);
}

/// <summary>The bytes of a day's lines about refusals. Of the writing thread alone.</summary>
internal sealed class AuditFloodBudget(long bytesMax, TimeProvider time)
{
    private DateTime _day;
    private long _spent;

    /// <summary>Whether the day has had its share.</summary>
    public bool IsSpent => Today() >= bytesMax;

    /// <summary>Counts a line.</summary>
    public void Spend(int bytes) => _spent = Today() + bytes;

    private long Today()
    {
        var day = time.GetUtcNow().UtcDateTime.Date;
        if (day != _day)
        {
            (_day, _spent) = (day, 0);
        }

        return _spent;
    }
}

/// <summary>What the server's log says of the audit log.</summary>
internal static partial class AuditMessages
{
    /// <summary>The disk is full, say.</summary>
    [LoggerMessage(EventId = 30, Level = LogLevel.Error,
        Message = "The audit log cannot be written, administrators' changes are refused while it cannot why={Why}")]
    public static partial void Unwritable(ILogger logger, string why);

    /// <summary>It can be written again; its next line says how many entries were lost.</summary>
    [LoggerMessage(EventId = 31, Level = LogLevel.Warning, Message = "The audit log is written again")]
    public static partial void WrittenAgain(ILogger logger);
}
