using System.Collections.Concurrent;
using HeliosSync.Domain;
using Microsoft.Data.Sqlite;

namespace HeliosSync.Actors.Journal;

/// <summary>One event as it stands in the journal.</summary>
internal readonly record struct JournalRow(long Sequence, string Manifest, byte[] Bytes);

/// <summary>
/// Hands the tenant's events with these numbers to <paramref name="take"/>, in order, until it returns false. A journal that cannot be
/// read throws a <see cref="System.Data.Common.DbException"/>.
/// </summary>
internal delegate void ReadJournal(TenantId tenant, long from, long to, Func<JournalRow, bool> take);

/// <summary>
/// Reads events straight from the journal's table, outside any actor, on read-only connections of its own and without a
/// transaction. A query is read and closed before it returns: one left open would keep the write-ahead log from being cut.
/// Rows above the durable head are visible here, so every caller gives the end.
/// </summary>
internal sealed class JournalReader(string connectionString) : IDisposable
{
    private readonly string _connectionString =
        new SqliteConnectionStringBuilder(connectionString) { Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString();

    private readonly ConcurrentBag<Query> _idle = [];
    private volatile bool _disposed;

    /// <inheritdoc cref="ReadJournal"/>
    public void Read(TenantId tenant, long from, long to, Func<JournalRow, bool> take) =>
        Read(PersistenceIds.Of(tenant), from, to, take);

    /// <inheritdoc cref="ReadJournal"/>
    public void Read(string persistenceId, long from, long to, Func<JournalRow, bool> take) => Use(query =>
    {
        query.Run(persistenceId, from, to, take);
        return true;
    });

    /// <summary>The highest sequence number in the journal under that name; 0 where it has none.</summary>
    public long ReadHighest(string persistenceId) => Use(query => query.Number(Schema.HighestSequence, persistenceId));

    /// <summary>The event up to which the journal under that name was compacted; 0 where it was not.</summary>
    public long ReadCompacted(string persistenceId) => Use(query => query.Number(Schema.ReadCompaction, persistenceId));

    /// <summary>How many events there are under that name up to that number.</summary>
    public long CountEvents(string persistenceId, long upTo) => Use(query => query.Number(Schema.CountEventsTo, persistenceId, upTo));

    /// <summary>The names in the journal.</summary>
    public List<string> ReadNames()
    {
        using var connection = new SqliteConnection(_connectionString);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = Schema.Tenants;
        using var rows = command.ExecuteReader();
        var names = new List<string>();
        while (rows.Read())
        {
            names.Add(rows.GetValue(0) as string ?? "");
        }

        return names;
    }

    /// <summary>How many clients are registered, over all tenants.</summary>
    public long CountRegistered()
    {
        using var connection = new SqliteConnection(_connectionString);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = Schema.CountRegistered;
        return (long)command.ExecuteScalar()!;
    }

    public void Dispose()
    {
        _disposed = true;
        while (_idle.TryTake(out var query))
        {
            query.Dispose();
        }
    }

    private T Use<T>(Func<Query, T> read)
    {
        if (!_idle.TryTake(out var query))
        {
            query = new Query(_connectionString);
        }

        T found;
        try
        {
            found = read(query);
        }
        catch
        {
            query.Dispose();
            throw;
        }

        _idle.Add(query);
        if (_disposed)
        {
            Dispose();
        }

        return found;
    }

    private sealed class Query : IDisposable
    {
        private readonly SqliteConnection _connection;
        private readonly SqliteCommand _command;
        private readonly SqliteParameter _id;
        private readonly SqliteParameter _from;
        private readonly SqliteParameter _to;

        public Query(string connectionString)
        {
            _connection = new SqliteConnection(connectionString);
            _connection.Open();
            _command = _connection.CreateCommand();
            _command.CommandText = Schema.ReadEvents;
            _id = _command.Parameters.Add("$id", SqliteType.Text);
            _from = _command.Parameters.Add("$from", SqliteType.Integer);
            _to = _command.Parameters.Add("$to", SqliteType.Integer);
            _command.Prepare();
        }

        public void Run(string persistenceId, long from, long to, Func<JournalRow, bool> take)
        {
            (_id.Value, _from.Value, _to.Value) = (persistenceId, from, to);
            using var rows = _command.ExecuteReader();
            // A column of another type than was written makes a row that no checksum bears out.
            while (rows.Read()
                && take(new JournalRow(rows.GetInt64(0), rows.GetValue(1) as string ?? "", rows.GetValue(2) as byte[] ?? [])))
            {
            }
        }

        public long Number(string sql, string persistenceId, long upTo = 0)
        {
            using var command = _connection.CreateCommand();
            command.CommandText = sql;
            command.Parameters.AddWithValue("$id", persistenceId);
            command.Parameters.AddWithValue("$to", upTo);
            return command.ExecuteScalar() as long? ?? 0;
        }

        public void Dispose()
        {
            _command.Dispose();
            _connection.Dispose();
        }
    }
}
