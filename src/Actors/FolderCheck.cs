using HeliosSync.Actors.Journal;
using HeliosSync.Codec;
using HeliosSync.Domain;
using Microsoft.Data.Sqlite;

namespace HeliosSync.Actors;

/// <summary>
/// Reads everything in the data folder of a stopped server and holds it to what must hold: the file's structure, every event's checksum
/// and place, every tenant's chain of numbers and LSNs, every snapshot. Changes nothing; takes as long as it takes to read the files.
/// </summary>
public sealed class FolderCheck
{
    private const int FindingsOfSqliteMax = 100;

    private readonly string _path;
    private readonly string _dataDir;
    private readonly Action<string> _finding;
    private KeyedHash? _hash;
    private EventReader? _events;

    private FolderCheck(string path, Action<string> finding) => (_path, _dataDir, _finding) = (path, Path.GetDirectoryName(path)!, finding);

    /// <summary>Tenants in the journal.</summary>
    public int Tenants { get; private set; }

    /// <summary>Events in the journal.</summary>
    public long Events { get; private set; }

    /// <summary>Snapshots beside it.</summary>
    public int Snapshots { get; private set; }

    /// <summary>Things that do not hold.</summary>
    public int Findings { get; private set; }

    /// <summary>Checks a folder; <see cref="StartupException"/> where there is nothing to check, or a server uses it.</summary>
    /// <param name="dataDir">The folder.</param>
    /// <param name="finding">Is told each thing that does not hold, in a line.</param>
    public static FolderCheck Run(string dataDir, Action<string> finding)
    {
        ArgumentNullException.ThrowIfNull(finding);
        var path = Path.Combine(dataDir, JournalFiles.JournalName);
        if (!File.Exists(path))
        {
            throw new StartupException($"There is no journal to check: {path} does not exist.");
        }

        using var held = FolderLock.Take(dataDir);
        var check = new FolderCheck(path, finding);
        check.Guard("The write-ahead log", () =>
        {
            if (WalCheck.Find(path + "-wal") is { } damage)
            {
                check.Find($"The write-ahead log is damaged: {damage}.");
            }
        });
        check.Guard("The journal", () => check.CheckJournal(held.Mark));
        return check;
    }

    /// <summary>Checks a journal that stands alone and that nobody else has.</summary>
    internal static FolderCheck RunOnCopy(string path, FolderMark mark, Action<string> finding)
    {
        var check = new FolderCheck(path, finding);
        check.Guard("The journal", () => check.CheckJournal(mark));
        return check;
    }

