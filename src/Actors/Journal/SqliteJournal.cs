using System.Collections.Immutable;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Persistence;
using Akka.Persistence.Journal;

namespace HeliosSync.Actors.Journal;

/// <summary>What the journal's plugin works with. Belongs to the server, which outlives the plugin.</summary>
/// <param name="writer">Writes events.</param>
/// <param name="reader">Reads them.</param>
/// <param name="threads">Where they are read.</param>
/// <param name="time">The clock.</param>
internal sealed class SqliteJournalSetup(JournalWriter writer, JournalReader reader, BlockingThreads threads, TimeProvider time) : Setup
{
    public JournalWriter Writer => writer;

    public JournalReader Reader => reader;

    public BlockingThreads Threads => threads;

    public TimeProvider Time => time;
}

/// <summary>
/// Akka's journal on SQLite, over the tables of Akka.Persistence.Sql and in its form: either reads and continues what the other wrote.
/// Takes <see cref="JournalEvent"/>s alone. A write that fails is a failure of its tenant alone, as far as the disk allows.
/// </summary>
internal class SqliteJournal : AsyncWriteJournal
{
    private readonly SqliteJournalSetup _setup = Context.System.Settings.Setup.Get<SqliteJournalSetup>().Value;

    /// <summary>
    /// The highest number, once nothing of that tenant is being written any more: an actor that starts anew would use its numbers again.
    /// </summary>
    public override async Task<long> ReadHighestSequenceNrAsync(
        string persistenceId, long fromSequenceNr, CancellationToken cancellationToken)
    {
        await _setup.Writer.WhenSettled(persistenceId).WaitAsync(cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        await _setup.Threads.HopAsync();
        return _setup.Reader.ReadHighest(persistenceId);
    }

    /// <inheritdoc/>
    public override Task ReplayMessagesAsync(
        IActorContext context,
        string persistenceId,
        long fromSequenceNr,
        long toSequenceNr,
        long max,
        Action<IPersistentRepresentation> recoveryCallback) =>
        new JournalReplay(_setup.Reader, _setup.Threads, persistenceId, recoveryCallback).RunAsync(fromSequenceNr, toSequenceNr, max);

    /// <inheritdoc/>
    protected override Task<IImmutableList<Exception>> WriteMessagesAsync(
        IEnumerable<AtomicWrite> messages, CancellationToken cancellationToken)
    {
        var (rows, writes, id) = (new List<JournalAppend>(1), 0, "");
        object? foreign = null;
        foreach (var atomic in messages)
        {
            (writes, id) = (writes + 1, atomic.PersistenceId);
            var payload = (IImmutableList<IPersistentRepresentation>)atomic.Payload;
            for (var i = 0; i < payload.Count; i++)
            {
                if (payload[i].Payload is JournalEvent e)
                {
                    rows.Add(new JournalAppend(payload[i].SequenceNr, e));
                }
                else
                {
                    foreign = payload[i].Payload;
                }
            }
        }

        if (foreign is not null)
        {
            // All of them: what would be stored behind it would stand behind a gap.
            var refusal = new NotSupportedException($"{foreign.GetType()} is no event of the journal.");
            return Task.FromResult<IImmutableList<Exception>>([.. Enumerable.Repeat(refusal, writes)]);
        }

        if (rows.Count == 0)
        {
            // What is only deferred comes this way too, behind the writes before it, which are durable by now.
            return Task.FromResult<IImmutableList<Exception>>(null!);
        }

        // Not given up when the time is over: then it is not known what becomes of it, and the actor's next start waits for that.
        var write = new JournalWrite(id, _setup.Time.GetUtcNow().UtcTicks, rows);
        _setup.Writer.Add(write);
        return write.Task!;
    }

    /// <summary>Nothing is ever deleted: event numbers are dense, and repeats are answered from old events.</summary>
    protected override Task DeleteMessagesToAsync(string persistenceId, long toSequenceNr, CancellationToken cancellationToken) =>
        Task.FromException(new NotSupportedException("Events are not deleted from the journal."));
}
