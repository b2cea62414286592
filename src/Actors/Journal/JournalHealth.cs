using Microsoft.Data.Sqlite;

namespace HeliosSync.Actors.Journal;

/// <summary>
/// Whether the journal can be written, found out by writing: at most once a second an event is appended and taken back, and something
/// small is made durable. A write that hangs is one that cannot be made: nobody waits for it longer than <see cref="Patience"/>.
/// </summary>
internal sealed class JournalHealth(JournalFiles files, TimeProvider time)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
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
                _probe = Task.Run(Probe);
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
            files.Remember(CountEvents(connection));
            return true;
        }
        catch (SqliteException)
        {
            return false;
        }
    }

    /// <summary>How many events are durable.</summary>
    public static long CountEvents(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = Schema.LastEvent;
        return command.ExecuteScalar() as long? ?? 0;
    }

    private static void Execute(SqliteTransaction transaction, string sql)
    {
        using var command = transaction.Connection!.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
