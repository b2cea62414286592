using Microsoft.Data.Sqlite;

namespace HeliosSync.Baselines.Bare;

/// <summary>
/// SQLite as bare as it can be used: one thread, one connection, one prepared statement, a transaction for whatever waits. What is
/// stored is durable when the task completes.
/// </summary>
internal sealed class GroupWriter : IDisposable
{
    private readonly Lock _lock = new();
    private readonly AutoResetEvent _some = new(false);
    private readonly SqliteConnection _connection;
    private readonly Thread _thread;
    private List<Waiting> _waiting = [];
    private bool _ending;

    /// <param name="path">A file for the database, which is not there yet.</param>
    /// <param name="keyed">Whether a stored event can be found by its tenant and number, or only by reading them all.</param>
    public GroupWriter(string path, bool keyed)
    {
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        _connection.Open();
        Execute($"""
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = FULL;
            PRAGMA wal_autocheckpoint = 2000;
            CREATE TABLE events (
                ordering INTEGER PRIMARY KEY,
                tenant TEXT NOT NULL,
                number INTEGER NOT NULL,
                bytes BLOB NOT NULL
                {(keyed ? ", UNIQUE (tenant, number)" : "")});
            """);
        _thread = new Thread(Write) { Name = "writer" };
        _thread.Start();
    }

    public Task StoreAsync(string tenant, long number, byte[] bytes)
    {
        var waiting = new Waiting(tenant, number, bytes, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (_lock)
        {
            _waiting.Add(waiting);
        }

        _some.Set();
        return waiting.Stored.Task;
    }

    public long Count()
    {
        using var command = _connection.CreateCommand();
        command.CommandText = "SELECT COUNT(*) FROM events";
        return (long)command.ExecuteScalar()!;
    }

    public void Dispose()
    {
        _ending = true;
        _some.Set();
        _thread.Join();
        _connection.Dispose();
        _some.Dispose();
    }

    private void Write()
    {
        using var insert = _connection.CreateCommand();
        insert.CommandText = "INSERT INTO events (tenant, number, bytes) VALUES ($tenant, $number, $bytes)";
        var tenant = insert.Parameters.Add("$tenant", SqliteType.Text);
        var number = insert.Parameters.Add("$number", SqliteType.Integer);
        var bytes = insert.Parameters.Add("$bytes", SqliteType.Blob);
        List<Waiting> group = [];
        while (!_ending)
        {
            _some.WaitOne();
            lock (_lock)
            {
                (group, _waiting) = (_waiting, group);
            }

            if (group.Count == 0)
            {
                continue;
            }

            using (var transaction = _connection.BeginTransaction())
            {
                insert.Transaction = transaction;
                foreach (var one in group)
                {
                    (tenant.Value, number.Value, bytes.Value) = (one.Tenant, one.Number, one.Bytes);
                    insert.ExecuteNonQuery();
                }

                transaction.Commit();
            }

            foreach (var one in group)
            {
                one.Stored.SetResult();
            }

            group.Clear();
        }
    }

    private void Execute(string sql)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private readonly record struct Waiting(string Tenant, long Number, byte[] Bytes, TaskCompletionSource Stored);
}
