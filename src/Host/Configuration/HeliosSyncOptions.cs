using HeliosSync.Domain;

namespace HeliosSync.Host;

/// <summary>
/// Everything that can be configured, as it is written: from <c>HeliosSync:</c> in appsettings, then the environment variables
/// named below, then code. <see cref="Settings"/> is what becomes of it once it is found to hold.
/// </summary>
public sealed record HeliosSyncOptions
{
    /// <summary>The section of the configuration that is bound to this record.</summary>
    public const string Section = "HeliosSync";

    /// <summary><c>BIND_ADDR</c>: address and port to listen on, such as <c>0.0.0.0:8080</c>, <c>[::1]:8080</c> or <c>:8080</c>.</summary>
    public string BindAddress { get; set; } = "0.0.0.0:8080";

    /// <summary><c>DATA_DIR</c>: the folder of the database and the generated secret; made where it is missing.</summary>
    public string DataDir { get; set; } = "./data";

    /// <summary><c>JWT_SECRET</c>: what tokens are signed with (HS256), at least 32 bytes. Development makes its own.</summary>
    public string? JwtSecret { get; set; }

    /// <summary>The <c>kid</c> of <see cref="JwtSecret"/>. A token may name no other; it may leave it out.</summary>
    public string? JwtKeyId { get; set; }

    /// <summary><c>LOG_LEVEL</c> or <c>RUST_LOG</c>: a level, or directives such as <c>info,HeliosSync.Actors=debug</c>.</summary>
    public string LogLevel { get; set; } = "info";

    /// <summary><c>ALLOWED_TENANTS</c>, with commas between: the only tenants served. Empty: every tenant that a token names.</summary>
    public IList<string> AllowedTenants { get; } = [];

    /// <summary>
    /// <c>ALLOW_ANONYMOUS_REGISTRATION</c>: whether a registration without a token is held (protocol 4.1).
    /// Not given: under Development only.
    /// </summary>
    public bool? AllowAnonymousRegistration { get; set; }

    /// <summary>Bytes of a request body, as sent and decompressed alike. At least 64 KiB.</summary>
    public long RequestBytesMax { get; set; } = Limits.RequestBytesMax;

    /// <summary>Bytes of request bodies that one tenant may have in flight; beyond: 503. At least <see cref="RequestBytesMax"/>.</summary>
    public long TenantBytesInFlightMax { get; set; } = 64L * 1_024 * 1_024;

    /// <summary>Bytes of request bodies in flight over all tenants; beyond: 503. At least <see cref="TenantBytesInFlightMax"/>.</summary>
    public long BytesInFlightMax { get; set; } = 256L * 1_024 * 1_024;

    /// <summary>Requests that one tenant may have in hand; beyond: 429.</summary>
    public int TenantRequestsInFlightMax { get; set; } = 256;

    /// <summary>Requests in hand over all tenants; beyond: 503. At least <see cref="TenantRequestsInFlightMax"/>, at most 4,096.</summary>
    public int RequestsInFlightMax { get; set; } = 512;

    /// <summary>What each tenant and client may ask for in a time; nothing is limited so by default.</summary>
    public RateOptions Rates { get; } = new();

    /// <summary>
    /// <c>CORS_ORIGINS</c>, with commas between: the web pages whose scripts may read answers, each as in <c>https://app.example.com</c>,
    /// or <c>*</c>. Empty: none.
    /// </summary>
    public IList<string> CorsOrigins { get; } = [];

    /// <summary>Pulls of one tenant that may wait for a change (<c>wait_ms</c>); beyond: 429.</summary>
    public int TenantWaitingPullsMax { get; set; } = 2_000;

    /// <summary>Pulls that may wait over all tenants; beyond: 503. At least <see cref="TenantWaitingPullsMax"/>.</summary>
    public int WaitingPullsMax { get; set; } = 10_000;

    /// <summary>Live streams of one tenant; beyond: 429.</summary>
    public int TenantStreamsMax { get; set; } = 2_000;

    /// <summary>Live streams over all tenants; beyond: 503. At least <see cref="TenantStreamsMax"/>.</summary>
    public int StreamsMax { get; set; } = 10_000;

    /// <summary>Seconds that a tenant stays in memory without being asked.</summary>
    public int TenantIdleSeconds { get; set; } = 300;

    /// <summary>Days for which nothing is heard of a client before it is forgotten (docs/protocol.md 6.6); 0: never.</summary>
    public int ForgetClientsAfterDays { get; set; } = 90;

    /// <summary>Open connections; more are closed at once.</summary>
    public int ConnectionsMax { get; set; } = 20_000;

    /// <summary>Seconds that requests in hand get to finish when the server is told to stop.</summary>
    public int ShutdownSeconds { get; set; } = 30;

    /// <summary>Events after which a tenant keeps a snapshot: with fewer it is read back faster, and writes more. At least 10.</summary>
    public int SnapshotEvents { get; set; } = 50_000;

    /// <summary>
    /// A client that begins at 0 is given all changes of a tenant that has no more than these, else each row's latest alone.
    /// </summary>
    public long FirstSyncChanges { get; set; } = Domain.Limits.PageEntriesMax;
    /// <summary>Days for which every change is kept; of older ones the last of each row stays (docs/protocol.md 6.8). 0: no day.</summary>
    public int HistoryDays { get; set; } = 30;

    /// <summary>Hours between two looks for journals to compact; 0: none, and compaction waits until it is asked for.</summary>
    public int CompactEveryHours { get; set; } = 1;

    /// <summary>Pairs of tokens, and how they are revoked.</summary>
    public TokenOptions Tokens { get; } = new();

    /// <summary>What becomes of conflicts in tenants that have no policy of their own (protocol 5.5), such as <c>server-wins</c>.</summary>
    public string ConflictPolicy { get; set; } = ConflictPolicyNames.Of(Domain.ConflictPolicy.Reject);

    /// <summary>Tables for which another policy holds there, each as in <c>tasks=last-write-wins</c>.</summary>
    public IList<string> ConflictPolicyTables { get; } = [];

    /// <summary>Where metrics can be read.</summary>
    public MetricsOptions Metrics { get; } = new();

    /// <summary>
    /// How the journal is written: <c>sqlite</c>, our own way, or <c>akka-persistence-sql</c>, with the plugin of that name. Both use the
    /// same tables, so it can be changed at any start.
    /// </summary>
    public string Journal { get; set; } = "sqlite";

    /// <summary>
    /// Acknowledge before anything is flushed, so that a power cut loses acknowledged changes. It is there for the test that shows that
    /// such losses are noticed; refused in Production.
    /// </summary>
    public bool UnsafeSynchronousOff { get; set; }

    /// <summary>How the program meets the network: TLS, and proxies in front of it.</summary>
    public EdgeOptions Edge { get; } = new();

    /// <summary>How the audit log is kept.</summary>
    public AuditOptions Audit { get; } = new();

    /// <summary>This server's name among several; kept for a cluster, no one reads it yet. Not given: the machine's name.</summary>
    public string? NodeId { get; set; }

    /// <summary>The URL under which other servers reach this one; kept for a cluster, no one reads it yet.</summary>
    public string? AdvertisedAddress { get; set; }
}
