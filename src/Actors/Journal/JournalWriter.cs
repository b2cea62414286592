using HeliosSync.Actors.Telemetry;
using Microsoft.Data.Sqlite;

namespace HeliosSync.Actors.Journal;

/// <summary>
/// The one writer of the journal's table, with group commit: all that came while the last transaction was being flushed is one transaction
/// with one flush. Nobody waits for others to come. What a constraint or trigger refuses fails alone; when the transaction itself fails,
/// everything in it does, and the next one begins on a connection of its own. No promise is kept before its commit has returned.
/// </summary>
internal sealed class JournalWriter : IDisposable
{
    /// <summary>A tenant has one write here at a time; as many again have been given up by whoever asked for them.</summary>
    public const int WritesMax = 2 * SyncServerOptions.RequestsAtOnceMax;

    /// <summary>
    /// Rows of one transaction, which bounds what the last in it waits for, as <see cref="GroupBytesMax"/> does; a write that is larger
    /// has one of its own.
    /// </summary>
    private const int GroupRowsMax = 1_024;

    private const long GroupBytesMax = 8L * 1_024 * 1_024;

    private readonly JournalFiles _files;
    private readonly BlockingThreads _threads;
    private readonly long _bytesMax;
    private readonly int _writesMax;
    private readonly Lock _gate = new();
    private readonly Queue<JournalWrite> _waiting = [];
    private readonly List<JournalWrite> _group = [];
    private readonly Queue<JournalStep> _steps = [];
    private JournalStep? _step;
    private JournalAppender? _appender;
    private long _bytes;
    private bool _busy;
    private bool _closed;

    /// <summary>Opens the journal for writing, at once: a start that cannot have it is told so.</summary>
    /// <param name="files">The journal.</param>
    /// <param name="threads">The one thread that writes; it is given work only while there is some.</param>
    /// <param name="bytesMax">
    /// Bytes that wait or are being written; beyond, a write fails at once. One alone may be larger. Stands above what is let in.
    /// </param>
    /// <param name="writesMax">Writes that wait, likewise.</param>
    public JournalWriter(JournalFiles files, BlockingThreads threads, long bytesMax, int writesMax = WritesMax)
    {
        (_files, _threads, _bytesMax, _writesMax) = (files, threads, bytesMax, writesMax);
        _appender = new JournalAppender(files);
    }

    /// <summary>Writes that wait, those that are being written left out.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Where its work is counted; null: nowhere.</summary>
    public SyncMetrics? Metrics { get; init; }

    /// <summary>Takes a write, or fails it where there is no room.</summary>
    public void Add(JournalWrite write)
    {
        lock (_gate)
        {
            if (_closed || _waiting.Count >= _writesMax || (_bytes > 0 && _bytes + write.Bytes > _bytesMax))
            {
                write.Failure = new InvalidOperationException(_closed ? "The journal is closed." : "The journal's queue is full.");
                write.Settle();
                return;
            }

            _waiting.Enqueue(write);
            _bytes += write.Bytes;
            if (_busy)
            {
                return;
            }

            _busy = true;
        }

        _threads.Post(WriteAll);
    }

    /// <summary>
    /// Completes when all is settled that is being written for that tenant now. Before, its journal may still grow. Looks through the
    /// whole queue, because that is asked for once in a tenant's life and writing is all that happens otherwise.
    /// </summary>
    public Task WhenSettled(string persistenceId)
    {
        lock (_gate)
        {
            Task last = Task.CompletedTask;
            foreach (var write in _group)
            {
                last = write.PersistenceId == persistenceId ? write.Task : last;
            }

            foreach (var write in _waiting)
            {
                last = write.PersistenceId == persistenceId ? write.Task : last;
            }

            return last;
        }
    }

    /// <summary>
    /// Does something with the connection between two groups, in a transaction of its own, which must be short: every write behind it
    /// waits. Completes when it is done; fails as it did.
    /// </summary>
    public Task BetweenAsync(Action<SqliteConnection> work)
    {
        var step = new JournalStep(work);
        lock (_gate)
        {
            if (_closed)
            {
                step.Fail(new InvalidOperationException("The journal is closed."));
                return step.Task;
            }

            _steps.Enqueue(step);
            if (_busy)
            {
                return step.Task;
            }

            _busy = true;
        }

        _threads.Post(WriteAll);
        return step.Task;
    }

    /// <summary>
    /// Takes nothing more. What waits is not begun any more, and fails; what is being written ends as it does, and the connection with it:
    /// a disk that hangs must not keep the process from ending. So first end the thread, which does what is waiting as long as it can.
    /// </summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _closed = true;
            if (_busy)
            {
                return;
            }
        }

        CloseAppender();
    }

    private void WriteAll()
    {
        while (TakeGroup())
        {
            if (_group.Count > 0)
            {
                WriteGroup();
                Settle([.. _group]);
            }

            TakeStep();
        }
    }

    private void TakeStep()
    {
        if (_step is not { } step)
        {
            return;
        }

        try
        {
            _appender ??= new JournalAppender(_files);
            _appender.Do(step.Work);
            step.Complete();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            CloseAppender();
            step.Fail(e);
        }
    }

    /// <summary>Keeps the promises, all in one go on the pool: the thread that writes goes on writing.</summary>
    private static void Settle(JournalWrite[] writes) => ThreadPool.UnsafeQueueUserWorkItem(
        static settled =>
        {
            foreach (var write in settled)
            {
                write.Settle();
            }
        },
        writes,
        preferLocal: false);

    /// <summary>
    /// Puts away the last group and takes the next, and one step at most behind it; false, and no longer busy, where there is neither.
    /// </summary>
    private bool TakeGroup()
    {
        lock (_gate)
        {
            foreach (var write in _group)
            {
                _bytes -= write.Bytes;
            }

            _group.Clear();
            if (_closed)
            {
                RefuseWaiting();
                CloseAppender();
            }

            var (rows, bytes) = (0, 0L);
            while (_waiting.TryPeek(out var next)
                && (_group.Count == 0 || (rows + next.Rows.Count <= GroupRowsMax && bytes + next.Bytes <= GroupBytesMax)))
            {
                _group.Add(_waiting.Dequeue());
                (rows, bytes) = (rows + next.Rows.Count, bytes + next.Bytes);
            }

            _step = _steps.TryDequeue(out var step) ? step : null;
            return _busy = _group.Count > 0 || _step is not null;
        }
    }

    private void WriteGroup()
    {
        var commit = WriteTrace.BeginCommit(_group);
        Exception? failure = null;
        var took = TimeSpan.Zero;
        try
        {
            _appender ??= new JournalAppender(_files);
            took = _appender.Append(_group);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            failure = e;
            foreach (var write in _group)
            {
                write.Failure = e;
            }

            CloseAppender();
        }

        WriteTrace.Finish(commit, failure);
        Metrics?.Written(_group, took, failure);
    }

    private void RefuseWaiting()
    {
        var closed = new InvalidOperationException("The journal was closed before this was written.");
        foreach (var write in _waiting)
        {
            write.Failure = closed;
        }

        Settle([.. _waiting]);
        _waiting.Clear();
        _bytes = 0;
        while (_steps.TryDequeue(out var step))
        {
            step.Fail(closed);
        }
    }

    private void CloseAppender()
    {
        _appender?.Dispose();
        _appender = null;
    }
}