    private static SqliteConnection Open(string path)
    {
        var settings = new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = false };
        var connection = new SqliteConnection(settings.ToString());
        connection.Open();
        return connection;
    }

    private void Find(string what)
    {
        Findings++;
        _finding(what.ReplaceLineEndings(" "));
    }

    /// <summary>What cannot be read is a finding, and not the end.</summary>
    private void Guard(string what, Action check)
    {
        try
        {
            check();
        }
        catch (Exception e) when (e is SqliteException or StartupException or IOException or JournalDamageException or InvalidDataException)
        {
            Find(e is SqliteException or IOException or InvalidDataException ? $"{what} cannot be read: {e.Message}" : e.Message);
        }
    }

    private void CheckJournal(FolderMark mark)
    {
        using var journal = Open(_path);
        Guard("The journal", () => Each(journal, $"PRAGMA integrity_check({FindingsOfSqliteMax})", null, row =>
        {
            if (row.GetString(0) is var found && found != "ok")
            {
                Find($"SQLite finds in the journal: {found}");
            }
        }));
        var tables = new JournalTables(journal, _dataDir);
        Guard("The journal", () =>
        {
            _hash = new KeyedHash(tables.CheckMade().Hash);
            _events = new EventReader(_hash, new ZstdFrames());
        });
        Guard("The journal", () => tables.CheckCount(mark.Database == _hash?.Fingerprint ? mark : default));
        var names = new List<string>();
        Guard("The journal", () => Each(
            journal, "SELECT DISTINCT persistence_id FROM journal ORDER BY 1", null, row => names.Add(row.GetValue(0) as string ?? "")));
        foreach (var name in names)
        {
            Guard($"The journal of {name}", () => CheckTenant(journal, name));
        }

        if (File.Exists(Path.Combine(_dataDir, SnapshotFile.Name)))
        {
            Guard(SnapshotFile.Name, () => CheckSnapshots(journal));
        }
    }

    private void CheckTenant(SqliteConnection journal, string name)
    {
        Tenants++;
        if (!PersistenceIds.TryParse(name, out var id))
        {
            Find($"'{name}' is no tenant's name in the journal.");
            return;
        }

        var (tenant, sound, last) = (new Tenant(), true, 0L);
        Each(journal, "SELECT sequence_number, manifest, message, deleted FROM journal WHERE persistence_id = $id ORDER BY 1", name, row =>
        {
            Events++;
            var (sequence, manifest) = (row.GetInt64(0), row.GetValue(1) as string ?? "");
            var why = row.GetValue(3) is not 0L
                ? "is marked as deleted"
                : Apply(tenant, name, sequence, manifest, row.GetValue(2) as byte[] ?? [], sound, last);
            last = sequence;
            if (why is not null)
            {
                sound = false;
                Find(new JournalDamageException(id, sequence, why).Message);
            }
        });
    }

    /// <summary>Why an event does not hold; null where it does. Behind the first that does not, only its own bytes can be judged.</summary>
    private string? Apply(Tenant tenant, string name, long sequence, string manifest, byte[] bytes, bool sound, long last)
    {
        var place = EventSeal.PlaceOf(name, sequence, manifest);
        try
        {
            var whole = EventSeal.Holds(bytes, place);
            if (sequence != last + 1 && (!whole || EventSpan.First(manifest, bytes, sequence) > last + 1))
            {
                return $"does not follow event {last}";
            }

            if (_events is null)
            {
                return whole ? null : "does not match its checksum";
            }

            var e = _events.Read(manifest, bytes, place);
            if (sound)
            {
                tenant.Apply(e, sequence, bytes.Length);
            }

            return null;
        }
        catch (Exception e) when (e is InvalidDataException or ArgumentException)
        {
            return $"cannot be used: {e.Message}";
        }
    }

    private void CheckSnapshots(SqliteConnection journal)
    {
        using var snapshots = Open(Path.Combine(_dataDir, SnapshotFile.Name));
        foreach (var (row, id, sequence) in SnapshotFile.Rows(snapshots))
        {
            Snapshots++;
            var why = SnapshotFile.WhyNot(snapshots, journal, row, id, sequence) ?? WhyUnreadable(snapshots, row);
            if (why is not null)
            {
                Find($"The snapshot of {id} at event {sequence} will be passed over, which only costs time: {why}.");
            }
        }
    }

    private string? WhyUnreadable(SqliteConnection snapshots, long row)
    {
        using var blob = new SqliteBlob(snapshots, "snapshot", "snapshot", row, readOnly: true);
        var bytes = new byte[blob.Length];
        blob.ReadExactly(bytes);
        try
        {
            SnapshotEnvelope.Read(bytes, out var at);
            return _hash is null || SnapshotReader.Read(bytes.AsMemory(at), _hash) is not null ? null : "it is of another database";
        }
        catch (InvalidDataException e)
        {
            return e.Message.TrimEnd('.');
        }
    }

    private static void Each(SqliteConnection connection, string sql, string? id, Action<SqliteDataReader> take)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        if (id is not null)
        {
            command.Parameters.AddWithValue("$id", id);
        }

        using var rows = command.ExecuteReader();
        while (rows.Read())
        {
            take(rows);
        }
    }
}
