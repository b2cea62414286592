using System.Collections.Frozen;
using System.Net;
using HeliosSync.Actors;
using HeliosSync.Domain;

namespace HeliosSync.Host;

/// <summary>The configuration, found to hold: what every part of the host works with.</summary>
/// <param name="Development">Whether this is a developer's own server, which makes its secret and is open to registrations.</param>
/// <param name="Listen">Where the program listens; an embedding program listens where it likes.</param>
/// <param name="DataDir">The data folder, absolute.</param>
/// <param name="Secret">What tokens are signed with.</param>
/// <param name="SecretWasMade">Whether the secret was made just now.</param>
/// <param name="KeyId">The secret's name; null where it has none.</param>
/// <param name="Log">What is logged.</param>
/// <param name="Tenants">The only tenants that are served; null for all.</param>
/// <param name="AnonymousRegistration">Whether registrations without a token are held (protocol 4.1).</param>
/// <param name="RequestBytesMax">Bytes of a request body, as sent and decompressed alike.</param>
/// <param name="TenantBytesInFlightMax">Bytes of bodies that one tenant may have in flight.</param>
/// <param name="BytesInFlightMax">Bytes of bodies in flight over all tenants.</param>
/// <param name="TenantRequestsInFlightMax">Requests that one tenant may have in hand.</param>
/// <param name="RequestsInFlightMax">Requests in hand over all tenants.</param>
/// <param name="Rates">What each tenant and client may ask for in a time.</param>
/// <param name="CorsOrigins">Web pages whose scripts may read answers; one of <c>*</c>: all.</param>
/// <param name="TenantWaitingPullsMax">Pulls of one tenant that may wait.</param>
/// <param name="WaitingPullsMax">Pulls that may wait over all tenants.</param>
/// <param name="TenantStreamsMax">Live streams of one tenant.</param>
/// <param name="StreamsMax">Live streams over all tenants.</param>
/// <param name="TenantIdleTime">How long a tenant stays in memory without being asked.</param>
/// <param name="ForgetAfter">How long a client may be silent before it is forgotten; zero: for ever.</param>
/// <param name="ConnectionsMax">Open connections.</param>
/// <param name="ShutdownTime">How long requests in hand may take to finish at a stop.</param>
/// <param name="SnapshotEvents">Events after which a tenant keeps a snapshot.</param>
/// <param name="FirstSyncChanges">Changes up to which a client that begins at 0 is given all.</param>
/// <param name="HistoryKept">How long every change is kept.</param>
/// <param name="CompactEvery">How often it is looked for journals to compact; zero: never.</param>
/// <param name="Journal">How the journal is written.</param>
/// <param name="UnsafeSynchronousOff">Whether a power cut may lose what was acknowledged; never in Production.</param>
/// <param name="NodeId">This server's name among several.</param>
/// <param name="Policies">The conflict policies of tenants that have none of their own.</param>
/// <param name="Metrics">Where metrics can be read.</param>
/// <param name="Edge">How the program meets the network.</param>
/// <param name="Audit">How the audit log is kept.</param>
/// <param name="AdvertisedAddress">Where other servers reach this one; null where nobody said.</param>
/// <param name="Tokens">Pairs of tokens, and how they are revoked.</param>
public sealed record Settings(
    bool Development,
    IPEndPoint Listen,
    string DataDir,
    string Secret,
    bool SecretWasMade,
    string? KeyId,
    LogDirective Log,
    FrozenSet<TenantId>? Tenants,
    bool AnonymousRegistration,
    long RequestBytesMax,
    long TenantBytesInFlightMax,
    long BytesInFlightMax,
    int TenantRequestsInFlightMax,
    int RequestsInFlightMax,
    RateOptions Rates,
    IReadOnlyList<string> CorsOrigins,
    int TenantWaitingPullsMax,
    int WaitingPullsMax,
    int TenantStreamsMax,
    int StreamsMax,
    TimeSpan TenantIdleTime,
    TimeSpan ForgetAfter,
    int ConnectionsMax,
    TimeSpan ShutdownTime,
    int SnapshotEvents,
    long FirstSyncChanges,
    TimeSpan HistoryKept,
    TimeSpan CompactEvery,
    JournalPlugin Journal,
    bool UnsafeSynchronousOff,
    string NodeId,
    ConflictPolicies Policies,
    MetricsSettings Metrics,
    EdgeSettings Edge,
    AuditSettings Audit,
    Uri? AdvertisedAddress,
    TokenSettings Tokens)
{
    /// <summary>Never with the secret: a record's own text would have it, and end in a log.</summary>
    public override string ToString() => $"{nameof(Settings)} of {NodeId} on {Listen}";
}
