using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace HeliosSync.Baselines.HandWritten;

/// <summary>
/// The one table: a row a change. One connection writes, in one transaction a push; readers have connections of their own.
/// </summary>
internal sealed class ChangeTable : IDisposable
{
    private readonly string _connectionString;
    private readonly SqliteConnection _writer;
    private readonly SqliteCommand _insert;
    private readonly SemaphoreSlim _writing = new(1);

    public ChangeTable(string dataDir)
    {
        _connectionString = new SqliteConnectionStringBuilder { DataSource = Path.Combine(dataDir, "changes.db") }.ToString();
        _writer = Open();
        Execute(_writer, """
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = FULL;
            CREATE TABLE IF NOT EXISTS changes (
                lsn INTEGER PRIMARY KEY AUTOINCREMENT,
                tenant TEXT NOT NULL,
                author TEXT NOT NULL,
                author_lsn INTEGER NOT NULL,
                table_name TEXT NOT NULL,
                operation TEXT NOT NULL,
                row_key BLOB NOT NULL,
                data BLOB NOT NULL,
                vector_clock TEXT NOT NULL,
                timestamp TEXT NOT NULL,
                checksum INTEGER NOT NULL,
                compressed INTEGER NOT NULL);
            CREATE INDEX IF NOT EXISTS changes_tenant ON changes (tenant, lsn);
            """);
        _insert = _writer.CreateCommand();
        _insert.CommandText = """
            INSERT INTO changes
                (tenant, author, author_lsn, table_name, operation, row_key, data, vector_clock, timestamp, checksum, compressed)
            VALUES ($tenant, $author, $author_lsn, $table, $operation, $key, $data, $clock, $timestamp, $checksum, $compressed)
            RETURNING lsn
            """;
        string[] names =
        [
            "$tenant", "$author", "$author_lsn", "$table", "$operation", "$key", "$data", "$clock", "$timestamp", "$checksum",
            "$compressed",
        ];
        foreach (var name in names)
        {
            _insert.Parameters.Add(new SqliteParameter { ParameterName = name });
        }
    }

    /// <summary>Stores a push's changes, durably when it returns; gives their LSNs.</summary>
    public async Task<List<long>> InsertAsync(string tenant, string author, List<PushedChange> changes, CancellationToken ct)
    {
        await _writing.WaitAsync(ct);
        try
        {
            return Insert(tenant, author, changes);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>A tenant's changes above that LSN, at most so many, in ascending order.</summary>
    public List<PulledChange> Read(string tenant, long sinceLsn, int limit)
    {
        using var connection = Open();
        using var command = connection.CreateCommand();
        command.CommandText = """
            SELECT lsn, table_name, operation, row_key, data, vector_clock, timestamp, checksum, compressed, author, author_lsn
            FROM changes WHERE tenant = $tenant AND lsn > $since ORDER BY lsn LIMIT $limit
            """;
        command.Parameters.AddWithValue("$tenant", tenant);
        command.Parameters.AddWithValue("$since", sinceLsn);
        command.Parameters.AddWithValue("$limit", limit);
        using var row = command.ExecuteReader();
        var changes = new List<PulledChange>(limit);
        while (row.Read())
        {
            changes.Add(new PulledChange(
                row.GetInt64(0),
                row.GetString(1),
                row.GetString(2),
                row.GetFieldValue<byte[]>(3),
                row.GetFieldValue<byte[]>(4),
                JsonSerializer.Deserialize(row.GetString(5), MessageContext.Default.DictionaryStringInt64)!,
                row.GetDateTimeOffset(6),
                (uint)row.GetInt64(7),
                row.GetBoolean(8),
                row.GetString(9),
                row.GetInt64(10)));
        }

        return changes;
    }

    /// <summary>A tenant's highest LSN; 0 where it has none.</summary>
    public long Head(string tenant)
    {
        using var connection = Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT MAX(lsn) FROM changes WHERE tenant = $tenant";
        command.Parameters.AddWithValue("$tenant", tenant);
        return command.ExecuteScalar() as long? ?? 0;
    }

    public void Dispose()
    {
        _insert.Dispose();
        _writer.Dispose();
        _writing.Dispose();
    }

    private List<long> Insert(string tenant, string author, List<PushedChange> changes)
    {
        var lsns = new List<long>(changes.Count);
        using var transaction = _writer.BeginTransaction();
        _insert.Transaction = transaction;
        _insert.Parameters[0].Value = tenant;
        _insert.Parameters[1].Value = author;
        foreach (var change in changes)
        {
            _insert.Parameters[2].Value = change.Lsn;
            _insert.Parameters[3].Value = change.Table;
            _insert.Parameters[4].Value = change.Operation;
            _insert.Parameters[5].Value = change.Key;
            _insert.Parameters[6].Value = change.Data;
            _insert.Parameters[7].Value = JsonSerializer.Serialize(change.VectorClock, MessageContext.Default.DictionaryStringInt64);
            _insert.Parameters[8].Value = change.Timestamp;
            _insert.Parameters[9].Value = change.Checksum;
            _insert.Parameters[10].Value = change.Compressed;
            lsns.Add((long)_insert.ExecuteScalar()!);
        }

        transaction.Commit();
        return lsns;
    }

    private SqliteConnection Open()
    {
        // The driver pools what is closed: a file is opened only where more connections are in use than before.
        var connection = new SqliteConnection(_connectionString);
        connection.Open();
        return connection;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
