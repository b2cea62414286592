namespace HeliosSync.Actors.Journal;

/// <summary>
/// The tables, as Akka.Persistence.Sql names them in its default mapping, made by us: the plugin makes tables but never changes them,
/// and two of its three indexes on the journal would be written for nothing.
/// </summary>
internal static class Schema
{
    /// <summary>The newest version of the tables that this program knows.</summary>
    public const int Version = 3;

    /// <summary>What version 2 added: a journal of version 1 may lack it, and gets it at the start.</summary>
    public const string AddedIndex = "journal_forgotten";

    /// <summary>What version 3 added, in the same way.</summary>
    public const string AddedTable = "heliossync_compaction";

    /// <summary>Name of the number, among those that belong to the database, of the events that compaction took away.</summary>
    public const string RemovedEvents = "removed_events";

    /// <summary>
    /// The trigger keeps a tenant's events dense: Akka has sent the next write when it tells an actor that one was rejected, and an event
    /// behind a gap would make the tenant unreadable for ever.
    /// </summary>
    public const string Journal = """
        CREATE TABLE IF NOT EXISTS journal (
            ordering INTEGER PRIMARY KEY,
            deleted INTEGER NOT NULL,
            persistence_id TEXT NOT NULL,
            sequence_number INTEGER NOT NULL,
            created INTEGER NOT NULL,
            tags TEXT,
            message BLOB NOT NULL,
            identifier INTEGER,
            manifest TEXT,
            writer_uuid TEXT);
        CREATE UNIQUE INDEX IF NOT EXISTS journal_uq ON journal (persistence_id, sequence_number);
        CREATE INDEX IF NOT EXISTS journal_registered ON journal (persistence_id) WHERE manifest = 'registered/1';
        CREATE TRIGGER IF NOT EXISTS journal_dense BEFORE INSERT ON journal
        WHEN NEW.sequence_number > 1 AND NOT EXISTS (
            SELECT 1 FROM journal WHERE persistence_id = NEW.persistence_id AND sequence_number = NEW.sequence_number - 1)
        BEGIN SELECT RAISE(ABORT, 'the event before this one is not in the journal'); END;
        CREATE TABLE IF NOT EXISTS heliossync_meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS journal_forgotten ON journal (persistence_id) WHERE manifest = 'forgotten/1';
        CREATE TABLE IF NOT EXISTS heliossync_compaction (
            persistence_id TEXT PRIMARY KEY, sequence_number INTEGER NOT NULL, horizon INTEGER NOT NULL) WITHOUT ROWID;
        """;

    public const string Snapshots = """
        CREATE TABLE IF NOT EXISTS snapshot (
            persistence_id TEXT NOT NULL,
            sequence_number INTEGER NOT NULL,
            created INTEGER NOT NULL,
            snapshot BLOB NOT NULL,
            manifest TEXT,
            serializer_id INTEGER,
            PRIMARY KEY (persistence_id, sequence_number));
        """;

    /// <summary>Makes room for a snapshot, as Akka.Persistence.Sql would store it, and says in which row.</summary>
    public const string SaveSnapshot = """
        INSERT OR REPLACE INTO snapshot (persistence_id, sequence_number, created, snapshot, manifest, serializer_id)
        VALUES ($id, $sequence, $created, zeroblob($bytes), $manifest, $serializer)
        RETURNING rowid
        """;

    /// <summary>Events are numbered densely over all tenants: the last one's number says how many there are.</summary>
    public const string LastEvent = "SELECT MAX(ordering) FROM journal";

    /// <summary>Counted in the index, which takes a thirtieth of the table's time or less.</summary>
    public const string CountEvents = "SELECT COUNT(*) FROM journal INDEXED BY journal_uq";

    /// <summary>
    /// Who registered, less who was forgotten since. Answered from the partial indexes alone, so it costs what there were clients, not what
    /// there are events.
    /// </summary>
    public const string CountRegistered = """
        SELECT (SELECT COUNT(*) FROM journal WHERE manifest = 'registered/1')
            - (SELECT COUNT(*) FROM journal WHERE manifest = 'forgotten/1')
        """;

