using System.Collections.Immutable;
using HeliosSync.Actors.Telemetry;

namespace HeliosSync.Actors.Journal;

/// <summary>One event on its way into the journal's table.</summary>
internal readonly record struct JournalAppend(long Sequence, JournalEvent Event);

/// <summary>
/// What one tenant writes at once, all of it or nothing, and the promise to it: completed when it is durable, failed when it is not, or
/// when that is not known. Whoever waits goes on where it is kept, and keeps up those behind it.
/// </summary>
/// <param name="persistenceId">Whose.</param>
/// <param name="created">The time of writing in ticks, as Akka.Persistence.Sql stores it.</param>
/// <param name="rows">The events, at least one, by sequence number.</param>
internal sealed class JournalWrite(string persistenceId, long created, List<JournalAppend> rows)
    : TaskCompletionSource<IImmutableList<Exception>?>
{
    /// <summary>Stands for a row's other columns and for what is kept beside it in memory.</summary>
    private const int RowOverheadBytes = 256;

    public string PersistenceId => persistenceId;

    public long Created => created;

    public List<JournalAppend> Rows => rows;

    /// <summary>The spans of its events; null where none is traced.</summary>
    public WriteTrace? Trace { get; } = WriteTrace.Begin(rows);

    /// <summary>What it takes of the queue's bound.</summary>
    public long Bytes { get; } = Measure(rows);

    /// <summary>Why it is not stored; null as long as nothing is against it. Of the thread that writes.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Keeps the promise. To be called only when what became of the transaction is known.</summary>
    public void Settle()
    {
        Trace?.End(Failure);
        if (Failure is null)
        {
            SetResult(null);
        }
        else
        {
            SetException(Failure);
            // Akka may have given it up, and then nobody looks at it.
            _ = Task.Exception;
        }
    }

    private static long Measure(List<JournalAppend> rows)
    {
        var bytes = 0L;
        foreach (var row in rows)
        {
            bytes += row.Event.Bytes.Length + RowOverheadBytes;
        }

        return bytes;
    }
}
