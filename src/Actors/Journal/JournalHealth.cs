using Microsoft.Data.Sqlite;

namespace HeliosSync.Actors.Journal;

/// <summary>Whether the journal can be written, found out by writing: at most one small durable write a second.</summary>
internal sealed class JournalHealth(string connectionString, TimeProvider time)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private Task<bool>? _probe;
    private long _startedAt;

    public Task<bool> IsWritableAsync()
    {
        lock (_gate)
        {
            if (_probe is null || (_probe.IsCompleted && time.GetElapsedTime(_startedAt) > Fresh))
            {
                _startedAt = time.GetTimestamp();
                _probe = Task.Run(Probe);
            }

            return _probe;
        }
    }

    private bool Probe()
    {
        try
        {
            using var connection = new SqliteConnection(connectionString);
            connection.Open();
            JournalFiles.Prepare(connection);
            using var command = connection.CreateCommand();
            command.CommandText = Schema.Probe;
            command.ExecuteNonQuery();
            return true;
        }
        catch (SqliteException)
        {
            return false;
        }
    }
}
