using System.Diagnostics;
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace HeliosSync.Actors.Journal;

/// <summary>
/// A connection that appends to the journal's table, with its statements prepared once: SQLite's own interface, because a command of the
/// driver costs several times what the insertion does. One thread at a time. After an exception nothing of the group is stored, or it is
/// not known; the connection must not be used again.
/// </summary>
internal sealed class JournalAppender : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly sqlite3 _db;
    private readonly sqlite3_stmt _begin;
    private readonly sqlite3_stmt _commit;
    private readonly sqlite3_stmt _save;
    private readonly sqlite3_stmt _release;
    private readonly sqlite3_stmt _takeBack;
    private readonly sqlite3_stmt _insert;
    private byte[] _text = new byte[256];

    public JournalAppender(JournalFiles files)
    {
        _connection = files.OpenWriter();
        _db = _connection.Handle!;
        try
        {
            _begin = Prepare("BEGIN IMMEDIATE");
            _commit = Prepare("COMMIT");
            _save = Prepare("SAVEPOINT one");
            _release = Prepare("RELEASE one");
            _takeBack = Prepare("ROLLBACK TO one");
            _insert = Prepare(Schema.AppendEvent);
            Check(raw.sqlite3_bind_int(_insert, 5, JournalSerializer.StoredIdentifier));
            BindText(7, Guid.NewGuid().ToString("N"));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>
    /// Stores these in one transaction. One that a constraint or trigger refuses is told so in its <see cref="JournalWrite.Failure"/>, and
    /// the others are stored. They are durable when this returns. Gives the time of the commit alone.
    /// </summary>
    public TimeSpan Append(List<JournalWrite> group)
    {
        Step(_begin);
        foreach (var write in group)
        {
            Append(write);
        }

        var began = Stopwatch.GetTimestamp();
        Step(_commit);
        return Stopwatch.GetElapsedTime(began);
    }

    /// <summary>Does something else with the connection, in a transaction of its own.</summary>
    public void Do(Action<SqliteConnection> step) => step(_connection);

    /// <summary>Closing takes back a transaction that is still open.</summary>
    public void Dispose()
    {
        _begin?.Dispose();
        _commit?.Dispose();
        _save?.Dispose();
        _release?.Dispose();
        _takeBack?.Dispose();
        _insert?.Dispose();
        _connection.Dispose();
    }

    private void Append(JournalWrite write)
    {
        // A single insertion is all or nothing by itself.
        var several = write.Rows.Count > 1;
        if (several)
        {
            Step(_save);
        }

        BindText(1, write.PersistenceId);
        Check(raw.sqlite3_bind_int64(_insert, 3, write.Created));
        foreach (var row in write.Rows)
        {
            Check(raw.sqlite3_bind_int64(_insert, 2, row.Sequence));
            Check(raw.sqlite3_bind_blob(_insert, 4, row.Event.Bytes));
            BindText(6, row.Event.Manifest);
            if (!TryStep(_insert, out var refused))
            {
                write.Failure = refused;
                if (several)
                {
                    Step(_takeBack);
                }

                break;
            }
        }

        if (several)
        {
            Step(_release);
        }
    }

    /// <summary>
    /// False where the row was refused and the transaction goes on without it. SQLite may have taken back the whole transaction by itself,
    /// as when the disk is full: it is then outside of any, and all that came before is lost with it.
    /// </summary>
    private bool TryStep(sqlite3_stmt statement, out SqliteException? refused)
    {
        var code = raw.sqlite3_step(statement);
        refused = code == raw.SQLITE_DONE ? null : Failure(code);
        raw.sqlite3_reset(statement);
        return refused is null
            || ((code & 0xff) == raw.SQLITE_CONSTRAINT && raw.sqlite3_get_autocommit(_db) == 0 ? false : throw refused);
    }

    private void Step(sqlite3_stmt statement)
    {
        var code = raw.sqlite3_step(statement);
        var failure = code == raw.SQLITE_DONE ? null : Failure(code);
        raw.sqlite3_reset(statement);
        if (failure is not null)
        {
            throw failure;
        }
    }

    private sqlite3_stmt Prepare(string sql)
    {
        Check(raw.sqlite3_prepare_v3(_db, sql, raw.SQLITE_PREPARE_PERSISTENT, out var statement));
        return statement;
    }

    private void BindText(int place, string text)
    {
        var most = Encoding.UTF8.GetMaxByteCount(text.Length);
        if (_text.Length < most)
        {
            _text = new byte[most];
        }

        Check(raw.sqlite3_bind_text(_insert, place, _text.AsSpan(0, Encoding.UTF8.GetBytes(text, _text))));
    }

    private void Check(int code)
    {
        if (code != raw.SQLITE_OK)
        {
            throw Failure(code);
        }
    }

    private SqliteException Failure(int code) => new(
        $"SQLite Error {code}: '{raw.sqlite3_errmsg(_db).utf8_to_string()}'.", code & 0xff, raw.sqlite3_extended_errcode(_db));
}
