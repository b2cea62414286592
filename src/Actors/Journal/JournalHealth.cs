using Microsoft.Data.Sqlite;

namespace HeliosSync.Actors.Journal;

/// <summary>
/// Whether the journal can be written, found out by writing: at most once a second an event is appended and taken back, and something
/// small is made durable. A write that hangs is one that cannot be made: nobody waits for it longer than <see cref="Patience"/>.
/// </summary>
/// <param name="files">The journal; it is told how far it has come.</param>
/// <param name="threads">Where it is waited for.</param>
/// <param name="time">The clock.</param>
internal sealed class JournalHealth(JournalFiles files, BlockingThreads threads, TimeProvider time)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private long? _wroteAt;
    private Task<bool>? _probe;
    private long _startedAt;

    public async Task<bool> IsWritableAsync()
    {
        Task<bool> probe;
        TimeSpan since;
        lock (_gate)
        {
            if (_probe is null || (_probe.IsCompleted && time.GetElapsedTime(_startedAt) > Fresh))
            {
                _startedAt = time.GetTimestamp();
                _probe = ProbeNowAsync();
            }

            if (_wroteAt is { } at && time.GetElapsedTime(at) < Fresh)
            {
                return true;
            }

            (probe, since) = (_probe, time.GetElapsedTime(_startedAt));
        }

        try
        {
            return await probe.WaitAsync(since < Patience ? Patience - since : TimeSpan.Zero, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>
    /// A tenant's event is durable, or could not be made so. Under load that says all: a probe would only wait for its turn behind the
    /// tenants' writes, and find out late that nothing is wrong.
    /// </summary>
    public void Wrote(bool durable)
    {
        lock (_gate)
        {
            _wroteAt = durable ? time.GetTimestamp() : null;
        }
    }

    /// <summary>Finds it out by writing, whatever was found before.</summary>
    public async Task<bool> ProbeNowAsync()
    {
        var writable = false;
        await threads.RunAsync(() => writable = Probe()).ConfigureAwait(false);
        return writable;
    }

    private bool Probe()
    {
        try
        {
            using var connection = new SqliteConnection(files.Journal);
            connection.Open();
            files.Prepare(connection);
            using var transaction = connection.BeginTransaction();
            transaction.Save("event");
            Execute(transaction, Schema.ProbeEvent);
            transaction.Rollback("event");
            Execute(transaction, Schema.Probe);
            transaction.Commit();
            files.Remember(JournalTables.LastEvent(connection));
            return true;
        }
        catch (SqliteException)
        {
            return false;
        }
    }

    private static void Execute(SqliteTransaction transaction, string sql)
    {
        using var command = transaction.Connection!.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
