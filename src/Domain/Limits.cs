namespace HeliosSync.Domain;

/// <summary>Every limit of the protocol and of the server's memory, each with its unit (protocol 1, 4 and 5.1).</summary>
public static class Limits
{
    /// <summary>The protocol version that this server speaks.</summary>
    public const int ProtocolVersion = 1;

    /// <summary>Characters of a tenant id or client id.</summary>
    public const int ClientIdCharsMax = 128;

    /// <summary>Characters of a node's suffix, behind the <c>#</c>.</summary>
    public const int NodeSuffixCharsMax = 64;

    /// <summary>Characters of a node: client id, <c>#</c>, suffix.</summary>
    public const int NodeCharsMax = ClientIdCharsMax + 1 + NodeSuffixCharsMax;

    /// <summary>Characters of a table's name.</summary>
    public const int TableCharsMax = 128;

    /// <summary>Bytes of a row's key; at least 1.</summary>
    public const int KeyBytesMax = 1_024;

    /// <summary>Bytes of a change's data, uncompressed.</summary>
    public const int DataBytesMax = 256 * 1_024;

    /// <summary>Bytes of a change's data as one zstd frame: what zstd may add to incompressible data, and no more.</summary>
    public const int CompressedDataBytesMax = DataBytesMax + 1_024;

    /// <summary>Bytes of the sliding window that a zstd frame may ask for.</summary>
    public const long ZstdWindowBytesMax = 8L * 1_024 * 1_024;

    /// <summary>Entries of one vector clock.</summary>
    public const int ClockNodesMax = 256;

    /// <summary>The greatest LSN, clock value and local number: what every JSON implementation can hold exactly.</summary>
    public const long SafeIntegerMax = (1L << 53) - 1;

    /// <summary>Changes of one push.</summary>
    public const int BatchChangesMax = 1_000;

    /// <summary>Bytes of keys and data, as they are stored, of one push; it bounds an event, and so memory in recovery.</summary>
    public const int BatchPayloadBytesMax = 4 * 1_024 * 1_024;

    /// <summary>Bytes of a request body, compressed or not; the default of an option.</summary>
    public const int RequestBytesMax = 8 * 1_024 * 1_024;

    /// <summary>Entries of one page of a pull.</summary>
    public const int PageEntriesMax = 1_000;

    /// <summary>Bytes of keys and data in one page, about: the entry that crosses it still goes in.</summary>
    public const int PagePayloadBytesMax = 1_024 * 1_024;

    /// <summary>Bytes of events that one filtered page may pass over before it answers, possibly empty.</summary>
    public const int PageScanBytesMax = 8 * 1_024 * 1_024;

    /// <summary>Bytes of data of all <c>server_change</c> in one answer; beyond, <c>data_omitted</c> (protocol 5.5).</summary>
    public const int ReportDataBytesMax = 1_024 * 1_024;

    /// <summary>Names in a pull's <c>tables</c>.</summary>
    public const int FilterTablesMax = 64;

    /// <summary>Milliseconds that a pull may ask to wait for a change (protocol 4.2).</summary>
    public const int PullWaitMillisMax = 60_000;

    /// <summary>
    /// Bytes of keys and data in one event of a stream, about: a stream holds one event in hand, so this bounds what a slow reader costs.
    /// </summary>
    public const int StreamPayloadBytesMax = 16 * 1_024;

    /// <summary>Seconds after which a stream that had nothing to send sends a comment (protocol 4.5).</summary>
    public const int StreamKeepAliveSeconds = 15;

    /// <summary>Bytes of a continuation token as a client sends it: more than any that this server makes.</summary>
    public const int ContinuationTokenBytesMax = 256;

    /// <summary>Message ids remembered for each client.</summary>
    public const int WindowMessagesMax = 256;

    /// <summary>Entries of a registration's metadata.</summary>
    public const int MetadataEntriesMax = 32;

    /// <summary>Characters of a metadata name.</summary>
    public const int MetadataNameCharsMax = 64;

    /// <summary>Characters of a metadata value.</summary>
    public const int MetadataValueCharsMax = 512;

    /// <summary>Nodes that one client may use up in its life: one for each time its state was lost.</summary>
    public const int NodesPerClientMax = 1_000;

    /// <summary>Microseconds that a change's timestamp may be ahead of the server before it is clamped (protocol 5.5).</summary>
    public const long TimestampAheadMicrosMax = 5L * 60 * 1_000_000;

    /// <summary>Tables of a tenant that may have a conflict policy of their own (protocol 5.5).</summary>
    public const int PolicyTablesMax = 256;

    /// <summary>Entries of a tenant's conflict log (protocol 4.7).</summary>
    public const int ConflictsMax = 100_000;

    /// <summary>Microseconds for which a conflict stays in the log: 90 days.</summary>
    public const long ConflictMicrosMax = 90L * 24 * 3_600 * 1_000_000;

    /// <summary>Open conflicts of one row that one change may settle unasked: the newest.</summary>
    public const int ConflictsSettledAtOnceMax = 1_000;

    /// <summary>Conflicts of one page of the log.</summary>
    public const int ConflictPageEntriesMax = 100;

    /// <summary>Seconds between a client's heartbeats, as announced.</summary>
    public const int HeartbeatIntervalSeconds = 20;

    /// <summary>Seconds after its last heartbeat for which a client counts as live.</summary>
    public const int HeartbeatTimeoutSeconds = 60;

    /// <summary>Registrations without a token that are held at once (protocol 4.1).</summary>
    public const int HeldRegistrationsMax = 10_000;

    /// <summary>Seconds for which a registration without a token is held.</summary>
    public const int HeldRegistrationSeconds = 600;

    /// <summary>Clients of one page of the fleet view (docs/protocol.md 6.6).</summary>
    public const int FleetPageClientsMax = 1_000;

    /// <summary>Characters of metadata in one page of the fleet view, about: the client that crosses it still goes in.</summary>
    public const int FleetPageMetadataCharsMax = 1_024 * 1_024;

    /// <summary>Microseconds by which the journal may be behind a client's last contact before it is told of it.</summary>
    public const long SeenNoteMicros = 20L * 3_600 * 1_000_000;

    /// <summary>Microseconds between two looks at all of a tenant's clients: whose contact to note, and whom to forget.</summary>
    public const long UpkeepMicros = 3_600L * 1_000_000;

    /// <summary>
    /// Microseconds that a client is spared beyond its time: by so much its last contact may be lost in a crash, which is
    /// <see cref="SeenNoteMicros"/> and the time until it is written.
    /// </summary>
    public const long ForgetGraceMicros = 24L * 3_600 * 1_000_000;

    /// <summary>Clients that one step of upkeep looks at; also the most of one <c>seen/1</c>.</summary>
    public const int UpkeepClientsMax = 1_000;

    /// <summary>Clients that one step of upkeep forgets, each by an event of its own.</summary>
    public const int UpkeepForgottenMax = 100;
}