    /// <summary>A page's rows. No transaction: one of the default isolation would take SQLite's write lock.</summary>
    public const string ReadEvents = """
        SELECT sequence_number, manifest, message FROM journal
        WHERE persistence_id = $id AND sequence_number BETWEEN $from AND $to AND deleted = 0
        ORDER BY sequence_number
        """;

    /// <summary>Appends an event, as Akka.Persistence.Sql does: id, sequence number, time, bytes, serializer, manifest, writer.</summary>
    public const string AppendEvent = """
        INSERT INTO journal (deleted, persistence_id, sequence_number, created, tags, message, identifier, manifest, writer_uuid)
        VALUES (0, ?1, ?2, ?3, '', ?4, ?5, ?6, ?7)
        """;

    /// <summary>The same, by names.</summary>
    public const string AppendNamedEvent = """
        INSERT INTO journal (deleted, persistence_id, sequence_number, created, tags, message, identifier, manifest, writer_uuid)
        VALUES (0, $id, $sequence, $created, '', $message, $serializer, $manifest, $writer)
        """;

    /// <summary>Every tenant's last number, answered from the index alone.</summary>
    public const string LastEvents =
        "SELECT persistence_id, MAX(sequence_number) FROM journal INDEXED BY journal_uq GROUP BY persistence_id ORDER BY 1";
    /// <summary>A tenant's events up to a number, counted in the index alone.</summary>
    public const string CountEventsTo = "SELECT COUNT(*) FROM journal WHERE persistence_id = $id AND sequence_number <= $to";

    /// <summary>A tenant's last number, answered from the index alone.</summary>
    public const string HighestSequence = "SELECT MAX(sequence_number) FROM journal WHERE persistence_id = $id";

    /// <summary>An event of no tenant, to be taken back: whether the journal's table takes one at all.</summary>
    public const string ProbeEvent = """
        INSERT INTO journal (deleted, persistence_id, sequence_number, created, message) VALUES (1, 'probe', 1, 0, x'')
        """;

    /// <summary>The tenants in the journal, each found by one look into the index.</summary>
    public const string Tenants = """
        WITH RECURSIVE tenant (id) AS (
            SELECT MIN(persistence_id) FROM journal
            UNION ALL
            SELECT (SELECT MIN(persistence_id) FROM journal WHERE persistence_id > id) FROM tenant WHERE id IS NOT NULL)
        SELECT id FROM tenant WHERE id IS NOT NULL
        """;

    /// <summary>What compaction leaves of an event. Its writer is of no account any more.</summary>
    public const string RewriteEvent = """
        UPDATE journal SET message = $message, manifest = 'compacted/1', writer_uuid = ''
        WHERE persistence_id = $id AND sequence_number = $sequence
        """;

    /// <summary>Takes an event away of which nothing is left.</summary>
    public const string RemoveEvent = "DELETE FROM journal WHERE persistence_id = $id AND sequence_number = $sequence";

    /// <summary>Up to which event a tenant's journal was compacted, and the LSN of its horizon.</summary>
    public const string MarkCompaction = """
        INSERT INTO heliossync_compaction VALUES ($id, $sequence, $horizon) ON CONFLICT (persistence_id) DO UPDATE
        SET sequence_number = MAX(sequence_number, $sequence), horizon = MAX(horizon, $horizon)
        """;

    /// <summary>Reads that.</summary>
    public const string ReadCompaction = "SELECT sequence_number FROM heliossync_compaction WHERE persistence_id = $id";

    /// <summary>A durable write that changes nothing: it shows whether the journal can be written.</summary>
    public const string Probe = "INSERT INTO heliossync_meta VALUES ('probe', 1) ON CONFLICT (name) DO UPDATE SET value = 1 - value";
}
