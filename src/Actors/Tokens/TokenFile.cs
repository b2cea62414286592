using HeliosSync.Actors.Journal;
using HeliosSync.Domain;
using Microsoft.Data.Sqlite;

namespace HeliosSync.Actors.Tokens;

/// <summary>The tables of <c>tokens.db</c>, over one connection. For one thread at a time.</summary>
internal sealed class TokenFile : IDisposable
{
    /// <summary>The version of the tables (<c>user_version</c>); a file of a later one is refused.</summary>
    private const long FormatVersion = 1;

    /// <summary>Seconds for which what is over is still kept: the skew of clocks, and then some.</summary>
    private const long Slack = 120;

    private const string Tables = """
        CREATE TABLE IF NOT EXISTS revoked (
            seq INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, kind INTEGER NOT NULL, id TEXT NOT NULL,
            up_to INTEGER NOT NULL, until INTEGER NOT NULL, UNIQUE (tenant, kind, id)) STRICT;
        CREATE TABLE IF NOT EXISTS families (
            tenant TEXT NOT NULL, family TEXT NOT NULL, current TEXT NOT NULL, previous TEXT NOT NULL, message_id TEXT,
            rotated_at INTEGER NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (tenant, family)) STRICT, WITHOUT ROWID;
        """;

    private readonly SqliteConnection _connection;

    private TokenFile(SqliteConnection connection) => _connection = connection;

    /// <summary>Opens the file, or makes it, durably.</summary>
    public static TokenFile Open(string path)
    {
        var isNew = !File.Exists(path);
        var settings = new SqliteConnectionStringBuilder { DataSource = path, Pooling = false };
        var file = new TokenFile(JournalFiles.OpenChecked(settings.ToString(), unsafeSynchronousOff: false));
        try
        {
            file.MakeTables();
            if (isNew)
            {
                FolderFiles.FlushFolder(Path.GetDirectoryName(path)!);
            }

            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Another number whenever another connection has written.</summary>
    public long Version() => (long)Scalar("PRAGMA data_version")!;

    /// <summary>Begins to write; what is not committed is as if it had not been.</summary>
    public SqliteTransaction Begin() => _connection.BeginTransaction(deferred: false);

    /// <summary>Whether that is revoked already, in one way or another.</summary>
    public bool Has(Revocation what) => Scalar(
        "SELECT 1 FROM revoked WHERE tenant = $tenant AND kind = $kind AND id = $id",
        ("$tenant", what.Tenant.Value), ("$kind", (long)what.Kind), ("$id", what.Id)) is not null;

    /// <summary>A tenant's revocations of tokens and clients. Those of families are as many as sign-ins at most.</summary>
    public long CountOf(TenantId tenant) => (long)Scalar(
        "SELECT COUNT(*) FROM revoked WHERE tenant = $tenant AND kind IN (0, 1)", ("$tenant", tenant.Value))!;

    /// <summary>Whether a token is revoked.</summary>
    public bool Covers(in TokenName token) => Scalar(
        """
        SELECT 1 FROM revoked WHERE tenant = $tenant AND up_to >= $issued AND ((kind = 0 AND id = $id) OR (kind = 1 AND id = $client)
            OR (kind = 2 AND id = '') OR (kind = 3 AND id = $family)) LIMIT 1
        """,
        ("$tenant", token.Tenant.Value), ("$issued", token.IssuedAt), ("$id", token.Id), ("$client", token.Client.Value),
        ("$family", token.Family)) is not null;

    /// <summary>Keeps a revocation. Its number is a new one, so that whoever reads on finds it.</summary>
    public void Put(Revoked revoked) => Execute(
        """
        INSERT OR REPLACE INTO revoked (tenant, kind, id, up_to, until)
        SELECT $tenant, $kind, $id, MAX($up_to, COALESCE(MAX(up_to), 0)), MAX($until, COALESCE(MAX(until), 0))
        FROM revoked WHERE tenant = $tenant AND kind = $kind AND id = $id
        """,
        ("$tenant", revoked.What.Tenant.Value), ("$kind", (long)revoked.What.Kind), ("$id", revoked.What.Id),
        ("$up_to", revoked.UpTo), ("$until", revoked.Until));

    /// <summary>Reads the revocations that were written behind that number; the last number there is.</summary>
    public long ReadAbove(long seq, List<Revoked> to)
    {
        using var command = Command(
            "SELECT seq, tenant, kind, id, up_to, until FROM revoked WHERE seq > $seq ORDER BY seq", ("$seq", seq));
        using var rows = command.ExecuteReader();
        while (rows.Read())
        {
            seq = rows.GetInt64(0);
            if (TenantId.TryParse(rows.GetString(1), out var tenant))
            {
                to.Add(new Revoked(
                    new Revocation(tenant, (RevokedKind)rows.GetInt32(2), rows.GetString(3)), rows.GetInt64(4), rows.GetInt64(5)));
            }
        }

        return seq;
    }

    /// <summary>A family; null where none of its refresh tokens was used yet.</summary>
    public TokenFamily? Find(TenantId tenant, string family)
    {
        using var command = Command(
            "SELECT current, previous, message_id, rotated_at, until FROM families WHERE tenant = $tenant AND family = $family",
            ("$tenant", tenant.Value), ("$family", family));
        using var rows = command.ExecuteReader();
        return rows.Read()
            ? new TokenFamily(
                rows.GetString(0),
                rows.GetString(1),
                rows.IsDBNull(2) ? null : Guid.Parse(rows.GetString(2)),
                rows.GetInt64(3),
                rows.GetInt64(4))
            : null;
    }

    /// <summary>Keeps a family's state.</summary>
    public void Put(TenantId tenant, string family, TokenFamily state) => Execute(
        "INSERT OR REPLACE INTO families VALUES ($tenant, $family, $current, $previous, $message, $rotated, $until)",
        ("$tenant", tenant.Value), ("$family", family), ("$current", state.Current), ("$previous", state.Previous),
        ("$message", state.MessageId?.ToString("D")), ("$rotated", state.RotatedAt), ("$until", state.Until));

    /// <summary>Drops what no token needs any more.</summary>
    public void Drop(long now)
    {
        using var transaction = Begin();
        Execute(
            "DELETE FROM revoked WHERE until < $then; DELETE FROM families WHERE until < $then;", ("$then", now - Slack));
        transaction.Commit();
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    private void MakeTables()
    {
        using var transaction = Begin();
        var version = (long)Scalar("PRAGMA user_version")!;
        if (version > FormatVersion)
        {
            throw new StartupException($"The file {Name(_connection)} is of a later version of HeliosSync: run that version.");
        }

        if (version == 0)
        {
            Execute(Tables + $"PRAGMA user_version = {FormatVersion};");
        }

        transaction.Commit();
    }

    private static string Name(SqliteConnection connection) => Path.GetFileName(connection.DataSource);

    private object? Scalar(string sql, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        using var command = Command(sql, values);
        return command.ExecuteScalar();
    }

    private void Execute(string sql, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        using var command = Command(sql, values);
        command.ExecuteNonQuery();
    }

    private SqliteCommand Command(string sql, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in values)
        {
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        }

        return command;
    }
}
