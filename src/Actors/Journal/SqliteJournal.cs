using System.Collections.Immutable;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
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
/// <param name="config">The plugin's settings, Akka's for all plugins among them.</param>
internal class SqliteJournal(Config config) : AsyncWriteJournal
{
    private readonly SqliteJournalSetup _setup = Context.System.Settings.Setup.Get<SqliteJournalSetup>().Value;

    /// <summary>How long a write may take before the tenant is told that its outcome is not known.</summary>
    private readonly TimeSpan _patience = config.GetTimeSpan("circuit-breaker.call-timeout");

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

    /// <summary>
    /// Writes go past Akka's own way of writing, which costs more than the write: copies of what is written, a breaker that never opens,
    /// and an actor that puts all tenants' answers into one order. A tenant needs its own alone in order, and has one write here at a time.
    /// </summary>
    protected override bool AroundReceive(Receive receive, object message)
    {
        if (message is not WriteMessages asked)
        {
            return base.AroundReceive(receive, message);
        }

        _ = WriteAsync(asked);
        return true;
    }

    /// <summary>Writes what one tenant asked for. Fails where it did not become durable, and where that is not known.</summary>
    /// <returns>Null where all of it is durable; else why each of the writes was refused.</returns>
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

    private async Task WriteAsync(WriteMessages asked)
    {
        var (refused, failure) = ((IImmutableList<Exception>?)null, (Exception?)null);
        try
        {
            var write = WriteMessagesAsync(asked.Messages.OfType<AtomicWrite>(), CancellationToken.None);
            refused = await (write.IsCompleted ? write : write.WaitAsync(_patience)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            failure = e;
        }

        Tell(asked, refused, failure);
    }

    /// <summary>
    /// Tells the tenant what became of it. That the whole is written comes last, for then the tenant asks for its next write, the answers
    /// to which another thread may tell.
    /// </summary>
    private static void Tell(WriteMessages asked, IImmutableList<Exception>? refused, Exception? failure)
    {
        var (tenant, instance, writes) = (asked.PersistentActor, asked.ActorInstanceId, 0);
        foreach (var envelope in asked.Messages)
        {
            if (envelope is not AtomicWrite)
            {
                tenant.Tell(new LoopMessageSuccess(envelope.Payload, instance), envelope.Sender);
                continue;
            }

            var refusal = refused?[writes];
            writes++;
            foreach (var e in (IImmutableList<IPersistentRepresentation>)envelope.Payload)
            {
                object answer = failure is not null ? new WriteMessageFailure(e, failure, instance)
                    : refusal is not null ? new WriteMessageRejected(e, refusal, instance)
                    : new WriteMessageSuccess(e, instance);
                tenant.Tell(answer, e.Sender);
            }
        }

        tenant.Tell(failure is null ? WriteMessagesSuccessful.Instance : new WriteMessagesFailed(failure, writes), ActorRefs.NoSender);
    }

    /// <summary>Nothing is ever deleted: event numbers are dense, and repeats are answered from old events.</summary>
    protected override Task DeleteMessagesToAsync(string persistenceId, long toSequenceNr, CancellationToken cancellationToken) =>
        Task.FromException(new NotSupportedException("Events are not deleted from the journal."));
}
