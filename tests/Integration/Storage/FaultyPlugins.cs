using System.Collections.Immutable;
using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.Sql.Journal;
using HeliosSync.Actors.Journal;

namespace HeliosSync.Integration.Storage;

/// <summary>The journal's own plugin, which fails where <see cref="StorageFaults"/> says so.</summary>
internal sealed class FaultyJournal(Config config) : SqliteJournal(config)
{
    private readonly JournalFaults _faults = new(Context);

    /// <inheritdoc/>
    public override Task<long> ReadHighestSequenceNrAsync(
        string persistenceId, long fromSequenceNr, CancellationToken cancellationToken) =>
        _faults.HighestAsync(persistenceId, unheeded => base.ReadHighestSequenceNrAsync(persistenceId, fromSequenceNr, unheeded));

    /// <inheritdoc/>
    public override Task ReplayMessagesAsync(
        IActorContext context,
        string persistenceId,
        long fromSequenceNr,
        long toSequenceNr,
        long max,
        Action<IPersistentRepresentation> recoveryCallback) => _faults.ReplayAsync(
            persistenceId, () => base.ReplayMessagesAsync(context, persistenceId, fromSequenceNr, toSequenceNr, max, recoveryCallback));

    /// <inheritdoc/>
    protected override bool ReceivePluginInternal(object message) =>
        StorageFaultsOf.Do(message) || base.ReceivePluginInternal(message);

    /// <inheritdoc/>
    protected override Task<IImmutableList<Exception>> WriteMessagesAsync(
        IEnumerable<AtomicWrite> messages, CancellationToken cancellationToken) =>
        _faults.WriteAsync([.. messages], base.WriteMessagesAsync);
}

/// <summary>Akka.Persistence.Sql's plugin of the journal, which fails where <see cref="StorageFaults"/> says so.</summary>
public sealed class FaultySqlJournal(Config config) : SqlWriteJournal(config)
{
    private readonly JournalFaults _faults = new(Context);

    /// <inheritdoc/>
    public override Task<long> ReadHighestSequenceNrAsync(
        string persistenceId, long fromSequenceNr, CancellationToken cancellationToken) =>
        _faults.HighestAsync(persistenceId, unheeded => base.ReadHighestSequenceNrAsync(persistenceId, fromSequenceNr, unheeded));

    /// <inheritdoc/>
    public override Task ReplayMessagesAsync(
        IActorContext context,
        string persistenceId,
        long fromSequenceNr,
        long toSequenceNr,
        long max,
        Action<IPersistentRepresentation> recoveryCallback) => _faults.ReplayAsync(
            persistenceId, () => base.ReplayMessagesAsync(context, persistenceId, fromSequenceNr, toSequenceNr, max, recoveryCallback));

    /// <inheritdoc/>
    protected override bool ReceivePluginInternal(object message) =>
        StorageFaultsOf.Do(message) || base.ReceivePluginInternal(message);

    /// <inheritdoc/>
    protected override Task<IImmutableList<Exception>> WriteMessagesAsync(
        IEnumerable<AtomicWrite> messages, CancellationToken cancellationToken) =>
        _faults.WriteAsync([.. messages], base.WriteMessagesAsync);
}

/// <summary>What a journal is asked for, with the faults that <see cref="StorageFaults"/> plans: the same for either plugin.</summary>
/// <param name="context">The plugin's.</param>
internal sealed class JournalFaults(IActorContext context)
{
    private readonly StorageFaults _faults = StorageFaultsOf.System(context.System);
    private readonly Later _later = StorageFaultsOf.Self(context.Self);

    /// <summary>A store that hangs does not hear either that nobody waits for it any more.</summary>
    private static CancellationToken Unheeded => CancellationToken.None;

    public Task<long> HighestAsync(string persistenceId, Func<CancellationToken, Task<long>> read) =>
        _faults.RunAsync(StorageCall.Highest, persistenceId, _later, () => read(Unheeded));

    public Task ReplayAsync(string persistenceId, Func<Task> replay) => _faults.RunAsync(
        StorageCall.Replay,
        persistenceId,
        _later,
        async () =>
        {
            await replay();
            return true;
        });

    public Task<IImmutableList<Exception>> WriteAsync(
        ImmutableList<AtomicWrite> writes,
        Func<IEnumerable<AtomicWrite>, CancellationToken, Task<IImmutableList<Exception>>> write)
    {
        if (writes.IsEmpty)
        {
            // What is only deferred.
            return write(writes, Unheeded);
        }

        return _faults.RunAsync(
            StorageCall.Write,
            writes[0].PersistenceId,
            _later,
            () => write(writes, Unheeded),
            () => [.. writes.Select(static w => new PlannedFailureException($"{w.LowestSequenceNr} is rejected."))]);
    }
}

/// <summary>The snapshot store's own plugin, which fails where <see cref="StorageFaults"/> says so.</summary>
internal sealed class FaultySnapshots(Config config) : SqlSnapshots(config)
{
    private readonly StorageFaults _faults = StorageFaultsOf.System(Context.System);
    private readonly Later _later = StorageFaultsOf.Self(Context.Self);

    /// <inheritdoc/>
    protected override bool ReceivePluginInternal(object message) =>
        StorageFaultsOf.Do(message) || base.ReceivePluginInternal(message);

    /// <inheritdoc/>
    protected override Task<SelectedSnapshot?> LoadAsync(
        string persistenceId, SnapshotSelectionCriteria criteria, CancellationToken cancellationToken) => _faults.RunAsync(
            StorageCall.Load, persistenceId, _later, () => base.LoadAsync(persistenceId, criteria, cancellationToken));

    /// <inheritdoc/>
    protected override Task SaveAsync(SnapshotMetadata metadata, object snapshot, CancellationToken cancellationToken) => _faults.RunAsync(
        StorageCall.Save,
        metadata.PersistenceId,
        _later,
        async () =>
        {
            await base.SaveAsync(metadata, snapshot, cancellationToken);
            return true;
        });

    /// <inheritdoc/>
    protected override Task DeleteAsync(
        string persistenceId, SnapshotSelectionCriteria criteria, CancellationToken cancellationToken) => _faults.RunAsync(
            StorageCall.Delete,
            persistenceId,
            _later,
            async () =>
            {
                await base.DeleteAsync(persistenceId, criteria, cancellationToken);
                return true;
            });
}

/// <summary>Where the plugins find what they are to do, and how they do it in their own time.</summary>
internal static class StorageFaultsOf
{
    public static StorageFaults System(ActorSystem system) => system.Settings.Setup.Get<StorageFaults>().Value;

    public static Later Self(IActorRef self) => work => self.Tell(work, ActorRefs.NoSender);

    public static bool Do(object message)
    {
        (message as Action)?.Invoke();
        return message is Action;
    }
}
